//! Small worlds: who asks what, and what may happen to it.

use wallet_contract::id::AccountId;
use wallet_contract::request::{self, Context};
use wallet_contract::subject::Verb;
use wallet_kernel::Input;

/// What an account's holder, or an operator, asks.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// What is asked.
    pub verb: Verb,
    /// Whose authority is used.
    pub account: &'static str,
    /// The client's name for it, a small number.
    pub id: u64,
    /// The other fields, as JSON; `$n` is the id `n`.
    pub fields: &'static str,
    /// How often it may be delivered; a state in which it has not been is one in which it was lost.
    pub times: u8,
}

/// How an outcome of a flow is called.
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
    /// How many shards it has.
    pub shards: u16,
    /// What was asked, and has ended, when it begins.
    pub given: &'static [Ask],
    /// What is asked, in any order.
    pub asks: &'static [Ask],
    /// How often a service may crash between publishing and marking that it has.
    pub crashes: u8,
    /// Whether a service may leave its log unread. If not it reads at once, and only what it publishes is late. Since a
    /// service hears nothing but its log and its clock, that leaves out no order of events in a log.
    pub late_reads: bool,
    /// The same of ledger-svc alone. Nobody acts on what it says: read at once, it is seen at each prefix of each log.
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
    /// The request, read as from a client.
    ///
    /// # Panics
    /// If it can't be read: then the scenario is wrong.
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
