//! Transfers without exactly one valid end, and events without exactly one valid cause.

use wallet_contract::event::{Event, Fact, Kind, MovementFact};
use wallet_contract::subject::Service;

use super::script::{Script, movement};
use crate::report::Invariant;

#[test]
fn a_transfer_without_end_breaks_one_end() {
    let script = Script::valid().without(Kind::TransferSettled);
    script.breaks(Invariant::OneEnd, "has no valid end: debited, credited");
    script.holds(Invariant::NothingDropped);
    let script = Script::valid().without(Kind::DebitReversed);
    script.breaks(Invariant::OneEnd, "debited, credit refused, failed (compensated)");
}

#[test]
fn an_unfinished_transfer_breaks_no_invariant() {
    let mut script = Script::valid().without(Kind::TransferSettled);
    script.ask_transfer("alice", "bob", "1.00");
    let mut audit = script.read();
    audit.set_busy();
    let (_, _, breaches) = audit.finish();
    for invariant in Invariant::ALL {
        assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
    }
    let (count, texts) = breaches.open(Invariant::OneEnd);
    assert!(
        count > 0 && texts[0].contains("has not ended: debited, credited"),
        "{texts:?}"
    );
    assert_eq!(breaches.open(Invariant::NothingDropped).0, 1);
    // A state that can never become right is a breach even while transfers are in progress.
    let mut audit = Script::valid().without(Kind::DebitReversed).read();
    audit.set_busy();
    let (_, _, breaches) = audit.finish();
    assert!(breaches.of(Invariant::OneEnd).0 > 0);
}

#[test]
fn a_second_debit_breaks_one_end() {
    let mut script = Script::valid();
    let cause = script.settle("alice", "bob", "1.00");
    script.debit("alice", "bob", "1.00", cause);
    script.breaks(Invariant::OneEnd, "debited a second time, after debited");
}

#[test]
fn a_missing_cause_breaks_causes() {
    let script = Script::valid().with(
        Kind::DebitRefused,
        ("\"causationid\":\"0", "\"causationid\":\"1"),
        &[0, 1],
    );
    script.breaks(Invariant::Causes, "is not before it in the log");
    script.breaks(Invariant::NothingDropped, "has no decision");
}

#[test]
fn two_events_with_one_id_break_causes() {
    let mut script = Script::valid();
    let asked = script.ask_transfer("alice", "bob", "2.00");
    let fact = Fact::Movement(movement("alice", "bob", "2.00"), MovementFact::AccountDebited);
    let event = script.event(Service::Debit, "alice", fact, asked);
    let shard = event.source.shard;
    script.publish(&event, &[Some(shard)]);
    script.publish(&Event { work_us: 6, ..event }, &[Some(shard)]);
    script.breaks(Invariant::Causes, "of another event");
    script.breaks(Invariant::NothingDropped, "is missing from the log of shard");
}

#[test]
fn copies_that_differ_break_causes() {
    let script = Script::valid().with(Kind::AccountCredited, ("\"workus\":5", "\"workus\":6"), &[1]);
    script.breaks(Invariant::Causes, "differs in shard");
    script.holds(Invariant::Conservation);
}
