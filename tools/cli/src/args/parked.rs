//! `wallet parked`: what was set aside, and what is to become of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;

use super::values::duration;
use crate::help;

/// `wallet parked`
#[derive(Args, Debug)]
#[command(after_help = help::PARKED, args_conflicts_with_subcommands = true)]
pub struct Parked {
    /// What is to be done [default: list].
    #[command(subcommand)]
    pub action: Option<ParkedAction>,
    /// Also those that have been dealt with.
    #[arg(long)]
    pub all: bool,
    /// How long to wait for the service, such as 5s. It carries out later what is recorded by then.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, global = true)]
    pub timeout: Duration,
}

/// What is to become of what was set aside.
#[derive(Debug, Subcommand)]
pub enum ParkedAction {
    /// Show one message with its text, as it stands in the log.
    Show {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
    },
    /// Have a message handled after all, and then what waits for it. An unreadable request is handled as it stands, if it can be read by now.
    #[command(group = ArgGroup::new("which").args(["id", "all"]).required(true))]
    Retry {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: Option<ParkedId>,
        /// Retry all that belong to transfers or are readable by now.
        #[arg(long)]
        all: bool,
    },
    /// Have a request handled with another text, once, whoever says so first. Events can't be edited.
    Edit {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
        /// The new text, JSON. A request without an id gets one that is derived from its place in the log.
        #[arg(long, value_name = "JSON")]
        body: String,
    },
    /// Drop a message for good, for a reason. What waits for it is handled, if it can be.
    Discard {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
        /// Why; it is recorded.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What something that was set aside is called: who did it, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkedId {
    /// Who set it aside.
    pub service: Service,
    /// In which shard's log it stands.
    pub shard: Shard,
    /// The message's sequence.
    pub sequence: u64,
    /// Which element of it, or the whole.
    pub index: Option<u32>,
}

impl ParkedId {
    /// What an instruction about it is called, if its service can't follow it.
    #[must_use]
    pub fn instructed_at(self, sequence: u64) -> Self {
        Self {
            sequence,
            index: None,
            ..self
        }
    }
}

impl FromStr for ParkedId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        let mut read = || {
            let name = parts.next()?;
            let service = Service::ALL.into_iter().find(|service| service.token() == name)?;
            let shard = Shard(parts.next()?.parse().ok()?);
            let sequence = parts.next()?.parse().ok()?;
            let index = parts.next().map(str::parse).transpose().ok()?;
            let id = Self {
                service,
                shard,
                sequence,
                index,
            };
            parts.next().is_none().then_some(id)
        };
        read().ok_or_else(|| "use the name that `wallet parked` lists, such as debit/0/17/2".to_owned())
    }
}

impl fmt::Display for ParkedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.service.token(), self.shard, self.sequence)?;
        self.index.map_or(Ok(()), |index| write!(f, "/{index}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in ["debit/0/17/2", "credit/1/9", "ledger/12/18446744073709551615/0"] {
            assert_eq!(
                text.parse::<ParkedId>().map(|id| id.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "",
            "debit/0",
            "debit/0/x",
            "nobody/0/1",
            "debit/0/1/2/3",
            "debit/0/1/-1",
        ] {
            assert!(
                text.parse::<ParkedId>()
                    .is_err_and(|error| error.contains("wallet parked")),
                "{text}"
            );
        }
    }
}
