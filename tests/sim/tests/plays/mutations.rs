//! Bugs must be caught: each mutation breaks an invariant within a few seeds, and the failure can be shortened.

use sim::args::STEPS;
use sim::mutation::Mutation;
use sim::plan::Plan;
use sim::play::play;
use sim::shrink::shrink;

/// Within how many seeds each mutation must be caught. The first seed catches most of them; some need a rare sequence, such as a parked
/// message, a restart, and more of the same flow before the message is resolved.
const SEEDS: u64 = 60;

/// Plays seeds until one catches the mutation.
fn check(mutation: Mutation) {
    let caught = (0..SEEDS).find_map(|seed| {
        let breach = play(&Plan::new(seed, STEPS), Some(mutation)).breach;
        breach.map(|breach| (seed, breach))
    });
    let Some((seed, breach)) = caught else {
        panic!("{} is not caught within {SEEDS} seeds", mutation.word());
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
    an_inbox_that_is_not_consulted: SkipInbox,
    an_inbox_that_forgets: InboxWindow,
    an_epoch_that_is_not_checked: NoEpochCheck,
    parked_messages_that_are_forgotten: ForgetParked,
    a_parked_message_that_is_resolved_twice: SeeToTwice,
    an_acknowledgement_before_the_message_is_durable: AckEarly,
    an_expiry_before_the_log_was_read: ExpireEarly,
    a_compensation_that_is_forgotten: ForgetToCompensate,
    a_compensation_that_comes_twice: CompensateTwice,
    a_credit_before_the_debit: CreditEarly,
    a_promise_that_is_broken: BreakPromise,
    a_message_appended_after_any_other: AnyPredecessor,
    one_place_for_an_envelope: PlacePerEnvelope,
    parking_reported_after_the_decisions: ParkLast,
    a_mark_in_the_database: MarkInDatabase,
    clients_told_before_the_log_has_it: TellEarly,
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
