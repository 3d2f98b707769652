//! The three services.

use std::fmt;

/// One of the three services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Decides what an account may spend.
    Debit,
    /// Decides what an account may receive.
    Credit,
    /// Keeps the books.
    Ledger,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 3] = [Self::Debit, Self::Credit, Self::Ledger];

    /// The subject token.
    pub fn token(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Ledger => "ledger",
        }
    }

    /// The name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debit => "debit-svc",
            Self::Credit => "credit-svc",
            Self::Ledger => "ledger-svc",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
