//! Small worlds: the requests, and the faults that may occur.

use wallet_contract::id::AccountId;
use wallet_contract::request::{self, Context};
use wallet_contract::subject::Verb;
use wallet_kernel::Input;

/// A request of an account's holder or of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The verb.
    pub verb: Verb,
    /// The account whose authority is used.
    pub account: &'static str,
    /// The client's id for it, a small number.
    pub id: u64,
    /// The other fields, as JSON; `$n` is the id `n`.
    pub fields: &'static str,
    /// How often it may be delivered. In states in which it was never delivered, it counts as lost.
    pub times: u8,
}

/// How a flow can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It settled.
    Settled,
    /// It was refused, and nothing was ever debited.
    Refused,
    /// It was debited and given back.
    Compensated,
    /// It was cancelled.
    Cancelled,
    /// It expired.
    Expired,
}

/// A small world.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The number of shards.
    pub shards: u16,
    /// The requests that were made, and have ended, before it begins.
    pub given: &'static [Ask],
    /// The requests, in any order.
    pub asks: &'static [Ask],
    /// How often a service may crash between publishing and marking the events as published.
    pub crashes: u8,
    /// Whether a service may leave its log unread. If not, it reads at once, and only its publishing is late. Since a service
    /// hears nothing but its log and its clock, this leaves out no order of events in a log.
    pub late_reads: bool,
    /// The same for ledger-svc alone. Nobody acts on its events: if it reads at once, it is checked at each prefix of each log.
    pub late_books: bool,
    /// How its transfers can end.
    pub ends: &'static [Outcome],
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Settled,
        Self::Refused,
        Self::Compensated,
        Self::Cancelled,
        Self::Expired,
    ];
}

impl Ask {
    /// The request, parsed as if it came from a client.
    ///
    /// # Panics
    /// If it can't be parsed: then the scenario is wrong.
    pub fn input(&self) -> Input {
        let account: AccountId = self.account.parse().expect("a scenario's account has a name");
        let context = Context {
            verb: self.verb,
            account: Some(&account),
            traceparent: None,
            event_id: None,
        };
        let comma = if self.fields.is_empty() { "" } else { "," };
        let fields = self.fields.replace('$', &uuid_front());
        let json = format!(r#"{{"id":"{}{:x}"{comma}{fields}}}"#, uuid_front(), self.id);
        Input::Request(request::read(&json, context).expect("a scenario's request can be read"))
    }
}

/// All of an id but its last digit.
fn uuid_front() -> String {
    "01900000-0000-7000-8000-00000000000".to_owned()
}
