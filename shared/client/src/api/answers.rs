//! The ledger's responses, field by field as in the JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Transfer;
pub use wallet_view::statement::Line;
use wallet_view::text::time;

/// An account and its balances.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Account {
    /// Its name.
    pub account: String,
    /// `open`, `frozen`, `closing`, `closed`.
    pub status: String,
    /// One balance per currency.
    pub balances: Vec<Balance>,
    /// How much of the log this response includes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// An account's balance in one currency.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Balance {
    /// The currency's code.
    pub currency: String,
    /// The amount that can be spent.
    pub available: String,
    /// The amount that is reserved for others.
    pub held: String,
    /// The amount that was debited and has not been credited yet; only in responses about now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<String>,
    /// How far below zero it may go; only in responses about now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdraft: Option<String>,
    /// Whether the account had been opened in this currency by then; only in responses about a past time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<bool>,
}

/// A place in a shard's log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AsOf {
    /// The shard.
    pub shard: u16,
    /// The last sequence that the response includes.
    pub sequence: u64,
    /// When that message was stored.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// Accounts in the order of their names.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The value of `after` for the next page.
    pub next: Option<String>,
}

/// An account's bookings, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Statement {
    /// The account.
    pub account: String,
    /// The bookings.
    pub lines: Vec<Line>,
    /// The value of `before` for the next page.
    pub next: Option<String>,
}

/// The phases of the transfers with one id.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PhasesPage {
    /// One for each payer who used the id.
    pub phases: Vec<Phases>,
}

/// The phase of a transfer, as its payer's side knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Phases {
    /// The client's id.
    pub transfer: Uuid,
    /// The payer's shard.
    pub shard: u16,
    /// The payer.
    pub payer: String,
    /// The payee.
    pub payee: Option<String>,
    /// The requested amount.
    pub amount: Option<String>,
    /// The currency's code.
    pub currency: Option<String>,
    /// `debited`, `reserved`, `promised`, ….
    pub phase: String,
    /// Whether it has two phases.
    pub two_phase: bool,
    /// The confirmed amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<String>,
    /// Whether it is confirmed automatically by its promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_confirm: Option<bool>,
    /// When it expires if it is not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "wallet_view::exact::time_or_null")]
    pub expires_at: Option<Timestamp>,
    /// The signals heard so far.
    pub heard: Vec<Word>,
}

/// A signal that was heard.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Word {
    /// Its source: `client`, `credit-svc`, `clock`.
    pub from: String,
    /// The signal.
    pub what: String,
    /// When it was heard.
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
    /// The value of `after` for the next page.
    pub next: Option<String>,
}

/// Flows, newest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransferPage {
    /// The flows.
    pub transfers: Vec<Transfer>,
    /// The value of `before` for the next page.
    pub next: Option<String>,
}

/// Parked messages.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ParkedPage {
    /// Newest first.
    pub parked: Vec<Parked>,
    /// The value of `before` for the next page.
    pub next: Option<String>,
}

/// A parked message, or a parked element of one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Parked {
    /// Its name: `<service>/<shard>/<sequence>[/<index>]`.
    pub id: String,
    /// The service that parked it.
    pub service: String,
    /// The shard whose log holds it.
    pub shard: u16,
    /// Its sequence in that log.
    pub sequence: u64,
    /// The index of the element; none for a whole message.
    pub index: Option<u32>,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// When it was parked.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
    /// The transfer that it concerns, if known; later messages of that transfer wait for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Uuid>,
    /// How it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<SeenTo>,
}

/// How a parked message was resolved.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenTo {
    /// `retried`, `replaced` or `discarded`.
    pub outcome: String,
    /// Why it was discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sequence of the message that replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<u64>,
    /// The sequence of the operator's instruction.
    pub instruction: u64,
    /// When it was resolved.
    #[serde(serialize_with = "wallet_view::exact::time")]
    pub time: Timestamp,
}

/// Overall figures.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stats {
    /// How far the books have caught up on each shard.
    pub shards: Vec<Position>,
    /// The number of transfers in each status.
    pub transfers: Tally,
    /// The number of parked messages.
    pub parked: u64,
}

/// The health of the whole wallet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Health {
    /// Whether no operator needs to act.
    pub healthy: bool,
    /// A one-line summary, with the reason if it is not healthy.
    pub summary: String,
    /// The state of each service on each shard.
    pub services: Vec<Duty>,
    /// The number of stuck transfers, up to 10,000 per shard.
    pub stuck: u64,
    /// The amounts that those have in transit, by currency.
    #[serde(default)]
    pub in_transit: BTreeMap<String, String>,
    /// The number of parked messages.
    pub parked: u64,
    /// Currencies whose books do not sum to zero.
    pub unbalanced: Vec<String>,
    /// Why parts of this report are unknown.
    #[serde(default)]
    pub unknown: Option<String>,
}

/// The state of a service on a shard.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Duty {
    /// The service.
    pub service: String,
    /// The shard.
    pub shard: u16,
    /// The state of the best instance there; `silent` if none responds.
    pub state: String,
    /// Details of that state.
    #[serde(default)]
    pub detail: String,
    /// How far that instance has read the log; none if none was ever heard from.
    #[serde(default)]
    pub position: Option<u64>,
    /// The instances that responded.
    #[serde(default)]
    pub instances: Vec<String>,
    /// When an instance last responded, as far as the ledger knows.
    #[serde(default)]
    pub heard_at: Option<Timestamp>,
}

impl Duty {
    /// Whether an instance works there.
    pub fn is_good(&self) -> bool {
        self.state == wallet_contract::ready::WORKING
    }

    /// A one-line description for people.
    pub fn describe(&self) -> String {
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

/// How far the books have caught up on a shard.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// The last sequence that is in the books.
    pub position: u64,
    /// The last sequence of the log.
    pub last_sequence: u64,
    /// The number of messages in between.
    pub lag: i64,
}

/// The number of transfers in each status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tally {
    /// Not ended yet.
    pub running: u64,
    /// Reserved, waiting for confirmation.
    pub reserved: u64,
    /// Credited to the payee.
    pub settled: u64,
    /// Refused before any money moved.
    pub refused: u64,
    /// Debited, and returned to the payer.
    pub compensated: u64,
    /// Cancelled by the payer.
    pub cancelled: u64,
    /// Not confirmed in time.
    pub expired: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_service_shows_when_it_was_last_heard_from() {
        let silent = Duty {
            state: "silent".to_owned(),
            heard_at: Some("2026-11-30T18:01:57.976782Z".parse().unwrap()),
            ..Duty::default()
        };
        assert_eq!(
            silent.describe(),
            "shard 0: silent (last heard from at 2026-11-30 18:01:57 UTC)"
        );
    }
}
