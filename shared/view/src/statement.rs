//! The lines of an account's statement, as the ledger tells them; and what is drawn of one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wallet_contract::money::Currency;

use crate::exact;

/// One booking: one entry, with the balances behind it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Line {
    /// When it was stored in the account's log.
    #[serde(serialize_with = "exact::time")]
    pub time: Timestamp,
    /// The account's shard.
    pub shard: u16,
    /// Where in the log.
    pub sequence: u64,
    /// The transfer that it belongs to.
    pub transfer: Uuid,
    /// The transfer's trace.
    pub trace: String,
    /// `debit`, `credit`, `reversal`, `hold`, `release`.
    pub kind: String,
    /// Who is at the other end.
    pub counterparty: String,
    /// The account that the other half of the booking stands on.
    pub contra: String,
    /// What it changes of what is available, with its sign.
    pub amount: String,
    /// What it changes of what is held, with its sign.
    pub held: String,
    /// What is available after it.
    pub balance: String,
    /// What is held after it.
    pub held_balance: String,
    /// The currency's code.
    pub currency: String,
    /// What the payer wrote.
    pub memo: Option<String>,
    /// The transfer that this one gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<Uuid>,
    /// The transfers that gave this one back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reversed_by: Vec<Uuid>,
    /// What it is made of, if it is the debit of something held: what is captured, and what is released of the rest. Together
    /// they change what it changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A part of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Part {
    /// `capture`, `release`; of a booking that is one line, its kind.
    pub kind: String,
    /// What it changes of what is available, with its sign.
    pub amount: String,
    /// What it changes of what is held, with its sign.
    pub held: String,
    /// What is available after it.
    pub balance: String,
    /// What is held after it.
    pub held_balance: String,
}

impl Line {
    /// What is drawn, a line for each, in the order in which the money moves. Each column's changes add up to the change of the
    /// balance beside it.
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

    /// What this part of it says of transfers that give it back, or that it gives back: that is said once for a transfer, where
    /// money leaves or arrives, and not again where it is held or released.
    pub fn links(&self, part: &Part) -> Vec<Link> {
        if !matches!(part.kind.as_str(), "debit" | "credit" | "capture") {
            return Vec::new();
        }
        let back = self.reverses.iter().map(|id| Link::GivesBack(*id));
        back.chain(self.reversed_by.iter().map(|id| Link::GivenBackBy(*id)))
            .collect()
    }
}

/// How a line is linked with another transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It gives that one back.
    GivesBack(Uuid),
    /// That one gave it back.
    GivenBackBy(Uuid),
}

impl Link {
    /// In words, before the other's id.
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

/// A booking's figures in minor units: what it changes of what is available and held, and what there is after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What it changes of what is available.
    pub amount: i64,
    /// What it changes of what is held.
    pub held: i64,
    /// What is available after it.
    pub balance: i64,
    /// What is held after it.
    pub held_balance: i64,
}

impl Figures {
    /// The parts of the debit of something held. What leaves is taken from what is held; the rest of that is available again.
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

/// A change for people: `+15.00`, `-5.00`; nothing if nothing changes.
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

    /// alice has 80.00, and holds 20.00 for bob and 3.00 for somebody else.
    #[test]
    fn a_capture_of_a_part_is_two_lines() {
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
    fn a_capture_of_all_is_one_line() {
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

    /// Something held, of which a part was captured, and which was given back: a hold, and a debit of two parts.
    #[test]
    fn who_gave_it_back_is_said_once() {
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
        let said = |line: Line| -> Vec<usize> {
            let parts = line.drawn();
            parts.iter().map(|part| line.links(part).len()).collect()
        };
        assert_eq!(said(line("hold", Vec::new())), [0]);
        assert_eq!(said(line("debit", parts)), [1, 0]);
        assert_eq!(said(line("credit", Vec::new())), [1]);
        assert_eq!(said(line("reversal", Vec::new())), [0]);
        let reversal = Line {
            reverses: Some(other),
            ..line("debit", Vec::new())
        };
        let links = reversal.links(&reversal.drawn()[0]);
        assert_eq!(links, [Link::GivesBack(other), Link::GivenBackBy(other)]);
    }

    #[test]
    fn a_change_has_its_sign() {
        let told = ["15.00", "-5.00", "0.00", "0", "7"].map(change);
        let expected = [Some("+15.00"), Some("-5.00"), None, None, Some("+7")];
        assert_eq!(told, expected.map(|text| text.map(str::to_owned)));
    }
}
