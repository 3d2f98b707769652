//! The state of one transfer, and whether its end matches what happened to its money.

use wallet_contract::event::Failure;
use wallet_contract::money::Currency;

use super::books::AccountNo;

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A step of a transfer. Each must happen at most once.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Step { $($(#[$doc])* $name,)* }

        impl Step {
            const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word for people.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

steps! {
    /// `reversal.granted`
    Granted = "reversal granted",
    /// `reversal.denied`
    Denied = "reversal denied",
    /// `funds.reserved`
    Reserved = "reserved",
    /// `reservation.barred`
    Barred = "barred",
    /// `credit.promised`
    Promised = "promised",
    /// `confirmation.deferred`
    Deferred = "confirmation deferred",
    /// `account.debited`
    Debited = "debited",
    /// `debit.refused`
    DebitRefused = "debit refused",
    /// `account.credited`
    Credited = "credited",
    /// `credit.refused`
    CreditRefused = "credit refused",
    /// `debit.reversed`
    Reversed = "reversed",
    /// `reservation.released`
    Released = "released",
    /// `transfer.settled`
    Settled = "settled",
    /// `transfer.failed`, refused
    Refused = "failed (refused)",
    /// `transfer.failed`, compensated
    Compensated = "failed (compensated)",
    /// `transfer.failed`, cancelled
    Cancelled = "failed (cancelled)",
    /// `transfer.failed`, expired
    Expired = "failed (expired)",
}

impl Step {
    fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The step that corresponds to a failure.
    pub fn failed(failure: Failure) -> Self {
        match failure {
            Failure::Refused => Self::Refused,
            Failure::Compensated => Self::Compensated,
            Failure::Cancelled => Self::Cancelled,
            Failure::Expired => Self::Expired,
        }
    }
}

/// The movement of a transfer: payee, currency and amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The payee.
    pub payee: AccountNo,
    /// The currency.
    pub currency: Currency,
    /// The amount in minor units.
    pub amount: i64,
}

/// One transfer, according to its home's log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    steps: u32,
    /// The reserved movement.
    pub reserved: Option<Moved>,
    /// The debited movement.
    pub moved: Option<Moved>,
    /// The held amount, in minor units.
    pub held: i64,
    /// How much of it other transfers have returned, in minor units.
    pub given_back: i64,
    /// The amount in transit, in minor units.
    pub in_transit: i64,
}

/// The state of a transfer at the end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Debited and credited.
    Settled,
    /// Never debited.
    Refused,
    /// Debited, and returned to the payer.
    Compensated,
    /// Reserved, and cancelled by its payer.
    Cancelled,
    /// Reserved, and expired.
    Expired,
    /// Reserved and promised: waits for its payer, or for its expiry.
    Waiting,
    /// In progress, and correct so far.
    Running,
    /// None of these.
    Broken,
}

impl Flow {
    /// Records a step; false if it was already recorded.
    pub fn take(&mut self, step: Step) -> bool {
        let first = !self.has(step);
        self.steps |= step.bit();
        first
    }

    /// Whether a step is recorded.
    pub fn has(&self, step: Step) -> bool {
        self.steps & step.bit() != 0
    }

    /// Its state.
    pub fn end(&self) -> End {
        use Step::{
            Barred, Cancelled, Compensated, CreditRefused, Credited, DebitRefused, Debited, Deferred, Denied,
            Expired, Granted, Promised, Refused, Released, Reserved, Reversed, Settled,
        };
        // A reversal may be requested under an id that is already used; whatever the answer, the transfer is unaffected.
        let steps = self.steps & !(Granted.bit() | Denied.bit());
        if steps == Reserved.bit() | Promised.bit() {
            return End::Waiting;
        }
        // The required steps in their order, and the optional ones that may come in between or too late to change anything.
        let paths: [(&[Step], &[Step], End); 8] = [
            (&[Debited, Credited, Settled], &[], End::Settled),
            (&[DebitRefused, Refused], &[], End::Refused),
            (
                &[Debited, CreditRefused, Reversed, Compensated],
                &[],
                End::Compensated,
            ),
            (
                &[Reserved, Promised, Debited, Credited, Settled],
                &[Deferred],
                End::Settled,
            ),
            (
                &[Reserved, Released, Cancelled],
                &[Promised, CreditRefused],
                End::Cancelled,
            ),
            (
                &[Reserved, Released, Expired],
                &[Promised, CreditRefused],
                End::Expired,
            ),
            (
                &[Reserved, CreditRefused, Released, Refused],
                &[Deferred],
                End::Refused,
            ),
            (&[Barred, Cancelled], &[], End::Cancelled),
        ];
        for (path, between, end) in paths {
            let optional: u32 = between.iter().map(|step| step.bit()).sum();
            let steps = steps & !optional;
            let mut walked = 0;
            for step in path {
                if steps == walked {
                    return End::Running;
                }
                walked |= step.bit();
            }
            if steps == walked {
                return end;
            }
        }
        End::Broken
    }

    /// The recorded steps, in words.
    pub fn steps(&self) -> String {
        let words: Vec<&str> = Step::ALL
            .iter()
            .copied()
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
        Barred, Cancelled, Compensated, CreditRefused, Credited, DebitRefused, Debited, Deferred, Denied,
        Expired, Granted, Promised, Refused, Released, Reserved, Reversed, Settled,
    };
    use super::*;

    #[test]
    fn only_a_complete_path_of_steps_is_an_end() {
        let check = |steps: &[Step], end: End| {
            let mut flow = Flow::default();
            for step in steps {
                assert!(flow.take(*step));
            }
            assert_eq!(flow.end(), end, "{}", flow.steps());
        };
        check(&[], End::Running);
        check(&[Debited], End::Running);
        check(&[Debited, Credited], End::Running);
        check(&[Debited, Credited, Settled], End::Settled);
        check(&[DebitRefused], End::Running);
        check(&[DebitRefused, Refused], End::Refused);
        check(&[Debited, CreditRefused], End::Running);
        check(&[Debited, CreditRefused, Reversed, Compensated], End::Compensated);
        check(&[Granted], End::Running);
        check(&[Granted, Debited, Credited, Settled], End::Settled);
        check(&[Denied, DebitRefused, Refused], End::Refused);
        check(&[Reserved], End::Running);
        check(&[Reserved, Promised], End::Waiting);
        check(&[Reserved, Deferred, Promised], End::Running);
        check(
            &[Reserved, Deferred, Promised, Debited, Credited, Settled],
            End::Settled,
        );
        check(&[Reserved, Promised, Debited, Credited, Settled], End::Settled);
        check(&[Reserved, Released, Promised, Cancelled], End::Cancelled);
        check(&[Reserved, Promised, Released, Expired], End::Expired);
        check(&[Reserved, CreditRefused, Released, Refused], End::Refused);
        check(&[Barred, Cancelled], End::Cancelled);
        check(&[Granted, Denied], End::Running);
        check(
            &[Debited, Denied, CreditRefused, Reversed, Compensated],
            End::Compensated,
        );
        check(&[Reserved, Granted, Promised], End::Waiting);
        check(&[Denied, Barred, Cancelled], End::Cancelled);
        check(&[Reserved, Debited, Credited, Settled], End::Broken);
        check(&[Reserved, Promised, Debited, Released, Cancelled], End::Broken);
        check(&[Debited, Settled], End::Broken);
        check(&[Credited], End::Broken);
        check(&[Debited, Credited, Reversed], End::Broken);
        check(&[Debited, Credited, Settled, Compensated], End::Broken);
        check(&[DebitRefused, Compensated], End::Broken);
    }
}
