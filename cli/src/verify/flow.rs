//! What is known of one transfer, and whether it ended as what happened to its money says.

use wallet_contract::event::Failure;
use wallet_contract::money::Currency;

use super::books::AccountNo;

/// A step of a transfer. Each must happen at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// `account.debited`
    Debited = 1,
    /// `debit.refused`
    DebitRefused = 1 << 1,
    /// `account.credited`
    Credited = 1 << 2,
    /// `credit.refused`
    CreditRefused = 1 << 3,
    /// `debit.reversed`
    Reversed = 1 << 4,
    /// `transfer.settled`
    Settled = 1 << 5,
    /// `transfer.failed`, refused
    Refused = 1 << 6,
    /// `transfer.failed`, compensated
    Compensated = 1 << 7,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Debited,
        Self::DebitRefused,
        Self::Credited,
        Self::CreditRefused,
        Self::Reversed,
        Self::Settled,
        Self::Refused,
        Self::Compensated,
    ];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debited => "debited",
            Self::DebitRefused => "debit refused",
            Self::Credited => "credited",
            Self::CreditRefused => "credit refused",
            Self::Reversed => "reversed",
            Self::Settled => "settled",
            Self::Refused => "failed (refused)",
            Self::Compensated => "failed (compensated)",
        }
    }

    /// The step that a failure is.
    pub fn failed(failure: Failure) -> Self {
        match failure {
            Failure::Refused => Self::Refused,
            Failure::Compensated => Self::Compensated,
        }
    }
}

/// What a transfer moves: to whom, how much of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// To whom.
    pub payee: AccountNo,
    /// Of what.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
}

/// One transfer, as its home's log tells it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    steps: u8,
    /// What the debit moved.
    pub moved: Option<Moved>,
    /// What is in transit, minor units.
    pub in_transit: i64,
}

/// How a transfer stands at the end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Debited and credited.
    Settled,
    /// Never debited.
    Refused,
    /// Debited, and given back.
    Compensated,
    /// On its way, and nothing wrong with it so far.
    Running,
    /// None of these.
    Broken,
}

impl Flow {
    /// Takes a step; false if it was taken before.
    pub fn take(&mut self, step: Step) -> bool {
        let first = !self.has(step);
        self.steps |= step as u8;
        first
    }

    /// Whether a step was taken.
    pub fn has(&self, step: Step) -> bool {
        self.steps & step as u8 != 0
    }

    /// How it stands.
    pub fn end(&self) -> End {
        use Step::{Compensated, CreditRefused, Credited, DebitRefused, Debited, Refused, Reversed, Settled};
        let paths: [(&[Step], End); 3] = [
            (&[Debited, Credited, Settled], End::Settled),
            (&[DebitRefused, Refused], End::Refused),
            (&[Debited, CreditRefused, Reversed, Compensated], End::Compensated),
        ];
        for (path, end) in paths {
            let mut walked = 0;
            for step in path {
                if self.steps == walked {
                    return End::Running;
                }
                walked |= *step as u8;
            }
            if self.steps == walked {
                return end;
            }
        }
        End::Broken
    }

    /// The steps that were taken, in words.
    pub fn told(&self) -> String {
        let words: Vec<&str> = Step::ALL
            .into_iter()
            .filter(|step| self.has(*step))
            .map(Step::word)
            .collect();
        if words.is_empty() {
            "nothing decided".to_owned()
        } else {
            words.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{
        Compensated, CreditRefused, Credited, DebitRefused, Debited, Refused, Reversed, Settled,
    };
    use super::*;

    #[test]
    fn a_transfer_ends_in_one_of_three_ways() {
        let check = |steps: &[Step], end: End| {
            let mut flow = Flow::default();
            for step in steps {
                assert!(flow.take(*step));
            }
            assert_eq!(flow.end(), end, "{}", flow.told());
        };
        check(&[], End::Running);
        check(&[Debited], End::Running);
        check(&[Debited, Credited], End::Running);
        check(&[Debited, Credited, Settled], End::Settled);
        check(&[DebitRefused], End::Running);
        check(&[DebitRefused, Refused], End::Refused);
        check(&[Debited, CreditRefused], End::Running);
        check(&[Debited, CreditRefused, Reversed, Compensated], End::Compensated);
        check(&[Debited, Settled], End::Broken);
        check(&[Credited], End::Broken);
        check(&[Debited, Credited, Reversed], End::Broken);
        check(&[Debited, Credited, Settled, Compensated], End::Broken);
        check(&[DebitRefused, Compensated], End::Broken);
    }
}
