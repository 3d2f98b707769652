//! Backups, and repairs of logs and databases.

#![expect(
    clippy::doc_markdown,
    reason = "clap shows these comments as they are, and a terminal shows no Markdown"
)]

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use wallet_client::api;
use wallet_contract::subject::Service;
use wallet_terminal::exit::Usage;

use super::Common;
use crate::help;

/// The services besides the ledger.
#[derive(Args, Debug)]
pub struct Others {
    /// The HTTP address of debit-svc [default: the ledger's, one port up].
    #[arg(long, env = "WALLET_DEBIT_URL", hide_env_values = true, value_name = "URL")]
    pub debit: Option<String>,
    /// The HTTP address of credit-svc [default: the ledger's, two ports up].
    #[arg(long, env = "WALLET_CREDIT_URL", hide_env_values = true, value_name = "URL")]
    pub credit: Option<String>,
}

/// `wallet backup`
#[derive(Args, Debug)]
#[command(after_help = help::BACKUP)]
pub struct Backup {
    /// The folder to write; it must be new or empty.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// The other services.
    #[command(flatten)]
    pub others: Others,
}

/// `wallet restore`
#[derive(Args, Debug)]
#[command(after_help = help::RESTORE)]
pub struct Restore {
    /// The folder of the backup.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// A new folder for `wallet up`, instead of a running NATS server.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// `wallet rebuild`
#[derive(Args, Debug)]
#[command(after_help = help::REBUILD)]
pub struct Rebuild {
    /// The service.
    #[arg(value_parser = ["debit", "credit", "ledger"])]
    pub service: String,
    /// The folder of the stack [default: ./data].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Only this shard.
    #[arg(long, value_name = "N")]
    pub shard: Option<u16>,
    /// Where to build it: sqlite:///folder/name-{shard}.db or postgres://user@host/database; it must be empty [default: next to the
    /// live database, and removed afterwards].
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub into: Option<wallet_nats::Hidden>,
    /// Put it into service: the live rows are replaced by the rebuilt ones.
    #[arg(long)]
    pub swap: bool,
    /// Keep the rebuilt database.
    #[arg(long)]
    pub keep: bool,
}

/// `wallet heal`
#[derive(Args, Debug)]
#[command(after_help = help::HEAL)]
pub struct Heal {
    /// Don't ask for confirmation.
    #[arg(long)]
    pub yes: bool,
    /// The other services.
    #[command(flatten)]
    pub others: Others,
}

impl Others {
    /// Clients of all services.
    pub fn services(&self, common: &Common) -> Result<[(Service, api::Api); 3]> {
        let token = common.api_token.as_ref();
        let address = |given: &Option<String>, after, option: &str, name: &str| {
            let url = given.clone().or_else(|| api::neighbour(&common.api, after));
            url.with_context(|| Usage::new(format!("the address of {name} is unknown: give {option} URL")))
        };
        let debit = api::Api::debit(&address(&self.debit, 1, "--debit", "debit-svc")?)?.with_token(token)?;
        let credit =
            api::Api::credit(&address(&self.credit, 2, "--credit", "credit-svc")?)?.with_token(token)?;
        Ok([
            (Service::Debit, debit),
            (Service::Credit, credit),
            (Service::Ledger, common.ledger()?),
        ])
    }
}
