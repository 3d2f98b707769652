//! How a list of flows is narrowed.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::Status;

/// How the flows that are asked for stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Like this.
    Is(Status),
    /// Running, and not heard of for too long.
    Stuck,
    /// With a message that was set aside.
    Parked,
}

impl StatusFilter {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is(status) => status.word(),
            Self::Stuck => "stuck",
            Self::Parked => "parked",
        }
    }
}

impl ValueEnum for StatusFilter {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Is(Status::Running),
            Self::Stuck,
            Self::Parked,
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
            Self::Is(status) => Some(PossibleValue::new(status.word()).help(meaning(*status))),
            Self::Stuck => {
                Some(PossibleValue::new(self.word()).help("Running, and not heard of for too long"))
            }
            Self::Parked => Some(
                PossibleValue::new(self.word())
                    .help("With a message that was set aside: see `wallet parked`"),
            ),
        }
    }
}

fn meaning(status: Status) -> &'static str {
    match status {
        Status::Running => "Not at its end yet",
        Status::Reserved => "Reserved and promised; it waits to be confirmed",
        Status::Settled => "The money has arrived",
        Status::Refused => "Nothing has moved",
        Status::Compensated => "It was debited, could not be credited and was given back",
        Status::Cancelled => "Cancelled by its payer",
        Status::Expired => "Not confirmed in time",
        Status::Done => "An operator's request that was carried out",
    }
}
