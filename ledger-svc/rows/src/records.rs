//! Everything heard, in log order.

use std::borrow::Cow;

use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
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
        body: Option<String> = record.body.as_deref(),
    }
    (no, Record { id, transfer, account, kind: Cow::Owned(kind), at_us, body })
}

/// The record of an input.
pub(crate) fn of(heard: &Heard<'_>, place: Place) -> (LogPlace, Record) {
    let (account, kind, body) = match &heard.input {
        Input::Due(due) => (due.transfer.payer.clone(), "due", None),
        Input::Request(request) => (
            request.account.clone(),
            request.verb.requested(),
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
        body: body.map(str::to_owned),
    };
    (heard.place, record)
}
