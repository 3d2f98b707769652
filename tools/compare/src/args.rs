//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

use crate::kind::Kind;

/// Runs what the wallet could be replaced by, and measures all of them with the same load and the same accidents.
#[derive(Debug, Parser)]
#[command(name = "wallet-compare", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub common: Common,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
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
    /// Where the wallet's services are [default: beside this program].
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
    /// The systems that were asked for, in the order in which they are shown.
    pub fn systems(&self) -> Vec<Kind> {
        let asked = |kind: &Kind| self.only.is_empty() || self.only.contains(kind);
        Kind::ALL.into_iter().filter(asked).collect()
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// How many payments a second, and what each of them costs.
    Speed(Speed),
    /// What becomes of the money when something breaks, who waits, and what has to be done.
    Accidents(Accidents),
    /// Makes one payment and stands still at a point: started by this program, to be killed.
    #[command(hide = true)]
    Pay(Pay),
}

/// `wallet-compare speed`
#[derive(Args, Clone, Debug)]
pub struct Speed {
    /// How many callers pay at once; each waits for its payment to end before it makes the next.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256], value_name = "N,N",
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub callers: Vec<u32>,
    /// For how long each time.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// How often all systems have their turn.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub rounds: u32,
    /// How many of a hundred payments touch one and the same account.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub hot: u8,
    /// How many payments the wallet is also given in bulk, as `wallet bench` does; 0 leaves that out.
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(..=10_000_000))]
    pub bulk: u64,
    /// What the choice of accounts and amounts begins from.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
}

/// `wallet-compare accidents`
#[derive(Args, Clone, Debug)]
pub struct Accidents {
    /// How long it is watched who waits, in seconds, before anybody does something about it.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub watch: u32,
}

/// `wallet-compare pay`
#[derive(Args, Clone, Debug)]
pub struct Pay {
    /// The system.
    #[arg(long)]
    pub system: Kind,
    /// Where it is, as JSON.
    #[arg(long)]
    pub way: String,
    /// Where to stand still.
    #[arg(long)]
    pub point: String,
    /// The payment's id.
    #[arg(long)]
    pub id: Uuid,
    /// Who pays.
    #[arg(long)]
    pub payer: u32,
    /// Who is paid.
    #[arg(long)]
    pub payee: u32,
    /// How much.
    #[arg(long)]
    pub cents: i64,
}
