//! `wallet parked`: parked messages, and their resolution.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;

use super::values::duration;
use crate::help;

/// `wallet parked`
#[derive(Args, Debug)]
#[command(after_help = help::PARKED, args_conflicts_with_subcommands = true)]
pub struct Parked {
    /// The action [default: list].
    #[command(subcommand)]
    pub action: Option<ParkedAction>,
    /// Also list those that have been resolved.
    #[arg(long)]
    pub all: bool,
    /// How long to wait for the service, such as 5s. An instruction recorded by then is still carried out later.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, global = true)]
    pub timeout: Duration,
}

/// The actions on parked messages.
#[derive(Debug, Subcommand)]
pub enum ParkedAction {
    /// Show one message with its text, as it is in the log.
    Show {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
    },
    /// Handle a message again, and then those that wait for it. An unreadable request is handled unchanged, if it has become
    /// readable.
    #[command(group = ArgGroup::new("which").args(["id", "all"]).required(true))]
    Retry {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: Option<ParkedId>,
        /// Retry all that belong to transfers or have become readable.
        #[arg(long)]
        all: bool,
    },
    /// Replace the text of a request and handle it, once; the first instruction counts. Events can't be edited.
    Edit {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
        /// The new text, JSON. A request without an id gets one that is derived from its position in the log.
        #[arg(long, value_name = "JSON")]
        body: String,
    },
    /// Drop a message permanently, with a reason. Messages that wait for it are handled, if they can be.
    Discard {
        /// Its id in the list of `wallet parked`, such as debit/0/17/2.
        id: ParkedId,
        /// The reason, which is recorded.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// The id of a parked message: the service that parked it, and its position in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkedId {
    /// The service that parked it.
    pub service: Service,
    /// The shard whose log holds it.
    pub shard: Shard,
    /// The message's sequence.
    pub sequence: u64,
    /// The index of the element; none for a whole message.
    pub index: Option<u32>,
}

impl ParkedId {
    /// Its position in the log.
    pub fn place(self) -> LogPlace {
        let (sequence, element) = (self.sequence, self.index);
        LogPlace { sequence, element }
    }

    /// The id of an instruction about it, should its service park that too.
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
        read().ok_or_else(|| "use an id that `wallet parked` lists, such as debit/0/17/2".to_owned())
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
    fn an_id_parses_back_to_itself() {
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
