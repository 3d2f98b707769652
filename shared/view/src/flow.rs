//! A flow on the wire: the ledger's response for one flow, and the output of `wallet trace --json`.
//!
//! Fields are only ever added.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use crate::exact;

/// A flow: a transfer, or an operator's request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Flow {
    /// The client's id.
    pub transfer: Uuid,
    /// The payer, or the account that an operator acted on.
    pub payer: String,
    /// The payee.
    pub payee: Option<String>,
    /// The requested amount.
    pub amount: Option<String>,
    /// The amount of a reservation that went to its payee, once that is known; nothing if the reservation was cancelled or has
    /// expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<String>,
    /// The amount of a reservation that was released to its payer: the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// The currency's code.
    pub currency: Option<String>,
    /// The payer's memo.
    pub memo: Option<String>,
    /// The transfer that this one reverses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<Uuid>,
    /// The transfers that reverse this one, whatever their status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reversed_by: Vec<Reversal>,
    /// Its status.
    pub status: Status,
    /// If it is stuck: since when it has been silent, and what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// The verb of its first request: `transfer`, `reserve`, `reverse`, `open`, ….
    pub verb: String,
    /// Why it was refused or compensated.
    pub reason: Option<String>,
    /// The particulars of that reason.
    pub detail: Option<String>,
    /// The trace id.
    pub trace: String,
    /// When the request was stored.
    #[serde(serialize_with = "exact::time")]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(serialize_with = "exact::time_or_null")]
    pub ended_at: Option<Timestamp>,
    /// How long it was reserved and waited for its payer, in microseconds, once that is over. It counts towards no service's
    /// latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_us: Option<i64>,
    /// Its requests and events in log order, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// The expected events that have not been seen yet, for a flow that has not ended, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expected>,
    /// Unresolved parked messages of a flow that has not ended, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<ParkedMessage>,
    /// The bookings of its events, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bookings: Vec<Booked>,
}

/// A transfer that reverses another one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reversal {
    /// Its id.
    pub transfer: Uuid,
    /// The account that gives the money back.
    pub payer: String,
    /// The amount.
    pub amount: Option<String>,
    /// Its status.
    pub status: Status,
}

/// A request or event of a flow.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// Its id.
    pub id: Uuid,
    /// The CloudEvents type, such as `wallet.account.debited.v1`; a request's ends in `.requested.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its source: `/client`, or service and shard as `/debit-svc/0`.
    pub source: String,
    /// The shard whose log holds it.
    pub shard: u16,
    /// Its sequence in that log.
    pub sequence: u64,
    /// When it was stored in the log.
    #[serde(serialize_with = "exact::time")]
    pub recorded_at: Timestamp,
    /// When it was decided.
    #[serde(serialize_with = "exact::time")]
    pub time: Timestamp,
    /// How long the service had worked on it by then, in microseconds.
    pub work_us: i64,
    /// The id of the request or event that it is the decision on.
    pub cause: Option<Uuid>,
    /// The request, or the whole `CloudEvent`, as published.
    pub body: Box<RawValue>,
}

/// Why a flow is stuck.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stuck {
    /// When the last message of it was heard.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
    /// What it waits for; none if, as far as the ledger has heard, every service has published what it must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
}

/// The service that a flow waits for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WaitsFor {
    /// The service, such as `credit-svc`.
    pub service: String,
    /// Its shard.
    pub shard: u16,
    /// The type of the request or event that it has not reacted to.
    pub after: String,
    /// The event types that would satisfy it; one of them must come.
    pub events: Vec<String>,
    /// What the service fails to do, in its own words; nothing else can continue before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot: Option<String>,
}

/// An event that the choreography requires and that has not been seen yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Expected {
    /// The service that has not reacted.
    pub service: String,
    /// Its shard.
    pub shard: u16,
    /// The id of the request or event that it has not reacted to.
    pub after: Uuid,
    /// When that was stored in the log.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
    /// The event types that would satisfy it; one of them must come.
    pub events: Vec<String>,
    /// What the service fails to do, in its own words; nothing else can continue before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot: Option<String>,
    /// How long that has usually taken lately, in microseconds; none if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_us: Option<i64>,
}

/// A parked message of a flow: a service could not handle it, and no operator has resolved it yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ParkedMessage {
    /// The service that parked it.
    pub service: String,
    /// The shard whose log holds it.
    pub shard: u16,
    /// Its sequence in that log.
    pub sequence: u64,
    /// The index of the element within the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// What is wrong with it.
    pub detail: String,
    /// When it was parked.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
}

/// An event's booking on one account, with the balances after it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Booked {
    /// The event.
    pub event: Uuid,
    /// The account.
    pub account: String,
    /// `debit`, `credit`, `reversal`, `hold`, `release`.
    pub kind: String,
    /// The change in the available amount, signed.
    pub amount: String,
    /// The change in the held amount, signed.
    pub held: String,
    /// The available amount after it.
    pub balance: String,
    /// The held amount after it.
    pub held_balance: String,
}

impl Flow {
    /// Whether it concerns a payment, as opposed to an operator's request.
    pub fn is_payment(&self) -> bool {
        self.first_verb()
            .is_some_and(|verb| verb.flow() == Verb::Transfer)
    }

    /// The verb of its first request.
    pub fn first_verb(&self) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| verb.token() == self.verb)
    }
}

impl Event {
    /// When it was stored in the log, in microseconds since 1970.
    pub fn recorded_us(&self) -> i64 {
        self.recorded_at.as_microsecond()
    }

    /// Its type without the prefix and version that all types share: `account.debited`.
    pub fn short_kind(&self) -> &str {
        short(&self.kind)
    }

    /// The service and shard that decided it; none for a client's request.
    pub fn decided_by_service(&self) -> Option<(&str, u16)> {
        let (service, shard) = self.source.strip_prefix('/')?.split_once('/')?;
        Some((service, shard.parse().ok()?))
    }

    /// The verb, if it is a request.
    pub fn request_verb(&self) -> Option<Verb> {
        Verb::parse_requested(&self.kind)
    }
}

impl Flow {
    /// Its status in a word, or `parked` or `stuck` if it does not progress.
    pub fn display_status(&self) -> &'static str {
        if !self.parked.is_empty() {
            "parked"
        } else if self.stuck.is_some() {
            "stuck"
        } else {
            self.status.word()
        }
    }
}

impl ParkedMessage {
    /// Which service parked what, and why: `credit-svc has parked message 17 of WALLET_0: …`.
    pub fn describe(&self) -> String {
        let (service, shard, sequence, detail) = (&self.service, self.shard, self.sequence, &self.detail);
        format!("{service} has parked message {sequence} of WALLET_{shard}: {detail}")
    }
}

impl Stuck {
    /// What it waits for, such as `credit-svc of shard 1 has not reacted to account.debited`.
    pub fn describe(&self) -> String {
        match &self.waits_for {
            Some(waits) => idle(
                &waits.service,
                waits.shard,
                short(&waits.after),
                waits.cannot.as_deref(),
            ),
            None => "its last event has not reached the ledger".to_owned(),
        }
    }
}

/// A sentence saying what a service has not reacted to, or fails to do.
pub(crate) fn idle(service: &str, shard: u16, what: &str, cannot: Option<&str>) -> String {
    match cannot {
        Some(cannot) => format!("{service} of shard {shard} cannot {cannot}"),
        None => format!("{service} of shard {shard} has not reacted to {what}"),
    }
}

/// A type without the prefix and version that all types share: `account.debited`.
pub fn short(kind: &str) -> &str {
    let kind = kind.strip_prefix("wallet.").unwrap_or(kind);
    kind.strip_suffix(".v1").unwrap_or(kind)
}
