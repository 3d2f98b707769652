//! The findings about one accident.

use std::time::Duration;

use serde::Serialize;
use wallet_load::latency::rounded;

use crate::kind::Kind;
use crate::system::{Balance, total};

/// The kind of accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Accident {
    /// The paying process was killed between its steps.
    Killed,
    /// A database or node was killed and restarted, under load.
    Restarted,
    /// The same request arrived twice.
    Twice,
    /// Two callers spent the same last money.
    Contested,
}

/// How long a payment took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// It ended by itself.
    AnsweredMs(f64),
    /// It ended only after the recovery; measured from the request.
    BlockedMs(f64),
}

impl Wait {
    /// The duration of a payment, and whether it was blocked until the recovery.
    pub fn new(blocked: bool, span: Duration) -> Self {
        let ms = rounded(span.as_secs_f64() * 1e3);
        if blocked {
            Self::BlockedMs(ms)
        } else {
            Self::AnsweredMs(ms)
        }
    }

    /// Whether it ended only after the recovery.
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::BlockedMs(_))
    }

    /// The duration in milliseconds.
    pub fn ms(self) -> f64 {
        match self {
            Self::AnsweredMs(ms) | Self::BlockedMs(ms) => ms,
        }
    }
}

/// What a reader saw before the recovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Whether there was a response.
    pub answered: bool,
    /// The excess of the sum of all balances over the existing money; negative for a deficit.
    pub off: i64,
    /// The total held amount.
    pub held: i64,
    /// The total amount in transit.
    pub in_transit: i64,
    /// The lowest balance seen, if it was below zero.
    pub below_zero: i64,
}

impl Seen {
    /// What these balances show, where the total should be `whole`.
    pub fn of(balances: &[Balance], whole: i64) -> Self {
        let sum = |of: fn(&Balance) -> i64| balances.iter().map(of).sum();
        Self {
            answered: true,
            off: total(balances) - whole,
            held: sum(|balance| balance.held),
            in_transit: sum(|balance| balance.in_transit),
            below_zero: balances
                .iter()
                .map(|balance| balance.available)
                .min()
                .unwrap_or(0)
                .min(0),
        }
    }
}

/// The findings.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The system's name.
    pub system: &'static str,
    /// The kind of accident.
    pub accident: Accident,
    /// Where it happened, or to what.
    pub to: String,
    /// The surplus of money compared with the start, once everything had come to rest; negative for a deficit.
    pub money: i64,
    /// The total that payees received.
    pub paid: i64,
    /// The total that they should have received or, for an interrupted payment, may have received.
    pub due: i64,
    /// How many callers got no reliable response.
    pub in_doubt: u64,
    /// How long a payment waited that shares an account with the harmed one.
    pub same_account: Option<Wait>,
    /// How long an unrelated payment waited.
    pub others: Option<Wait>,
    /// From the accident until no payment was in progress any more.
    pub at_rest_ms: Option<f64>,
    /// What a reader saw meanwhile.
    pub seen: Seen,
    /// What has to be done, and by whom.
    pub remedy: &'static str,
}

impl Verdict {
    /// A verdict without findings yet.
    pub fn new(kind: Kind, accident: Accident, to: &str) -> Self {
        Self {
            system: kind.name(),
            accident,
            to: to.to_owned(),
            money: 0,
            paid: 0,
            due: 0,
            in_doubt: 0,
            same_account: None,
            others: None,
            at_rest_ms: None,
            seen: Seen::default(),
            remedy: "nothing",
        }
    }
}
