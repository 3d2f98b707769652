//! Many seeds, all of which must hold; and one seed, which must play the same whenever and wherever it runs.

use std::thread;

use sim::args::STEPS;
use sim::plan::{Plan, Point};
use sim::play::play;
use sim::seeds::play_all;

/// As many as two cores play in a minute.
const SEEDS: u64 = 3_000;
/// How many seeds are played twice.
const TWICE: u64 = 40;

#[test]
fn all_invariants_hold_and_every_cell_is_reached() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let sum = play_all(0..SEEDS, &|seed| Plan::new(seed, STEPS), None, cores, &|| ());
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
        sum.coverage.spared(Point::TODAY),
        [],
        "calls at which nobody is ever hurt"
    );
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
