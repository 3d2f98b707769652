//! A flow on the wire: what the ledger answers about one, and what `wallet trace --json` writes.
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
    /// Who pays, or whom an operator acted on.
    pub payer: String,
    /// Who is paid.
    pub payee: Option<String>,
    /// How much was asked for.
    pub amount: Option<String>,
    /// How much of a reservation went on to its payee, once that is known; nothing of it if it was cancelled or has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<String>,
    /// How much of a reservation was its payer's again: the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// The currency's code.
    pub currency: Option<String>,
    /// What the payer wrote.
    pub memo: Option<String>,
    /// The transfer that this one gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<Uuid>,
    /// The transfers that give this one back, however they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reversed_by: Vec<Reversal>,
    /// How it stands.
    pub status: Status,
    /// Since when it keeps still and whom it waits for, if it was not heard of for too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// What began it: `transfer`, `reserve`, `reverse`, `open`, ….
    pub verb: String,
    /// Why it was refused or compensated.
    pub reason: Option<String>,
    /// What it was in this case.
    pub detail: Option<String>,
    /// The trace id.
    pub trace: String,
    /// When the request was stored.
    #[serde(serialize_with = "exact::time")]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(serialize_with = "exact::time_or_null")]
    pub ended_at: Option<Timestamp>,
    /// For how long it was reserved and waited for its payer's word, microseconds, once that is over. Nobody's latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_us: Option<i64>,
    /// Who said what, where it was asked for; in the order of the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// What has not been seen yet of a flow that has not ended, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expected>,
    /// Messages of a flow that has not ended which a service has set aside, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<SetAside>,
    /// What its events are in the books, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bookings: Vec<Booked>,
}

/// A transfer that gives back another one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reversal {
    /// Its id.
    pub transfer: Uuid,
    /// Who gives back.
    pub payer: String,
    /// How much.
    pub amount: Option<String>,
    /// How it stands.
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
    /// Who said it: `/client`, or service and shard as `/debit-svc/0`.
    pub source: String,
    /// In which shard's log it stands.
    pub shard: u16,
    /// Where in it.
    pub sequence: u64,
    /// When it stood there.
    #[serde(serialize_with = "exact::time")]
    pub recorded_at: Timestamp,
    /// When it was decided.
    #[serde(serialize_with = "exact::time")]
    pub time: Timestamp,
    /// How long the service had been at work on it by then, microseconds.
    pub work_us: i64,
    /// How long it took from the service's commit until it stood in the log, microseconds, by two clocks; nothing if that is
    /// not known: of what a service that had stopped published later, and of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_us: Option<i64>,
    /// What it is the decision on.
    pub cause: Option<Uuid>,
    /// The request, or the whole `CloudEvent`, as it was said.
    pub body: Box<RawValue>,
}

/// Why a flow is stuck.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stuck {
    /// When something was last heard of it.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
    /// Whom it waits for; nothing if all have said what they must, as far as the ledger has heard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
}

/// Whom a flow waits for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WaitsFor {
    /// The service, such as `credit-svc`.
    pub service: String,
    /// On this shard.
    pub shard: u16,
    /// The type of the request or event that it has not reacted to.
    pub after: String,
    /// One of these types must come.
    pub events: Vec<String>,
    /// What it can't do although it must, in its own words: nobody else can go on before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot: Option<String>,
}

/// What the choreography says must come and has not been seen yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Expected {
    /// The service that has not reacted.
    pub service: String,
    /// On this shard.
    pub shard: u16,
    /// The id of the request or event that it has not reacted to.
    pub after: Uuid,
    /// Since when that stands in the log.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
    /// One of these types must come.
    pub events: Vec<String>,
    /// What it can't do although it must, in its own words: nobody else can go on before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot: Option<String>,
    /// How long that has usually taken lately, microseconds; nothing if nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usually_us: Option<i64>,
}

/// A message of a flow that a service could not handle, and nobody has seen to yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SetAside {
    /// Who set it aside.
    pub service: String,
    /// In which shard's log it stands.
    pub shard: u16,
    /// Where in it.
    pub sequence: u64,
    /// Which element of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// What is wrong with it.
    pub detail: String,
    /// When it was set aside.
    #[serde(serialize_with = "exact::time")]
    pub since: Timestamp,
}

/// What an event is in the books of one account, with the balances behind it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Booked {
    /// The event.
    pub event: Uuid,
    /// Whose line.
    pub account: String,
    /// `debit`, `credit`, `reversal`, `hold`, `release`.
    pub kind: String,
    /// What it changes of what is available, with its sign.
    pub amount: String,
    /// What it changes of what is held, with its sign.
    pub held: String,
    /// What is available behind it.
    pub balance: String,
    /// What is held behind it.
    pub held_balance: String,
}

impl Flow {
    /// Whether it is about a payment, and not an operator's request.
    pub fn is_payment(&self) -> bool {
        self.asked().is_some_and(|verb| verb.flow() == Verb::Transfer)
    }

    /// What began it.
    pub fn asked(&self) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| verb.token() == self.verb)
    }
}

impl Event {
    /// When it stood in the log, microseconds since 1970.
    pub fn recorded_us(&self) -> i64 {
        self.recorded_at.as_microsecond()
    }

    /// Its type without what all types have: `account.debited`.
    pub fn short_kind(&self) -> &str {
        short(&self.kind)
    }

    /// The service that has said it, and on which shard; nothing of what a client asks.
    pub fn said_by(&self) -> Option<(&str, u16)> {
        let (service, shard) = self.source.strip_prefix('/')?.split_once('/')?;
        Some((service, shard.parse().ok()?))
    }

    /// What it asks, of a request.
    pub fn asks(&self) -> Option<Verb> {
        let token = self.kind.strip_prefix("wallet.")?.strip_suffix(".requested.v1")?;
        Verb::ALL.into_iter().find(|verb| verb.token() == token)
    }
}

impl Flow {
    /// How it stands, in a word: its status, or `parked` or `stuck` if it does not go on.
    pub fn stands(&self) -> &'static str {
        if !self.parked.is_empty() {
            "parked"
        } else if self.stuck.is_some() {
            "stuck"
        } else {
            self.status.word()
        }
    }
}

impl SetAside {
    /// Who set what aside, and why: `credit-svc has set aside message 17 of WALLET_0: …`.
    pub fn told(&self) -> String {
        let (service, shard, sequence, detail) = (&self.service, self.shard, self.sequence, &self.detail);
        format!("{service} has set aside message {sequence} of WALLET_{shard}: {detail}")
    }
}

impl Stuck {
    /// Whom it waits for, such as `credit-svc of shard 1 has not reacted to account.debited`.
    pub fn told(&self) -> String {
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

/// Who has not reacted to what, or can't do something.
pub(crate) fn idle(service: &str, shard: u16, what: &str, cannot: Option<&str>) -> String {
    match cannot {
        Some(cannot) => format!("{service} of shard {shard} cannot {cannot}"),
        None => format!("{service} of shard {shard} has not reacted to {what}"),
    }
}

/// A type without what all types have: `account.debited`.
pub fn short(kind: &str) -> &str {
    let kind = kind.strip_prefix("wallet.").unwrap_or(kind);
    kind.strip_suffix(".v1").unwrap_or(kind)
}
