//! Bugs must be caught: each mutation breaks an invariant within a few seeds, and the failure can be shortened.

use sim::args::STEPS;
use sim::mutation::Mutation;
use sim::plan::Plan;
use sim::play::play;
use sim::shrink::shrink;

/// Within how many seeds each mutation must be caught. The first seed catches most of them.
const SEEDS: u64 = 20;
/// For mutations that need a rare sequence: a parked message, a restart, and more of the same flow before the message is
/// resolved.
const RARE: u64 = 50;

/// Plays seeds until one catches the mutation.
fn check(mutation: Mutation) {
    let seeds = if mutation == Mutation::ForgetParked {
        RARE
    } else {
        SEEDS
    };
    let caught = (0..seeds).find_map(|seed| {
        let breach = play(&Plan::new(seed, STEPS), Some(mutation)).breach;
        breach.map(|breach| (seed, breach))
    });
    let Some((seed, breach)) = caught else {
        panic!("{} is not caught within {seeds} seeds", mutation.word());
    };
    println!("{} is caught by seed {seed}: {breach}", mutation.word());
}

macro_rules! mutations {
    ($($name:ident: $mutation:ident,)*) => {
        $(#[test]
        fn $name() {
            check(Mutation::$mutation);
        })*
    };
}

mutations! {
    an_inbox_that_is_not_asked_is_seen: SkipInbox,
    an_inbox_that_forgets_is_seen: InboxWindow,
    an_epoch_that_is_not_checked_is_seen: NoEpochCheck,
    what_is_published_before_it_is_committed_is_seen: PublishEarly,
    what_counts_as_published_before_it_is_is_seen: MarkEarly,
    what_was_set_aside_and_is_forgotten_is_seen: ForgetParked,
    what_is_seen_to_twice_is_seen: SeeToTwice,
    what_is_acknowledged_before_it_is_durable_is_seen: AckEarly,
    an_expiry_before_the_log_was_read_is_seen: ExpireEarly,
    a_compensation_that_is_forgotten_is_seen: ForgetToCompensate,
    a_compensation_that_comes_twice_is_seen: CompensateTwice,
    a_credit_before_the_debit_is_seen: CreditEarly,
    a_promise_that_is_broken_is_seen: BreakPromise,
}

#[test]
fn a_failure_is_made_short() {
    let mutation = Some(Mutation::CompensateTwice);
    let plan = (0..SEEDS)
        .map(|seed| Plan::new(seed, STEPS))
        .find(|plan| play(plan, mutation).breach.is_some());
    let plan = plan.expect("it is caught within these seeds");
    let shrunk = shrink(&plan, play(&plan, mutation), mutation);
    for step in &shrunk.plan.steps {
        println!("{step}");
    }
    assert!(shrunk.played.breach.is_some(), "it still fails");
    assert!(
        shrunk.kept.len() <= 6,
        "a transfer, a wait and a cancel are enough: {:?}",
        shrunk.kept
    );
    assert_eq!(
        play(&plan, None).breach,
        None,
        "without the mutation nothing is wrong"
    );
}
