//! What was found of one accident.

use std::time::Duration;

use serde::Serialize;
use wallet_load::latency::rounded;

use crate::kind::Kind;
use crate::system::{Balance, total};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Accident {
    /// The process that pays was killed between its steps.
    Killed,
    /// A database or node was killed and started again, under load.
    Restarted,
    /// The same request came twice.
    Twice,
    /// Two callers spent the same last money.
    Contested,
}

/// How long somebody waited for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// It ended by itself.
    AnsweredMs(f64),
    /// It ended only after something was done about the accident, so long after it was asked for.
    BlockedMs(f64),
}

impl Wait {
    /// What ended after so long, by itself or not.
    pub fn new(blocked: bool, span: Duration) -> Self {
        let ms = rounded(span.as_secs_f64() * 1e3);
        if blocked {
            Self::BlockedMs(ms)
        } else {
            Self::AnsweredMs(ms)
        }
    }

    /// Whether something had to be done.
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::BlockedMs(_))
    }

    /// Milliseconds.
    pub fn ms(self) -> f64 {
        match self {
            Self::AnsweredMs(ms) | Self::BlockedMs(ms) => ms,
        }
    }
}

/// What a reader saw while things stood still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Whether anybody answered.
    pub answered: bool,
    /// By how much all balances added up to more than there is, or less.
    pub off: i64,
    /// What was held in all.
    pub held: i64,
    /// What had left and not arrived.
    pub in_transit: i64,
    /// The lowest of all balances that was seen, if one was below zero.
    pub below_zero: i64,
}

impl Seen {
    /// What these balances show, where there should be `whole`.
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

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The system's name.
    pub system: &'static str,
    /// What happened.
    pub accident: Accident,
    /// Where, or to what.
    pub to: String,
    /// When everything had come to rest: how much more there was than at first, or less.
    pub money: i64,
    /// What payees have got.
    pub paid: i64,
    /// What they should have got, or, of a payment that was cut, may have got.
    pub due: i64,
    /// How many callers were told nothing that they could rely on.
    pub in_doubt: u64,
    /// How long a payment waited that has an account in common with what came to harm.
    pub same_account: Option<Wait>,
    /// And one that has none.
    pub others: Option<Wait>,
    /// From the accident until nothing was on its way any more.
    pub at_rest_ms: Option<f64>,
    /// What a reader saw meanwhile.
    pub seen: Seen,
    /// What somebody has to do.
    pub remedy: &'static str,
}

impl Verdict {
    /// One of which nothing is known yet.
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
