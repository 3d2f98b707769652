//! The arguments of `wallet bench`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wallet_client::Sharing;
use wallet_load::bench::{Mode, Options};

use crate::help;

/// `wallet bench`
#[derive(Args, Debug)]
#[command(after_help = help::BENCH)]
pub struct Bench {
    /// The number of transfers, in bulk.
    #[arg(long, default_value_t = Options::DEFAULT.transfers, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub transfers: u64,
    /// The number of accounts.
    #[arg(long, default_value_t = Options::DEFAULT.accounts, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub accounts: u32,
    /// The kind of transfers: plain ones, or reservations that are confirmed, each counted as one.
    #[arg(long, default_value = Options::DEFAULT.mode.word(), value_name = "MODE", value_parser = mode())]
    pub mode: Mode,
    /// The percentage of transfers that touch one hot account.
    #[arg(long, default_value_t = Options::DEFAULT.hot_percent, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub hot_percent: u8,
    /// The number of requests per message.
    #[arg(long, default_value_t = Options::DEFAULT.batch, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Send this many single requests a second instead, and measure from publish to outcome.
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Use this many independent callers instead, each sending a request and waiting for its outcome before the next.
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub callers: Option<u32>,
    /// Let the callers share messages, like those in one program that has the permission to publish in bulk.
    #[arg(long, requires = "callers")]
    pub shared: bool,
    /// The duration in seconds, with --rate or --callers.
    #[arg(long, default_value_t = Options::DEFAULT.seconds, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// A PostgreSQL server, as postgres://user@host/; `postgres` alone starts a throwaway one [default: SQLite].
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The number of shards.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub shards: u16,
    /// The seed for the choice of accounts and amounts; the same seed gives the same transfers.
    #[arg(long, default_value_t = Options::DEFAULT.seed, value_name = "N")]
    pub seed: u64,
    /// The folder of the stack's streams and databases [default: a temporary folder, removed afterwards].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Then rebuild every service's databases from the log alone, compare every row, and report the rate.
    #[arg(long)]
    pub rebuild: bool,
    /// Leave the stack running until Ctrl-C, to inspect the result.
    #[arg(long)]
    pub keep: bool,
}

impl Bench {
    /// The options of the load.
    pub fn load(&self) -> Options {
        Options {
            transfers: self.transfers,
            accounts: self.accounts,
            mode: self.mode,
            hot_percent: self.hot_percent,
            batch: self.batch,
            rate: self.rate,
            callers: self.callers,
            sharing: if self.shared {
                Sharing::Shard
            } else {
                Sharing::Nothing
            },
            seconds: self.seconds,
            seed: self.seed,
        }
    }
}

/// Parses the kind of transfers.
fn mode() -> impl TypedValueParser<Value = Mode> {
    let value = |mode: Mode| {
        PossibleValue::new(mode.word()).help(match mode {
            Mode::Transfer => "Transfers of one phase",
            Mode::Reserve => "Transfers of two phases: reserve and confirm",
        })
    };
    PossibleValuesParser::new([Mode::Transfer, Mode::Reserve].map(value)).map(|word| {
        if word == Mode::Reserve.word() {
            Mode::Reserve
        } else {
            Mode::Transfer
        }
    })
}
