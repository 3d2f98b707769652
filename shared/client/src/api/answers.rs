//! What a ledger answers, field by field as it stands in the JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Transfer;
pub use wallet_view::statement::Line;
use wallet_view::text::time;

/// An account and what it has.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Account {
    /// Its name.
    pub account: String,
    /// `open`, `frozen`, `closing`, `closed`.
    pub status: String,
    /// One for each currency.
    pub balances: Vec<Balance>,
    /// How much of the log is in this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// What an account has of one currency.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Balance {
    /// The currency's code.
    pub currency: String,
    /// What can be spent.
    pub available: String,
    /// What is reserved for others.
    pub held: String,
    /// What has left and has not arrived yet; only in answers about now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<String>,
    /// How far below zero it may go; only in answers about now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdraft: Option<String>,
    /// Whether the account had been opened in this currency by then; only in answers about a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<bool>,
}

/// A place in a shard's log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AsOf {
    /// The shard.
    pub shard: u16,
    /// The last sequence that is in the answer.
    pub sequence: u64,
    /// When that was stored.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// Accounts in the order of their names.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// What to say as `after` for more.
    pub next: Option<String>,
}

/// An account's bookings, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Statement {
    /// The account.
    pub account: String,
    /// The bookings.
    pub lines: Vec<Line>,
    /// What to say as `before` for more.
    pub next: Option<String>,
}

/// The phases of the transfers with one id.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PhasesPage {
    /// One for each payer who used the id.
    pub phases: Vec<Phases>,
}

/// How far a transfer has come, as its payer's side knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Phases {
    /// The client's id.
    pub transfer: Uuid,
    /// The payer's shard.
    pub shard: u16,
    /// Who pays.
    pub payer: String,
    /// Who is paid.
    pub payee: Option<String>,
    /// How much was asked for.
    pub amount: Option<String>,
    /// The currency's code.
    pub currency: Option<String>,
    /// `debited`, `reserved`, `promised`, ….
    pub phase: String,
    /// Whether it has two phases.
    pub two_phase: bool,
    /// How much was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<String>,
    /// Whether the promise confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_confirm: Option<bool>,
    /// When it is released if nobody confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "wallet_view::exact::time_or_null")]
    pub expires_at: Option<Timestamp>,
    /// What was heard from whom.
    pub heard: Vec<Word>,
}

/// Something that was heard.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Word {
    /// From whom: `client`, `credit-svc`, `clock`.
    pub from: String,
    /// What.
    pub what: String,
    /// When.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// The flows of one trace.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TracePage {
    /// The trace id.
    pub trace: String,
    /// The flows, oldest first.
    pub transfers: Vec<Transfer>,
    /// What to say as `after` for more.
    pub next: Option<String>,
}

/// Flows, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransferPage {
    /// The flows.
    pub transfers: Vec<Transfer>,
    /// What to say as `before` for more.
    pub next: Option<String>,
}

/// Messages that were set aside.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ParkedPage {
    /// Newest first.
    pub parked: Vec<Parked>,
    /// What to say as `before` for more.
    pub next: Option<String>,
}

/// A message, or an element of one, that was set aside.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Parked {
    /// What it is called: `<service>/<shard>/<sequence>[/<index>]`.
    pub id: String,
    /// Who set it aside.
    pub service: String,
    /// In which shard's log it stands.
    pub shard: u16,
    /// Where in it.
    pub sequence: u64,
    /// Which element of the message; none if it is the whole.
    pub index: Option<u32>,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// When it was set aside.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
    /// The transfer that it is of, if that is known: what is heard of that waits behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Uuid>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<SeenTo>,
}

/// What became of something that was set aside.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenTo {
    /// `retried`, `replaced` or `discarded`.
    pub outcome: String,
    /// Why it was discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sequence of the message that stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<u64>,
    /// The sequence of the instruction.
    pub instruction: u64,
    /// When.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// How it goes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stats {
    /// How far the books reach.
    pub shards: Vec<Position>,
    /// How many transfers stand how.
    pub transfers: Tally,
    /// How many messages were set aside.
    pub parked: u64,
}

/// Whether the whole wallet is well.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Health {
    /// Whether nobody need do anything.
    pub healthy: bool,
    /// One line that says so, or why not.
    pub summary: String,
    /// How each service does on each shard.
    pub services: Vec<Duty>,
    /// How many transfers are stuck, up to 10,000 on a shard.
    pub stuck: u64,
    /// What those have in transit, by currency.
    #[serde(default)]
    pub in_transit: BTreeMap<String, String>,
    /// How many messages are parked.
    pub parked: u64,
    /// Currencies whose books do not sum to zero.
    pub unbalanced: Vec<String>,
    /// Why something of this is not known.
    #[serde(default)]
    pub unknown: Option<String>,
}

/// How a service does on a shard.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Duty {
    /// The service.
    pub service: String,
    /// The shard.
    pub shard: u16,
    /// The state of the instance that does best there; `silent` if none answers.
    pub state: String,
    /// What there is to say about it.
    #[serde(default)]
    pub detail: String,
    /// How far that instance has read the log; nothing if none was ever heard of.
    #[serde(default)]
    pub position: Option<u64>,
    /// The instances that answer.
    #[serde(default)]
    pub instances: Vec<String>,
    /// When one last answered, as far as the ledger has heard.
    #[serde(default)]
    pub heard_at: Option<Timestamp>,
}

impl Duty {
    /// Whether somebody works there.
    pub fn is_good(&self) -> bool {
        self.state == wallet_contract::ready::WORKING
    }

    /// One line for people.
    pub fn told(&self) -> String {
        let since = self
            .heard_at
            .filter(|_| self.state == "silent")
            .map(|at| format!("last heard from at {} UTC", time(at)));
        let detail = since.unwrap_or_else(|| self.detail.clone());
        let detail = if detail.is_empty() {
            detail
        } else {
            format!(" ({detail})")
        };
        format!("shard {}: {}{detail}", self.shard, self.state)
    }
}

/// How far a shard's books reach.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// The last sequence that is in the books.
    pub position: u64,
    /// The last sequence of the log.
    pub last_sequence: u64,
    /// How many messages are between.
    pub lag: i64,
}

/// How many transfers stand how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tally {
    /// Not at their end yet.
    pub running: u64,
    /// Waiting to be confirmed.
    pub reserved: u64,
    /// Arrived.
    pub settled: u64,
    /// Never left.
    pub refused: u64,
    /// Given back.
    pub compensated: u64,
    /// Cancelled by their payers.
    pub cancelled: u64,
    /// Not confirmed in time.
    pub expired: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_was_heard_from_at_a_time_as_tables_have_it() {
        let silent = Duty {
            state: "silent".to_owned(),
            heard_at: Some("2026-11-30T18:01:57.976782Z".parse().unwrap()),
            ..Duty::default()
        };
        assert_eq!(
            silent.told(),
            "shard 0: silent (last heard from at 2026-11-30 18:01:57 UTC)"
        );
    }
}
