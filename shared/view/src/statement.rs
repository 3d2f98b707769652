//! The lines of an account's statement as the ledger returns them, and as they are displayed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wallet_contract::money::Currency;

use crate::exact;

/// One booking: one entry, with the balances after it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Line {
    /// When it was stored in the account's log.
    #[serde(serialize_with = "exact::time")]
    pub time: Timestamp,
    /// The account's shard.
    pub shard: u16,
    /// Its sequence in the log.
    pub sequence: u64,
    /// The transfer that it belongs to.
    pub transfer: Uuid,
    /// The transfer's trace.
    pub trace: String,
    /// `debit`, `credit`, `reversal`, `hold`, `release`.
    pub kind: String,
    /// The other party.
    pub counterparty: String,
    /// The account that takes the other half of the booking.
    pub contra: String,
    /// The change in the available amount, signed.
    pub amount: String,
    /// The change in the held amount, signed.
    pub held: String,
    /// The available amount after it.
    pub balance: String,
    /// The held amount after it.
    pub held_balance: String,
    /// The currency's code.
    pub currency: String,
    /// The payer's memo.
    pub memo: Option<String>,
    /// The transfer that this one reverses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<Uuid>,
    /// The transfers that reversed this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reversed_by: Vec<Uuid>,
    /// The parts of the debit of a reservation: the captured amount, and the released rest. Together they make up the booking's
    /// change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A part of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Part {
    /// `capture`, `release`; for a booking of one line, its kind.
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

impl Line {
    /// The displayed lines, in the order in which the money moves. The changes in each column add up to the change of its
    /// balance.
    pub fn drawn(&self) -> Vec<Part> {
        if self.parts.is_empty() {
            vec![Part {
                kind: self.kind.clone(),
                amount: self.amount.clone(),
                held: self.held.clone(),
                balance: self.balance.clone(),
                held_balance: self.held_balance.clone(),
            }]
        } else {
            self.parts.clone()
        }
    }

    /// The reversal links that this part shows. They are shown once per transfer, where money leaves or arrives, and not again
    /// where it is held or released.
    pub fn links(&self, part: &Part) -> Vec<Link> {
        if !matches!(part.kind.as_str(), "debit" | "credit" | "capture") {
            return Vec::new();
        }
        let back = self.reverses.iter().map(|id| Link::GivesBack(*id));
        back.chain(self.reversed_by.iter().map(|id| Link::GivenBackBy(*id)))
            .collect()
    }
}

/// A link from a line to another transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// This line reverses that transfer.
    GivesBack(Uuid),
    /// That transfer reversed this one.
    GivenBackBy(Uuid),
}

impl Link {
    /// The link in words, to be followed by the other transfer's id.
    pub fn words(self) -> &'static str {
        match self {
            Self::GivesBack(_) => "gives back",
            Self::GivenBackBy(_) => "given back by",
        }
    }

    /// The other transfer.
    pub fn transfer(self) -> Uuid {
        match self {
            Self::GivesBack(id) | Self::GivenBackBy(id) => id,
        }
    }
}

/// A booking's figures in minor units: the changes, and the balances after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The change in the available amount.
    pub amount: i64,
    /// The change in the held amount.
    pub held: i64,
    /// The available amount after it.
    pub balance: i64,
    /// The held amount after it.
    pub held_balance: i64,
}

impl Figures {
    /// The parts of the debit of a reservation. The captured amount is taken from what is held; the rest becomes available again.
    pub fn capture(self, currency: Currency) -> Vec<Part> {
        let released = self.amount;
        let captured = Self {
            amount: 0,
            held: self.held.saturating_add(released),
            balance: self.balance.saturating_sub(released),
            held_balance: self.held_balance.saturating_add(released),
        };
        let rest = Self {
            held: released.saturating_neg(),
            ..self
        };
        let rest = (released != 0).then(|| rest.part("release", currency));
        std::iter::once(captured.part("capture", currency))
            .chain(rest)
            .collect()
    }

    fn part(self, kind: &str, currency: Currency) -> Part {
        Part {
            kind: kind.to_owned(),
            amount: currency.format_minor(self.amount),
            held: currency.format_minor(self.held),
            balance: currency.format_minor(self.balance),
            held_balance: currency.format_minor(self.held_balance),
        }
    }
}

/// A change for people: `+15.00`, `-5.00`; none for zero.
pub fn change(amount: &str) -> Option<String> {
    if amount.chars().all(|c| matches!(c, '0' | '.')) {
        None
    } else if amount.starts_with('-') {
        Some(amount.to_owned())
    } else {
        Some(format!("+{amount}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        "USD".parse().unwrap()
    }

    fn part(kind: &str, [amount, held, balance, held_balance]: [&str; 4]) -> Part {
        Part {
            kind: kind.to_owned(),
            amount: amount.to_owned(),
            held: held.to_owned(),
            balance: balance.to_owned(),
            held_balance: held_balance.to_owned(),
        }
    }

    /// alice has 80.00 available, and holds 20.00 for bob and 3.00 for another payee.
    #[test]
    fn a_partial_capture_is_two_lines() {
        let figures = Figures {
            amount: 1_500,
            held: -2_000,
            balance: 9_500,
            held_balance: 300,
        };
        assert_eq!(
            figures.capture(usd()),
            [
                part("capture", ["0.00", "-5.00", "80.00", "18.00"]),
                part("release", ["15.00", "-15.00", "95.00", "3.00"]),
            ]
        );
    }

    #[test]
    fn a_full_capture_is_one_line() {
        let figures = Figures {
            amount: 0,
            held: -2_000,
            balance: 8_000,
            held_balance: 0,
        };
        assert_eq!(
            figures.capture(usd()),
            [part("capture", ["0.00", "-20.00", "80.00", "0.00"])]
        );
    }

    /// A reservation that was captured in part and then reversed: a hold, and a debit of two parts.
    #[test]
    fn the_account_that_gave_back_is_named_once() {
        let other = Uuid::from_u128(7);
        let line = |kind: &str, parts: Vec<Part>| Line {
            time: Timestamp::UNIX_EPOCH,
            shard: 0,
            sequence: 1,
            transfer: Uuid::from_u128(1),
            trace: String::new(),
            kind: kind.to_owned(),
            counterparty: "bob".to_owned(),
            contra: "@in-transit".to_owned(),
            amount: "15.00".to_owned(),
            held: "-20.00".to_owned(),
            balance: "95.00".to_owned(),
            held_balance: "3.00".to_owned(),
            currency: "USD".to_owned(),
            memo: None,
            reverses: None,
            reversed_by: vec![other],
            parts,
        };
        let figures = ["0.00", "-5.00", "80.00", "18.00"];
        let parts = ["capture", "release"].map(|kind| part(kind, figures)).to_vec();
        let mentions = |line: Line| -> Vec<usize> {
            let parts = line.drawn();
            parts.iter().map(|part| line.links(part).len()).collect()
        };
        assert_eq!(mentions(line("hold", Vec::new())), [0]);
        assert_eq!(mentions(line("debit", parts)), [1, 0]);
        assert_eq!(mentions(line("credit", Vec::new())), [1]);
        assert_eq!(mentions(line("reversal", Vec::new())), [0]);
        let reversal = Line {
            reverses: Some(other),
            ..line("debit", Vec::new())
        };
        let links = reversal.links(&reversal.drawn()[0]);
        assert_eq!(links, [Link::GivesBack(other), Link::GivenBackBy(other)]);
    }

    #[test]
    fn a_change_has_its_sign() {
        let shown = ["15.00", "-5.00", "0.00", "0", "7"].map(change);
        let expected = [Some("+15.00"), Some("-5.00"), None, None, Some("+7")];
        assert_eq!(shown, expected.map(|text| text.map(str::to_owned)));
    }
}
