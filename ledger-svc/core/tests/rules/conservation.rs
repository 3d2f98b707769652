//! The three cores together, on logs in memory: random one- and two-phase requests, reversals, repeats, copies, late requests and
//! a clock that jumps, all read at random speeds.
//!
//! Money is conserved after each step. At the end every flow has ended, and reading everything again changes nothing.

mod acts;
mod answers;
mod ask;
mod invariants;
mod outcomes;
mod reader;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use wallet_contract::event::Kind;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::acts::{Act, acts};
use self::world::World;

const CASES: u32 = 1_000;
/// The kinds that can occur in these plays: all but `message.parked`, since every message here can be read.
const KINDS: usize = 22;

#[test]
fn no_money_is_lost_or_created() {
    let seen: RefCell<BTreeMap<Kind, u32>> = RefCell::default();
    let config = ProptestConfig {
        cases: CASES,
        ..ProptestConfig::with_source_file(file!())
    };
    let plays = prop::collection::vec(acts(), 1..240);
    let played = TestRunner::new(config).run(&plays, |acts| {
        let world = play(&acts);
        for event in world.events() {
            *seen.borrow_mut().entry(event.fact.kind()).or_default() += 1;
        }
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    println!("{CASES} plays, with these events: {seen:#?}");
    assert_eq!(
        seen.len(),
        KINDS,
        "an event never occurs in these plays: {seen:#?}"
    );
}

fn play(acts: &[Act]) -> World {
    let mut world = World::new();
    world.endow();
    world.until_quiet();
    for act in acts {
        act.play(&mut world);
        invariants::at_each_step(&world);
    }
    world.deliver_all();
    world.until_quiet();
    invariants::when_all_is_quiet(&world, true);
    world.pass_every_expiry();
    world.until_quiet();
    invariants::at_each_step(&world);
    invariants::when_all_is_quiet(&world, false);
    answers::name_each_request_once(&world);
    invariants::when_all_is_over(&world);
    invariants::repeats_change_nothing(&mut world);
    world
}
