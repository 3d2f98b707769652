//! The commands that query the ledger and change nothing.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use jiff::Timestamp;
use wallet_client::api::StatusFilter;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::reason::Reason;
use wallet_view::moment::Moment;

use super::values::{duration, moment, reason, since, status, transfer_id, until};
use crate::help;

/// `wallet balance`
#[derive(Args, Debug)]
#[command(after_help = help::BALANCE)]
pub struct Balance {
    /// The account [default: all of them].
    pub account: Option<AccountId>,
    /// The time: such as 2026-01-31T12:00:00Z, a day, or "10m ago"; the end of the period that it denotes [default: now].
    #[arg(long, value_name = "TIME", requires = "account", value_parser = moment)]
    pub at: Option<Moment>,
}

/// `wallet statement`
#[derive(Args, Debug)]
#[command(after_help = help::STATEMENT)]
pub struct Statement {
    /// The account.
    pub account: AccountId,
    /// Only bookings in this currency.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<Currency>,
    /// Only this many of the newest bookings; 0 shows all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
}

/// `wallet transfers`
#[derive(Args, Debug)]
#[command(after_help = help::TRANSFERS)]
pub struct Transfers {
    /// Only those with this payer or payee.
    #[arg(long)]
    pub account: Option<AccountId>,
    /// Only those with this status.
    #[arg(long, value_parser = status())]
    pub status: Option<StatusFilter>,
    /// Only those refused for this reason, such as insufficient_funds.
    #[arg(long, value_name = "CODE", value_parser = reason(), hide_possible_values = true)]
    pub reason: Option<Reason>,
    /// Only those that ended since then: a time such as 2026-01-31T12:00:00Z, a day, or how long ago, such as 1h.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub ended_since: Option<Timestamp>,
    /// Only those that ended until then, inclusive.
    #[arg(long, value_name = "TIME", value_parser = until)]
    pub ended_until: Option<Timestamp>,
    /// Only this many of the newest, with --status stuck of the oldest; 0 shows all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
}

/// `wallet trace`
#[derive(Args, Debug)]
#[command(after_help = help::TRACE, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(group = ArgGroup::new("which").args(["id", "file"]).required(true).multiple(true))]
pub struct Trace {
    /// The action, if it is not to draw.
    #[command(subcommand)]
    pub command: Option<TraceCommand>,
    /// A transfer's id, or a trace id (32 hexadecimal digits).
    pub id: Option<String>,
    /// The payer, if several payers used the id.
    #[arg(long, value_name = "ACCOUNT")]
    pub payer: Option<AccountId>,
    /// Draw the flows in this file, as written by `--json` or a simulation; the ledger is not queried.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `wallet trace …`
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// Send flows as OpenTelemetry spans to a receiver, such as Jaeger or Tempo.
    Export(Export),
}

/// `wallet trace export`
#[derive(Args, Debug)]
#[command(after_help = help::EXPORT)]
#[command(group = ArgGroup::new("which").args(["id", "since"]).required(true))]
pub struct Export {
    /// A transfer's id, or a trace id (32 hexadecimal digits).
    pub id: Option<String>,
    /// The payer, if several payers used the id.
    #[arg(long, value_name = "ACCOUNT", requires = "id")]
    pub payer: Option<AccountId>,
    /// All flows that began since then: a time such as 2026-01-31T12:00:00Z, a day, or how long ago, such as 1h.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Timestamp>,
    /// The receiver, such as http://127.0.0.1:4318; with http/protobuf the path /v1/traces is added.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub otlp: String,
    /// The protocol: grpc (usually port 4317) or http/protobuf (usually port 4318).
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_PROTOCOL",
        default_value = "http/protobuf",
        value_name = "NAME"
    )]
    pub protocol: wallet_otlp::Protocol,
    /// Extra headers, such as an API key: name=value,name=value.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        hide_env_values = true,
        value_name = "LIST"
    )]
    pub headers: Option<Headers>,
}

/// Headers for a receiver, never shown.
#[derive(Clone)]
pub struct Headers(pub String);

impl From<String> for Headers {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers(…)")
    }
}

/// `wallet watch`
#[derive(Args, Debug)]
#[command(after_help = help::WATCH)]
pub struct Watch {
    /// Only this transfer, from its beginning to its end [default: all flows as they end, until Ctrl-C].
    #[arg(value_parser = transfer_id)]
    pub id: Option<TransferId>,
    /// The payer, if several payers used the id.
    #[arg(long, value_name = "ACCOUNT", requires = "id")]
    pub payer: Option<AccountId>,
    /// How long to wait for its end, such as 30s [default: as long as it takes].
    #[arg(long, value_name = "TIME", requires = "id", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Only flows with this payer or payee.
    #[arg(long, conflicts_with = "id")]
    pub account: Option<AccountId>,
}
