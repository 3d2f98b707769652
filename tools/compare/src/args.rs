//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

use crate::kind::Kind;

/// Runs alternatives to the wallet, and measures all of them under the same load and the same accidents.
#[derive(Debug, Parser)]
#[command(name = "wallet-compare", version, disable_help_subcommand = true)]
pub struct Cli {
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The options that all commands share.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Write JSON for programs instead of tables for people.
    #[arg(long, global = true)]
    pub json: bool,
    /// Only these systems, such as wallet,tcc-by-hand.
    #[arg(long, global = true, value_delimiter = ',', value_name = "SYSTEMS")]
    pub only: Vec<Kind>,
    /// Draw charts as SVG into this folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub charts: Option<PathBuf>,
    /// The number of the wallet's shards; the default is that of `wallet up` and `wallet bench`.
    #[arg(long, global = true, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub shards: u16,
    /// The folder of the wallet's services [default: the folder of this program].
    #[arg(
        long,
        global = true,
        env = "WALLET_PROGRAMS",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub programs: Option<PathBuf>,
}

impl Common {
    /// The selected systems, in display order.
    pub fn systems(&self) -> Vec<Kind> {
        let is_selected = |kind: &Kind| self.only.is_empty() || self.only.contains(kind);
        Kind::ALL.into_iter().filter(is_selected).collect()
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Payments per second, and the cost of each.
    Speed(Speed),
    /// What happens to the money when something breaks, which callers wait, and how to recover.
    Accidents(Accidents),
    /// Makes one payment and halts at a point; started by this program, to be killed.
    #[command(hide = true)]
    Pay(Pay),
}

/// `wallet-compare speed`
#[derive(Args, Clone, Debug)]
pub struct Speed {
    /// The number of concurrent callers; each waits for its payment to end before it makes the next.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256], value_name = "N,N",
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub callers: Vec<u32>,
    /// The duration of each run, in seconds.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// The number of rounds; each measures all systems in turn.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub rounds: u32,
    /// The percentage of payments that touch one hot account.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub hot: u8,
    /// The number of payments that the wallet also gets in bulk, as from `wallet bench`; 0 skips that.
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(..=10_000_000))]
    pub bulk: u64,
    /// The seed for the choice of accounts and amounts.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Let the wallet's callers share messages, as threads of one program may. Callers of the other systems share no statements.
    #[arg(long)]
    pub sharing: bool,
}

/// `wallet-compare accidents`
#[derive(Args, Clone, Debug)]
pub struct Accidents {
    /// How long to observe waiting callers before the recovery, in seconds.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub watch: u32,
}

/// `wallet-compare pay`
#[derive(Args, Clone, Debug)]
pub struct Pay {
    /// The system.
    #[arg(long)]
    pub system: Kind,
    /// Its addresses, as JSON.
    #[arg(long)]
    pub way: String,
    /// The point at which to halt.
    #[arg(long)]
    pub point: String,
    /// The payment's id.
    #[arg(long)]
    pub id: Uuid,
    /// The payer.
    #[arg(long)]
    pub payer: u32,
    /// The payee.
    #[arg(long)]
    pub payee: u32,
    /// The amount.
    #[arg(long)]
    pub cents: i64,
}
