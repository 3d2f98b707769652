//! The loop in which the log decides, on databases that forget, with messages that are stored late and messages that are forged.

use sim::args::STEPS;
use sim::mutation::Mutation;
use sim::plan::{Plan, Point};
use sim::play::play;
use sim::seeds::play_all;

/// How many seeds are played.
const SEEDS: u64 = 1_000;
/// Within how many seeds each mutation must be caught, and today's loop must fail.
const CAUGHT: u64 = 60;

#[test]
fn every_seed_keeps_the_invariants() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sum = play_all(
        0..SEEDS,
        &|seed| Plan::log_first(seed, STEPS),
        None,
        cores,
        &|| (),
    );
    if let Some((seed, played)) = sum.failed {
        let breach = played.breach.expect("a seed that failed has a breach");
        panic!(
            "seed {seed}: {breach}\ncargo run --release -p sim -- --log-first --seed {seed} makes it short"
        );
    }
    assert!(sum.transfers > 20 * SEEDS, "{} transfers", sum.transfers);
    assert_eq!(
        sum.coverage.spared(Point::LOG_FIRST),
        [],
        "calls at which nobody is ever hurt"
    );
}

/// The same faults, under the loop that the services run today: it decides again what its log already holds, and differently.
#[test]
fn todays_loop_does_not_survive_a_database_that_forgets() {
    let caught = (0..CAUGHT).find_map(|seed| {
        let plan = Plan {
            log_first: false,
            ..Plan::log_first(seed, STEPS)
        };
        Some((seed, play(&plan, None).breach?))
    });
    let (seed, breach) = caught.expect("a breach within these seeds");
    println!("seed {seed}: {breach}");
}

fn check(mutation: Mutation) {
    let caught = (0..CAUGHT)
        .find_map(|seed| Some((seed, play(&Plan::log_first(seed, STEPS), Some(mutation)).breach?)));
    let Some((seed, breach)) = caught else {
        panic!("{} is not caught within {CAUGHT} seeds", mutation.word());
    };
    println!("{} is caught by seed {seed}: {breach}", mutation.word());
}

#[test]
fn mutations_are_caught() {
    for mutation in [
        Mutation::AnyPredecessor,
        Mutation::PlacePerEnvelope,
        Mutation::ParkLast,
        Mutation::MarkInDatabase,
        Mutation::TellEarly,
        Mutation::SkipInbox,
        Mutation::ForgetParked,
        Mutation::ForgetToCompensate,
        Mutation::CompensateTwice,
        Mutation::CreditEarly,
        Mutation::BreakPromise,
    ] {
        check(mutation);
    }
}
