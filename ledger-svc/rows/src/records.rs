//! Everything heard, in log order.

use std::borrow::Cow;

use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Verb;
use wallet_kernel::{Heard, Input, Place};

/// A request or event, as it was in the log.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id.
    pub id: EventId,
    /// The transfer or operator's request that it belongs to.
    pub transfer: TransferId,
    /// The account that made the request, or that the event is about.
    pub account: AccountId,
    /// Its type.
    pub kind: Cow<'static, str>,
    /// When the log stored it, in microseconds.
    pub at_us: i64,
    /// How long that was after its publisher's commit, in microseconds, if known.
    pub publish_us: Option<i64>,
    /// Its JSON; `None` for a copy whose original is in another shard's record.
    pub body: Option<String>,
}

wallet_kernel::table! {
    /// Everything heard, in log order.
    pub Records "record" (key: LogPlace, record: Record) {
        key { no: LogPlace = *key }
        id: EventId = record.id,
        transfer: TransferId = record.transfer,
        account: AccountId = &record.account,
        kind: String = &*record.kind,
        at_us: i64 = record.at_us,
        publish_us: Option<i64> = record.publish_us,
        body: Option<String> = record.body.as_deref(),
    }
    (no, Record { id, transfer, account, kind: Cow::Owned(kind), at_us, publish_us, body })
}

/// The type of a request in the record. On the wire requests have none.
fn requested(verb: Verb) -> &'static str {
    match verb {
        Verb::Transfer => "wallet.transfer.requested.v1",
        Verb::Reserve => "wallet.reserve.requested.v1",
        Verb::Confirm => "wallet.confirm.requested.v1",
        Verb::Cancel => "wallet.cancel.requested.v1",
        Verb::Reverse => "wallet.reverse.requested.v1",
        Verb::Open => "wallet.open.requested.v1",
        Verb::Freeze => "wallet.freeze.requested.v1",
        Verb::Unfreeze => "wallet.unfreeze.requested.v1",
        Verb::Close => "wallet.close.requested.v1",
    }
}

/// The verb of a request, from its type in the record; `None` for an event.
pub fn requested_verb(kind: &str) -> Option<Verb> {
    Verb::ALL.into_iter().find(|verb| requested(*verb) == kind)
}

/// The record of an input.
pub(crate) fn of(heard: &Heard<'_>, place: Place) -> (LogPlace, Record) {
    let (account, kind, body) = match &heard.input {
        Input::Due(due) => (due.transfer.payer.clone(), "due", None),
        Input::Request(request) => (
            request.account.clone(),
            requested(request.verb),
            Some(&*heard.raw),
        ),
        Input::Event(event) => {
            let account = event.fact.account();
            // This is a copy for the payee's books; the flow's home has the whole event.
            let elsewhere = event.fact.movement().is_some() && !place.owns(&account);
            (
                account,
                event.fact.kind().name(),
                (!elsewhere).then_some(&*heard.raw),
            )
        }
    };
    let cause = heard.input.as_cause();
    let record = Record {
        id: cause.id,
        transfer: cause.transfer,
        account,
        kind: Cow::Borrowed(kind),
        at_us: heard.at_us,
        publish_us: heard
            .committed_us
            .map(|committed_us| heard.at_us.saturating_sub(committed_us)),
        body: body.map(str::to_owned),
    };
    (heard.log_place(), record)
}
