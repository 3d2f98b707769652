//! The phases of a transfer, and debit-svc's decision on each signal in each phase: a table, as data.
//!
//! Any input may arrive late, early, twice or never. Every combination has a cell, so every order of events is covered.
//! ARCHITECTURE.md contains the same table, generated from this one.

use wallet_contract::event::{Fact, Failure, MovementFact, RequestFact};
use wallet_contract::reason::Reason;
use wallet_contract::subject::Verb;

/// How far a transfer has progressed, as known on the payer's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Refused. Its id can't be used again.
    Refused,
    /// Paid in one phase, and in transit.
    Debited,
    /// Received by the payee.
    Credited,
    /// Refused by the payee's side; the payer has the money back.
    Reversed,
    /// Held; the payee's side has not answered yet.
    Reserved,
    /// Held, and confirmed before the payee's side answered.
    Confirming,
    /// Held, and promised to the payee.
    Promised,
    /// Confirmed, and in transit.
    Confirmed,
    /// Confirmed, and received by the payee.
    Completed,
    /// Released by a cancel, or cancelled before it was reserved.
    Cancelled,
    /// Released because it was not confirmed in time.
    Expired,
    /// Released because the payee's side refused it.
    Declined,
}

crate::words!(Phase "phase" {
    Refused = "refused",
    Debited = "debited",
    Credited = "credited",
    Reversed = "reversed",
    Reserved = "reserved",
    Confirming = "confirming",
    Promised = "promised",
    Confirmed = "confirmed",
    Completed = "completed",
    Cancelled = "cancelled",
    Expired = "expired",
    Declined = "declined",
});

/// An input about a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// The payer requests a transfer.
    Transfer,
    /// The payer requests a reservation.
    Reserve,
    /// credit-svc grants a reversal.
    Granted,
    /// credit-svc denies a reversal.
    Denied,
    /// The payer confirms.
    Confirm,
    /// The payer cancels.
    Cancel,
    /// The payee's side promises to credit it.
    Promised,
    /// The payee's side refuses to credit it.
    CreditRefused,
    /// The payee has been credited.
    Credited,
    /// The reservation's deadline has passed.
    Due,
}

impl Signal {
    /// All signals, in the order of the table's columns.
    pub const ALL: [Self; 10] = [
        Self::Transfer,
        Self::Reserve,
        Self::Granted,
        Self::Denied,
        Self::Confirm,
        Self::Cancel,
        Self::Promised,
        Self::CreditRefused,
        Self::Credited,
        Self::Due,
    ];

    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Reserve => "reserve",
            Self::Granted => "reversal granted",
            Self::Denied => "reversal denied",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
            Self::Promised => "credit promised",
            Self::CreditRefused => "credit refused",
            Self::Credited => "credited",
            Self::Due => "due",
        }
    }

    /// The signal that a request represents; `None` if debit-svc does not decide on it.
    pub fn of_verb(verb: Verb) -> Option<Self> {
        match verb {
            Verb::Transfer => Some(Self::Transfer),
            Verb::Reserve => Some(Self::Reserve),
            Verb::Confirm => Some(Self::Confirm),
            Verb::Cancel => Some(Self::Cancel),
            Verb::Reverse | Verb::Open | Verb::Freeze | Verb::Unfreeze | Verb::Close => None,
        }
    }

    /// The signal that another service's event represents; `None` if the phase does not depend on it.
    pub fn of_fact(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Movement(_, fact) => Self::of_movement(fact),
            Fact::Request(_, fact) => match fact {
                RequestFact::ReversalDenied(..) => Some(Self::Denied),
                RequestFact::DebitRefused(..)
                | RequestFact::ReservationBarred
                | RequestFact::TransferFailed(..)
                | RequestFact::RequestRefused(..)
                | RequestFact::RequestRecalled(..) => None,
            },
            Fact::Account(..) | Fact::Message(_) => None,
        }
    }

    fn of_movement(fact: &MovementFact) -> Option<Self> {
        match fact {
            MovementFact::ReversalGranted => Some(Self::Granted),
            MovementFact::CreditPromised(_) => Some(Self::Promised),
            MovementFact::CreditRefused(_) => Some(Self::CreditRefused),
            MovementFact::AccountCredited => Some(Self::Credited),
            MovementFact::AccountDebited
            | MovementFact::DebitReversed(_)
            | MovementFact::FundsReserved(_)
            | MovementFact::ConfirmationDeferred
            | MovementFact::ReservationReleased(..)
            | MovementFact::TransferSettled => None,
        }
    }
}

/// The decision on a signal in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `account.debited`, or `debit.refused` if the account may not pay.
    Pay,
    /// `funds.reserved`, or `debit.refused` if the account may not pay.
    Hold,
    /// `debit.refused`: the request can't succeed, and its id can't be used again.
    Burn,
    /// `reservation.barred`: cancelled before it was reserved.
    Bar,
    /// `request.refused`: the id was used before.
    Reused,
    /// `request.refused`, with this reason.
    TooLate(Reason),
    /// `confirmation.deferred`, or `request.refused` if it is for more than the held amount.
    Defer,
    /// `account.debited` from the held amount, or `request.refused` if it is for more.
    Capture,
    /// The promise is recorded; with `auto_confirm`, `account.debited`.
    Promise,
    /// `reservation.released`.
    Release(Failure),
    /// `debit.reversed`.
    GiveBack,
    /// The credit is recorded; the transfer is complete on this side.
    Complete,
    /// Nothing: the signal is too late to change anything.
    Ignore,
    /// Nothing: no service ever emits this signal in this phase.
    Never,
}

use Rule::{
    Bar, Burn, Capture, Complete, Defer, GiveBack, Hold, Ignore, Never, Pay, Promise, Release, Reused,
    TooLate,
};

const CANCEL: Rule = Release(Failure::Cancelled);
const EXPIRE: Rule = Release(Failure::Expired);
const DECLINE: Rule = Release(Failure::Refused);
const NONE: Rule = TooLate(Reason::NoReservation);
const CONFIRMED: Rule = TooLate(Reason::AlreadyConfirmed);
const CANCELLED: Rule = TooLate(Reason::Cancelled);
const EXPIRED: Rule = TooLate(Reason::Expired);
const DECLINED: Rule = TooLate(Reason::Declined);

/// A row of the table: the phase (`None` for an unknown transfer), and a rule for each of [`Signal::ALL`].
pub type Row = (Option<Phase>, [Rule; Signal::ALL.len()]);

/// The table.
#[rustfmt::skip]
pub const TABLE: [Row; Phase::ALL.len() + 1] = [
    //                        transfer reserve granted denied confirm    cancel     promised refused   credited  due
    (None,                    [Pay,    Hold,   Pay,    Burn,   Burn,      Bar,       Never,   Never,    Never,    Never ]),
    (Some(Phase::Refused),    [Reused, Reused, Reused, Reused, NONE,      NONE,      Never,   Never,    Never,    Never ]),
    (Some(Phase::Debited),    [Reused, Reused, Reused, Reused, NONE,      NONE,      Never,   GiveBack, Complete, Never ]),
    (Some(Phase::Credited),   [Reused, Reused, Reused, Reused, NONE,      NONE,      Never,   Never,    Never,    Never ]),
    (Some(Phase::Reversed),   [Reused, Reused, Reused, Reused, NONE,      NONE,      Never,   Never,    Never,    Never ]),
    (Some(Phase::Reserved),   [Reused, Reused, Reused, Reused, Defer,     CANCEL,    Promise, DECLINE,  Never,    EXPIRE]),
    (Some(Phase::Confirming), [Reused, Reused, Reused, Reused, CONFIRMED, CONFIRMED, Capture, DECLINE,  Never,    Ignore]),
    (Some(Phase::Promised),   [Reused, Reused, Reused, Reused, Capture,   CANCEL,    Never,   Never,    Never,    EXPIRE]),
    (Some(Phase::Confirmed),  [Reused, Reused, Reused, Reused, CONFIRMED, CONFIRMED, Never,   GiveBack, Complete, Ignore]),
    (Some(Phase::Completed),  [Reused, Reused, Reused, Reused, CONFIRMED, CONFIRMED, Never,   Never,    Never,    Ignore]),
    (Some(Phase::Cancelled),  [Reused, Reused, Reused, Reused, CANCELLED, CANCELLED, Ignore,  Ignore,   Never,    Ignore]),
    (Some(Phase::Expired),    [Reused, Reused, Reused, Reused, EXPIRED,   EXPIRED,   Ignore,  Ignore,   Never,    Ignore]),
    (Some(Phase::Declined),   [Reused, Reused, Reused, Reused, DECLINED,  DECLINED,  Never,   Never,    Never,    Ignore]),
];

/// The rule in one cell.
pub fn rule(phase: Option<Phase>, signal: Signal) -> Rule {
    TABLE[phase.map_or(0, |phase| (phase as usize).saturating_add(1))].1[signal as usize]
}

/// The table in Markdown.
pub fn markdown() -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let header = std::iter::once("phase").chain(Signal::ALL.map(Signal::word));
    let header: Vec<String> = header.map(str::to_owned).collect();
    let ruler = line(vec!["---".to_owned(); header.len()]);
    let mut text = line(header);
    text.push_str(&ruler);
    for (phase, rules) in TABLE {
        let name = phase.map_or("*(unknown)*".to_owned(), |phase| format!("**{}**", phase.word()));
        text.push_str(&line(std::iter::once(name).chain(rules.map(words)).collect()));
    }
    text
}

/// A description of a rule, with codes in backquotes.
pub fn words(rule: Rule) -> String {
    let words = match rule {
        Pay => "debit, or refuse",
        Hold => "hold, or refuse",
        Burn => "refuse; the id is used up",
        Bar => "bar: a later reserve is refused",
        Reused => "refuse: `id_reused`",
        TooLate(reason) => return format!("refuse: `{reason}`"),
        Defer => "defer until promised",
        Capture => "debit the confirmed amount, release the rest",
        Promise => "record; debit if `auto_confirm`",
        Release(failure) => return format!("release: {}", failure.word()),
        GiveBack => "give back",
        Complete => "complete",
        Ignore => "too late: ignored",
        Never => "–",
    };
    words.to_owned()
}
