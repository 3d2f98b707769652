//! Messages that no service decided on, that are missing, or that are unreadable.

use wallet_contract::event::{Cause, Fact, MessageFact, Parked};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::trace::TraceId;

use super::script::{Script, account};
use crate::report::Invariant;

#[test]
fn a_request_without_decision_breaks_nothing_dropped() {
    let mut script = Script::valid();
    script.ask_transfer("alice", "bob", "1.00");
    script.breaks(Invariant::NothingDropped, "transfer request");
    script.holds(Invariant::OneEnd);
    let mut script = Script::valid();
    script.ask(Verb::Freeze, "bob", "");
    script.breaks(Invariant::NothingDropped, "freeze request");
}

#[test]
fn a_gap_in_a_log_breaks_nothing_dropped() {
    let mut script = Script::valid();
    script.logs[0].remove(3);
    script.breaks(Invariant::NothingDropped, "continues at message 5, not 4");
}

#[test]
fn an_unreadable_message_must_be_parked() {
    let mut script = Script::valid();
    let (alice, shard) = (account("alice"), script.home("alice"));
    script.push(shard, Verb::Transfer.subject(shard, &alice), "not JSON");
    let sequence = script.logs[usize::from(shard.0)].len() as u64;
    let words = format!(
        "shard {shard}, message {sequence}, element 0 is unreadable and was not parked: not a request"
    );
    script.breaks(Invariant::NothingDropped, &words);
    let subject = format!("wallet.{shard}.cmd.transfer.alice");
    let parked = Parked {
        place: LogPlace::element(sequence, 0),
        subject,
        detail: "not JSON".to_owned(),
        transfer: None,
    };
    let id = uuid::Uuid::from_u128(9);
    let asked = Cause {
        id: EventId(id),
        transfer: TransferId(id),
        trace: TraceId::started_by(EventId(id)),
    };
    script.decide(
        Service::Debit,
        "alice",
        Fact::Message(MessageFact::MessageParked(parked)),
        asked,
    );
    script.holds(Invariant::NothingDropped);
    assert_eq!(script.audit().0.parked, 1);
}
