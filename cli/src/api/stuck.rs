//! Flows that keep still, and how a list of flows is narrowed to them.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Status;

/// Why a flow is stuck.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Stuck {
    /// When something was last heard of it.
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
}

impl Stuck {
    /// Whom it waits for, such as `credit-svc of shard 1 has not reacted to account.debited`.
    pub fn told(&self) -> String {
        let short = |kind: &str| {
            let kind = kind.strip_prefix("wallet.").unwrap_or(kind);
            kind.strip_suffix(".v1").unwrap_or(kind).to_owned()
        };
        match &self.waits_for {
            Some(WaitsFor {
                service,
                shard,
                after,
                ..
            }) => format!("{service} of shard {shard} has not reacted to {}", short(after)),
            None => "its last event has not reached the ledger".to_owned(),
        }
    }
}

/// How the flows that are asked for stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Like this.
    Is(Status),
    /// Running, and not heard of for too long.
    Stuck,
}

impl StatusFilter {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is(status) => status.word(),
            Self::Stuck => "stuck",
        }
    }
}

impl ValueEnum for StatusFilter {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Is(Status::Running),
            Self::Stuck,
            Self::Is(Status::Reserved),
            Self::Is(Status::Settled),
            Self::Is(Status::Refused),
            Self::Is(Status::Compensated),
            Self::Is(Status::Cancelled),
            Self::Is(Status::Expired),
            Self::Is(Status::Done),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Is(status) => status.to_possible_value(),
            Self::Stuck => {
                Some(PossibleValue::new(self.word()).help("Running, and not heard of for too long"))
            }
        }
    }
}
