//! A log that has lost durable messages and has not been healed.

use sim::plan::{Pace, Plan, Step};
use sim::play::{Played, play};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::Verb;

const LOST: usize = 3;

/// bob, on shard 0, is opened and pays a few times; then his log loses its end, and `then` happens.
fn lose(then: impl IntoIterator<Item = Step>) -> Played {
    let mut steps = vec![ask(Verb::Open, 1, r#""currency":"USD","overdraft":"unlimited""#)];
    steps.extend((2..8).map(pay));
    steps.push(Step::Wait { ms: 3_000 });
    steps.push(Step::LoseData {
        shard: 0,
        messages: LOST,
    });
    steps.extend(then);
    steps.push(Step::Wait { ms: 5_000 });
    let pace = Pace { slow: 20, most_ms: 5 };
    let plan = Plan { seed: 1, pace, steps };
    play(&plan, None)
}

fn pay(id: u64) -> Step {
    ask(
        Verb::Transfer,
        id,
        r#""to":"alice","amount":"1.00","currency":"USD""#,
    )
}

fn ask(verb: Verb, id: u64, fields: &str) -> Step {
    let bob = "bob".parse().expect("a name");
    assert_eq!(Shards::new(2).map(|shards| shards.of(&bob)), Ok(Shard(0)));
    Step::Ask {
        subject: verb.subject(Shard(0), &bob),
        payload: format!(r#"{{"id":"01900000-0000-7000-8000-{id:012}",{fields}}}"#).into_bytes(),
    }
}

#[test]
fn it_is_noticed_and_nothing_is_changed() {
    let played = lose([]);
    let text = played.history.text();
    let (_, after) = text
        .split_once("lose     3 messages of shard 0")
        .expect("it is told");
    for service in ["debit", "credit", "ledger"] {
        let told = |words: &str| {
            let site = format!(" {service}/0#");
            after
                .lines()
                .any(|line| line.contains(&site) && line.contains(words))
        };
        assert!(told("is told that WALLET_0 holds 1 to"), "{service}: {after}");
        assert!(!told("commits"), "{service}: {after}");
    }
    let breach = played.breach.expect("what is lost is missing until it is healed");
    assert_eq!(breach.invariant, "invariant_all_gets_quiet", "{breach}");
}

/// If enough is stored before anybody checks, the stream is as long as before. The message at the position is then younger than
/// the one that was read there, which reveals the loss.
#[test]
fn a_log_that_grows_again_before_anybody_looks_hides_nothing() {
    let played = lose((20..30).map(pay));
    let text = played.history.text();
    for service in ["debit", "credit", "ledger"] {
        let site = format!(" {service}/0#");
        let told = |line: &str| {
            line.contains(&site) && line.contains("WALLET_0 has a different message at position")
        };
        assert!(text.lines().any(told), "{service}: {text}");
    }
    assert!(
        played.breach.is_some(),
        "what is lost is missing until it is healed"
    );
}
