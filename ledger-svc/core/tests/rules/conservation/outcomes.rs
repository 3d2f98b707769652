//! The outcomes of several requests under one id: a table made by playing them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few of many verbs and inputs stand in the table"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ledger_core::{Causes, Outcome};
use wallet_contract::id::TransferKey;
use wallet_contract::request::Request;
use wallet_contract::subject::Verb;
use wallet_kernel::Input;
use wallet_kernel::testing::{ONE, TWO, pays, request_input};

use super::world::World;

/// The steps, in log order.
enum Step {
    /// alice asks for this amount, always under the same id; a reversal is requested by bob.
    Ask(Verb, &'static str),
    /// A reserve with `auto_confirm`.
    AutoConfirm(&'static str),
    /// Everything requested so far is decided, and its outcomes are sent.
    Decided,
    /// bob's account is frozen.
    Frozen,
    /// The reservation's time is up.
    Late,
}

use Step::{Ask, AutoConfirm, Decided, Frozen, Late};
use Verb::{Cancel, Confirm, Reserve, Reverse, Transfer};

const ROWS: [(&str, &[Step]); 19] = [
    ("paid", &[Ask(Transfer, "2.00")]),
    ("bob can't be paid", &[Frozen, Ask(Transfer, "2.00")]),
    (
        "the id is used twice",
        &[Ask(Transfer, "2.00"), Ask(Transfer, "3.00")],
    ),
    (
        "given back",
        &[
            Ask(Transfer, "2.00"),
            Decided,
            Ask(Reverse, "2.00"),
            Ask(Reverse, "1.00"),
        ],
    ),
    (
        "confirmed in part",
        &[Ask(Reserve, "9.00"), Decided, Ask(Confirm, "5.00")],
    ),
    (
        "two confirms",
        &[
            Ask(Reserve, "9.00"),
            Decided,
            Ask(Confirm, "5.00"),
            Ask(Confirm, "7.00"),
        ],
    ),
    (
        "two reserves",
        &[
            Ask(Reserve, "9.00"),
            Ask(Reserve, "8.00"),
            Decided,
            Ask(Confirm, "5.00"),
        ],
    ),
    (
        "confirmed before it is promised",
        &[Ask(Reserve, "9.00"), Ask(Confirm, "5.00"), Ask(Cancel, "")],
    ),
    (
        "the same, and bob can't be paid",
        &[Frozen, Ask(Reserve, "9.00"), Ask(Confirm, "5.00")],
    ),
    ("confirmed by its promise", &[AutoConfirm("9.00")]),
    (
        "the same, and confirmed before",
        &[AutoConfirm("9.00"), Ask(Confirm, "5.00")],
    ),
    (
        "bob can't be promised the money",
        &[Frozen, Ask(Reserve, "9.00"), Decided, Ask(Confirm, "")],
    ),
    (
        "a cancel that is too late",
        &[
            Ask(Reserve, "9.00"),
            Decided,
            Ask(Confirm, "5.00"),
            Ask(Cancel, ""),
        ],
    ),
    (
        "a confirm that is too late",
        &[
            Ask(Reserve, "9.00"),
            Decided,
            Ask(Cancel, ""),
            Ask(Confirm, "5.00"),
        ],
    ),
    (
        "cancelled before it is promised",
        &[Ask(Reserve, "9.00"), Ask(Cancel, "")],
    ),
    (
        "cancelled before it arrives",
        &[Ask(Cancel, ""), Ask(Reserve, "9.00")],
    ),
    (
        "not confirmed in time",
        &[Ask(Reserve, "9.00"), Decided, Late, Ask(Confirm, "5.00")],
    ),
    (
        "nothing is reserved",
        &[Ask(Confirm, "5.00"), Ask(Reserve, "9.00")],
    ),
    (
        "no reservation",
        &[Ask(Transfer, "2.00"), Decided, Ask(Cancel, "")],
    ),
];

#[test]
fn the_architecture_document_has_the_outcome_table() {
    let mut table = "| | requests under one id, in log order | outcome of each |\n|---|---|---|\n".to_owned();
    for (what, steps) in ROWS {
        let played = play(steps);
        let column = |of: fn(&(String, String)) -> &String| {
            played.iter().map(of).cloned().collect::<Vec<_>>().join("; ")
        };
        let (requests, outcomes) = (column(|(request, _)| request), column(|(_, outcome)| outcome));
        writeln!(table, "| {what} | {requests} | {outcomes} |").expect("a string takes it");
    }
    let text = include_str!("../../../../../ARCHITECTURE.md");
    assert!(
        text.contains(&table),
        "ARCHITECTURE.md has another table than this one:\n{table}"
    );
}

/// Each request, and the first outcome sent to the client that waits for it.
fn play(steps: &[Step]) -> Vec<(String, String)> {
    let mut world = World::new();
    world.endow();
    world.until_quiet();
    let (mut requests, mut answers): (Vec<(String, Request)>, _) = (Vec::new(), BTreeMap::new());
    for step in steps.iter().chain([&Decided]) {
        match step {
            Ask(verb, amount) => requests.push((words(*verb, amount), ask(&mut world, *verb, amount, ""))),
            AutoConfirm(amount) => {
                let words = format!("{}, `auto_confirm`", words(Reserve, amount));
                requests.push((words, ask(&mut world, Reserve, amount, r#","auto_confirm":true"#)));
            }
            Decided => {
                world.until_quiet();
                for (_, request) in &requests {
                    if !answers.contains_key(&request.id) {
                        answers.extend(outcome_of(&world, request).map(|outcome| (request.id, outcome)));
                    }
                }
            }
            Frozen => {
                world.deliver(request(request_input(Verb::Freeze, TWO, "bob", "")));
                world.until_quiet();
            }
            Late => world.pass_every_expiry(),
        }
    }
    requests
        .into_iter()
        .map(|(words, request)| {
            let outcome = answers.remove(&request.id);
            (
                words,
                outcome.unwrap_or_else(|| panic!("{request:?} has no outcome")),
            )
        })
        .collect()
}

fn words(verb: Verb, amount: &str) -> String {
    format!("{} {amount}", verb.token()).trim_end().to_owned()
}

fn ask(world: &mut World, verb: Verb, amount: &str, terms: &str) -> Request {
    let request = request(match verb {
        Transfer | Reserve => request_input(verb, ONE, "alice", &format!("{}{terms}", pays("bob", amount))),
        Reverse => request_input(
            verb,
            TWO,
            "bob",
            &format!(r#"{},"reverses":"{ONE}""#, pays("alice", amount)),
        ),
        _ if amount.is_empty() => request_input(verb, ONE, "alice", ""),
        _ => request_input(
            verb,
            ONE,
            "alice",
            &format!(r#""amount":"{amount}","currency":"USD""#),
        ),
    });
    world.deliver(request.clone());
    request
}

fn request(input: Input) -> Request {
    match input {
        Input::Request(request) => request,
        other => panic!("no request: {other:?}"),
    }
}

/// The first outcome it gets, if any. *reserved* does not count once its flow has moved on.
fn outcome_of(world: &World, request: &Request) -> Option<String> {
    let causes = super::answers::all_causes(world);
    let outcomes = || {
        world
            .nodes
            .iter()
            .flat_map(|node| &node.ledger.player.state.outcomes)
    };
    let is_over = outcomes().any(|outcome| outcome.word != "reserved" && answers(outcome, &causes, request));
    let own = outcomes()
        .find(|outcome| answers(outcome, &causes, request) && !(outcome.word == "reserved" && is_over))?;
    Some(match own.event.fact.refusal() {
        Some(refusal) => format!("{}, `{}`", own.word, refusal.reason),
        None => own.word.to_owned(),
    })
}

fn answers(outcome: &Outcome, causes: &BTreeMap<TransferKey, Causes>, request: &Request) -> bool {
    let answers = outcome.answers_within(&causes[&super::answers::key(outcome)]);
    answers.values().any(|id| *id == request.id)
}
