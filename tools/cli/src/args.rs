//! The whole command line, as data. Nothing is executed here.
//!
//! Names and words are parsed with the contract's own types, so an invalid one is reported in the contract's own words before
//! anything is connected. Values that depend on two arguments (an amount on its currency) are checked by the command.

#![expect(
    clippy::doc_markdown,
    reason = "clap shows these comments as they are, and a terminal shows no Markdown"
)]

mod bench;
mod blank;
mod parked;
mod reading;
mod repair;
mod two_phase;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;
use wallet_client::api;
use wallet_client::api::ApiToken;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;

use crate::help;
pub use bench::Bench;
pub use parked::{Parked, ParkedAction, ParkedId};
pub use reading::{Balance, Export, Statement, Trace, TraceCommand, Transfers, Watch};
pub use repair::{Backup, Heal, Others, Rebuild, Restore};
pub use two_phase::{Cancel, Confirm, Phases, Reserve, Reverse};
use values::{duration, name, request_id};

/// The ledger's address in a local stack.
pub const DEFAULT_API: &str = "http://127.0.0.1:8080";

/// Moves money between accounts, and shows what happened to it.
#[derive(Debug, Parser)]
#[command(name = "wallet", version, after_help = help::WALLET, arg_required_else_help = true)]
pub struct Cli {
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Parses the command line, or returns what is wrong with it.
    pub fn read() -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        if let Some(error) = blank::find(&mut command, &matches) {
            return Err(error);
        }
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The options that all commands share.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Address and login for NATS.
    #[command(flatten)]
    pub nats: wallet_nats::Settings,
    /// The ledger's HTTP address.
    #[arg(long, global = true, env = "WALLET_API_URL", hide_env_values = true, value_name = "URL", default_value = DEFAULT_API)]
    pub api: String,
    /// The token for the services' HTTP (their WALLET_HTTP_TOKEN), if they require one.
    #[arg(
        long,
        global = true,
        env = "WALLET_API_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub api_token: Option<ApiToken>,
    /// Write JSON for programs, one document per line, instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// A client for the given ledger.
    pub fn ledger(&self) -> Result<api::Api> {
        Ok(api::Api::new(&self.api)?.with_token(self.api_token.as_ref())?)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a local stack: NATS and the three services, without containers.
    Up(Up),
    /// Show what the wallet can do, on a temporary stack: named scenarios, each drawn step by step.
    Demo(Demo),
    /// Open an account, or a further currency of it.
    Open(Open),
    /// Pay money in from outside (a transfer from @world).
    Deposit(Movement),
    /// Pay money out (a transfer to @world).
    Withdraw(Movement),
    /// Pay from one account to another, or run a whole file of payments.
    Transfer(Transfer),
    /// Reserve money for a payee, to be confirmed or cancelled later.
    Reserve(Reserve),
    /// Confirm a reservation: pay all of it, or a part and release the rest.
    Confirm(Confirm),
    /// Cancel a reservation and release its money.
    Cancel(Cancel),
    /// Reverse a transfer: return what was received by it, or a part of that.
    Reverse(Reverse),
    /// Stop an account from paying and receiving.
    Freeze(StatusChange),
    /// Let a frozen account pay and receive again.
    Unfreeze(StatusChange),
    /// Close an account permanently; its balance must be zero.
    Close(StatusChange),
    /// Show an account's balances, now or at a given time; without an account, those of all accounts.
    Balance(Balance),
    /// Show an account's bookings, oldest first.
    Statement(Statement),
    /// List transfers and operators' requests, newest first; with --status stuck, oldest first.
    Transfers(Transfers),
    /// Draw a transfer's flow: which service did what when, and where the time went.
    Trace(Trace),
    /// Show a transfer's phase, as debit-svc on the payer's side sees it, and the messages received so far.
    Phases(Phases),
    /// Follow transfers and operators' requests as they end, until Ctrl-C.
    Watch(Watch),
    /// Audit the running wallet: money is conserved, nothing is lost; exit 1 if something is broken, 4 if something has not ended.
    Verify(Verify),
    /// Check the NATS server, the streams and the services, and report problems.
    Doctor(Doctor),
    /// List parked messages, which no service could handle; retry, edit or discard them.
    Parked(Parked),
    /// Restore messages that NATS has lost, from what the services have stored.
    Heal(Heal),
    /// Back up the streams while the wallet runs: everything else is what they add up to.
    Backup(Backup),
    /// Restore the streams of a backup, into an empty NATS server or a new folder.
    Restore(Restore),
    /// Rebuild a service's databases from the log alone, beside the running service, and compare every row.
    Rebuild(Rebuild),
    /// Measure transfers per second on a separate stack.
    Bench(Bench),
    /// Write a completion script for a shell.
    Completions(Completions),
}

/// `wallet up`
#[derive(Args, Debug)]
#[command(after_help = help::UP)]
pub struct Up {
    /// The folder of streams and databases [default: ./data].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The number of shards; fixed once a stack has been started [default: as DIR records, or 1, the fastest on one machine].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub shards: Option<u16>,
    /// A PostgreSQL server, as postgres://user@host/; each service gets a database there [default: as DIR records, or SQLite in
    /// DIR].
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// The address of the ledger's HTTP.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub http: SocketAddr,
}

/// `wallet demo`
#[derive(Args, Debug)]
#[command(after_help = help::DEMO)]
pub struct Demo {
    /// Leave the stack running afterwards, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// A PostgreSQL server, as postgres://user@host/; `postgres` alone starts a throwaway one [default: SQLite].
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

/// `wallet verify`
#[derive(Args, Debug)]
#[command(after_help = help::VERIFY)]
pub struct Verify {
    /// How long to wait for transfers in progress to end.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub wait: Duration,
}

/// `wallet doctor`
#[derive(Args, Debug)]
#[command(after_help = help::DOCTOR)]
pub struct Doctor {
    /// The NATS server's monitoring address, for settings that are visible only there (such as sync_interval).
    #[arg(long, value_name = "URL")]
    pub monitor: Option<String>,
    /// Exit with 2 if there are warnings, though nothing is broken.
    #[arg(long)]
    pub strict: bool,
}

/// `wallet open`
#[derive(Args, Debug)]
#[command(after_help = help::OPEN)]
pub struct Open {
    /// The account's name; a leading '@' makes it an operator's own.
    pub account: AccountId,
    /// The currency, an ISO 4217 code.
    #[arg(long, value_name = "CODE")]
    pub currency: Currency,
    /// How far below zero the balance may go: an amount, such as 50.00, or "unlimited" [default: not at all].
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub overdraft: Option<String>,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet deposit`, `wallet withdraw`
#[derive(Args, Debug)]
#[command(after_help = help::MOVEMENT)]
pub struct Movement {
    /// The account.
    pub account: AccountId,
    /// The amount, such as 12.50; missing zeros are added, nothing is rounded.
    #[arg(allow_negative_numbers = true)]
    pub amount: String,
    /// The currency, an ISO 4217 code.
    pub currency: Currency,
    /// A text for the statement.
    #[arg(long, value_name = "TEXT")]
    pub memo: Option<String>,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet transfer`
#[derive(Args, Debug)]
#[command(after_help = help::TRANSFER, override_usage = help::TRANSFER_USAGE)]
pub struct Transfer {
    /// The payer.
    #[arg(long, value_name = "ACCOUNT", required_unless_present = "file")]
    pub from: Option<AccountId>,
    /// The payee.
    #[arg(long, value_name = "ACCOUNT", required_unless_present = "file")]
    pub to: Option<AccountId>,
    /// The amount, such as 12.50; missing zeros are added, nothing is rounded.
    #[arg(
        long,
        value_name = "AMOUNT",
        required_unless_present = "file",
        allow_negative_numbers = true
    )]
    pub amount: Option<String>,
    /// The currency, an ISO 4217 code.
    #[arg(long, value_name = "CODE", required_unless_present = "file")]
    pub currency: Option<Currency>,
    /// A text for the statement.
    #[arg(long, value_name = "TEXT")]
    pub memo: Option<String>,
    /// A .csv or .jsonl file of transfers; see below.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "to", "amount", "currency", "memo", "id", "no_wait"])]
    pub file: Option<PathBuf>,
    /// How many transfers of the file may be in progress at once.
    #[arg(long, default_value_t = 256, value_name = "N", requires = "file",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub in_flight: u16,
    /// A name for the file's payments, such as 2026-07: under a new name, rows without an id are new payments.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = name,
        requires = "file"
    )]
    pub batch: Option<String>,
    /// Skip rows without an id that another file has already sent, and send the others.
    #[arg(long, requires = "file")]
    pub skip_paid: bool,
    /// Send only the rows that ended refused or compensated, each as a new attempt.
    #[arg(long, requires = "file", conflicts_with = "skip_paid")]
    pub retry_refused: bool,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet freeze`, `wallet unfreeze`, `wallet close`
#[derive(Args, Debug)]
#[command(after_help = help::STATUS_CHANGE)]
pub struct StatusChange {
    /// The account.
    pub account: AccountId,
    /// Id and waiting.
    #[command(flatten)]
    pub sending: Sending,
}

/// `wallet completions`
#[derive(Args, Debug)]
#[command(after_help = help::COMPLETIONS)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

#[cfg(test)]
mod tests;

/// The id of a request, and whether to wait for its outcome.
#[derive(Args, Clone, Debug)]
pub struct Sending {
    /// The request's id; sending the same request with the same id again changes nothing [default: a new one].
    #[arg(long, value_name = "UUID", value_parser = request_id)]
    pub id: Option<TransferId>,
    /// Waiting.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Whether to wait for the outcome of a request, and how long.
#[derive(Args, Clone, Debug)]
pub struct Waiting {
    /// Don't wait for the outcome; only make sure that the request is in the log.
    #[arg(long)]
    pub no_wait: bool,
    /// How long to wait for the outcome, such as 30s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
}
