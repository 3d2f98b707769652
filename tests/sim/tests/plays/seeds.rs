//! Many seeds, all of which must hold; and one seed, which must play the same whenever and wherever it runs.
//!
//! `wallet verify` reads the same logs: its audit shares no code with the invariants of the simulation, and must agree with them.

use std::thread;

use sim::args::STEPS;
use sim::mutation::Mutation;
use sim::plan::{Plan, Point};
use sim::play::{Played, play};
use sim::seeds::play_all;
use wallet_audit::audit::Audit;
use wallet_audit::entry::{self, Message};
use wallet_audit::report::Report;
use wallet_contract::shard::Shards;

/// As many as two cores play in a minute.
const SEEDS: u64 = 3_000;
/// How many seeds are played twice.
const TWICE: u64 = 40;
/// How many seeds the audit may need to catch a mutation that shows in the logs.
const CATCHES: u64 = 60;

#[test]
fn all_invariants_hold_and_every_cell_is_reached() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let audited = |played: &Played| {
        let report = audit(played);
        assert!(report.held || played.breach.is_some(), "{}", report.text());
    };
    let sum = play_all(0..SEEDS, &|seed| Plan::new(seed, STEPS), None, cores, &audited);
    if let Some((seed, played)) = sum.failed {
        let breach = played.breach.expect("a seed that failed has a breach");
        panic!("seed {seed}: {breach}\ncargo run --release -p sim -- --seed {seed} makes it short");
    }
    println!("{}", sum.coverage.text());
    println!(
        "{} seeds, {} transfers ended, {} messages",
        sum.seeds, sum.transfers, sum.messages
    );
    assert_eq!(sum.seeds, SEEDS);
    assert_eq!(sum.coverage.missing(), [], "cells that no seed reaches");
    assert_eq!(
        sum.coverage.spared(Point::ALL),
        [],
        "calls at which nobody is ever hurt"
    );
}

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
fn the_audit_sees_what_shows_in_the_logs() {
    let all = [
        Mutation::ForgetToCompensate,
        Mutation::CreditEarly,
        Mutation::MarkInDatabase,
        Mutation::SkipInbox,
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

/// A replaced instance loads rows that already contain its batch, and computes a sum that overflows. It must come back as a
/// stand-by.
const PANICS: u64 = 10_605;

#[test]
fn an_instance_that_was_replaced_survives_what_it_makes_of_it() {
    let played = play(&Plan::new(PANICS, STEPS), None);
    assert_eq!(played.breach, None);
    let text = played.history.text();
    assert!(text.contains("the rules panicked"), "the seed no longer shows it");
}

#[test]
fn a_seed_is_the_same_history_byte_for_byte() {
    let play = |seed| {
        let played = play(&Plan::new(seed, STEPS), None);
        assert_eq!(played.breach, None);
        format!("{}\n{}", played.history.text(), played.history.json())
    };
    let elsewhere = thread::spawn(move || (0..TWICE).map(play).collect::<Vec<_>>());
    let here: Vec<_> = (0..TWICE).map(play).collect();
    let elsewhere = elsewhere.join().expect("a play that holds does not panic");
    for (seed, (one, other)) in here.iter().zip(&elsewhere).enumerate() {
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert!(one == other, "seed {seed} differs: {differs:?}");
    }
    assert!(
        here.iter().all(|one| one.len() > 1_000),
        "there is something to compare"
    );
    assert_ne!(here.first(), here.get(1), "another seed is another history");
}
