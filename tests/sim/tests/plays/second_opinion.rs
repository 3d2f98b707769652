//! `wallet verify` reads the same logs: its audit shares no code with the invariants of the simulation, and must agree with
//! them.

use sim::args::STEPS;
use sim::mutation::Mutation;
use sim::plan::Plan;
use sim::play::{Played, play};
use wallet_audit::audit::Audit;
use wallet_audit::entry::{self, Message};
use wallet_audit::report::Report;
use wallet_contract::shard::Shards;

const SEEDS: u64 = 1_000;
/// How many seeds the audit may need to catch a mutation that shows in the logs.
const CATCHES: u64 = 60;

/// The audit's report on the logs of a play.
fn audit(played: &Played) -> Report {
    let shards = Shards::new(2).expect("two shards can be");
    let mut audit = Audit::new(shards);
    for shard in shards.all() {
        for message in played.history.log(shard) {
            let read = Message {
                sequence: message.sequence,
                subject: message.subject.clone(),
                payload: message.payload.clone(),
                traceparent: None,
                event_id: None,
            };
            audit.take(shard, message.sequence, entry::read(&read, shard));
        }
    }
    let (counts, _, breaches) = audit.finish();
    Report::new(counts, &breaches, None)
}

#[test]
fn the_audit_finds_nothing_where_nothing_is() {
    for seed in 0..SEEDS {
        let played = play(&Plan::new(seed, STEPS), None);
        assert_eq!(played.breach, None, "seed {seed}");
        let report = audit(&played);
        assert!(report.held, "seed {seed}:\n{}", report.text());
    }
}

#[test]
fn the_audit_sees_what_shows_in_the_logs() {
    let all = [
        Mutation::ForgetToCompensate,
        Mutation::CreditEarly,
        Mutation::MarkEarly,
        Mutation::AckEarly,
    ];
    for mutation in all {
        let caught = (0..CATCHES).find(|seed| {
            let played = play(&Plan::new(*seed, STEPS), Some(mutation));
            !audit(&played).held
        });
        assert!(
            caught.is_some(),
            "{} is not seen in {CATCHES} seeds",
            mutation.word()
        );
        println!("{}: seed {caught:?}", mutation.word());
    }
}
