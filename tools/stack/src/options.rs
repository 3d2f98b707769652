//! How a stack is to run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;

use super::{Addresses, Database};

/// How a stack is to run.
#[derive(Debug)]
pub struct Options {
    /// Where streams, SQLite databases and logs live; an absolute path.
    pub dir: PathBuf,
    /// Into how many shards the accounts are divided.
    pub shards: Shards,
    /// Where the services keep what they know.
    pub database: Database,
    /// Who listens where.
    pub addresses: Addresses,
    /// NATS servers that run already; none starts one.
    pub nats: Option<wallet_nats::Settings>,
    /// Another way to the NATS server for some services, such as a proxy in front of it.
    pub ways: BTreeMap<Service, String>,
    /// How many servers keep each stream; none leaves it to the services' own settings.
    pub replicas: Option<usize>,
    /// The token that the services' HTTP asks for.
    pub http_token: Option<String>,
    /// After how many seconds without a word the ledger calls a transfer stuck; none leaves it to its own default.
    pub stuck_after: Option<u16>,
    /// Further settings of the services, by the names of their variables; they come before those of our own environment.
    pub settings: BTreeMap<&'static str, String>,
    /// Where the services' programs are; none looks beside this program.
    pub programs: Option<PathBuf>,
}

impl Options {
    /// Free addresses, and a NATS server of its own, in `dir`.
    pub fn temporary(dir: &Path, shards: Shards, database: Database) -> Result<Self> {
        let dir = std::path::absolute(dir).with_context(|| format!("folder {}", dir.display()))?;
        Ok(Self {
            dir,
            shards,
            database,
            addresses: Addresses::free()?,
            nats: None,
            ways: BTreeMap::new(),
            replicas: None,
            http_token: None,
            stuck_after: None,
            settings: BTreeMap::new(),
            programs: None,
        })
    }

    /// The folder in which all three services are.
    pub(super) fn programs(&self) -> Result<PathBuf> {
        let beside = match &self.programs {
            Some(dir) => vec![dir.clone()],
            None => beside_this_program()?,
        };
        let missing = |dir: &PathBuf| {
            Service::ALL
                .into_iter()
                .find(|service| !dir.join(service.name()).is_file())
        };
        if let Some(dir) = beside.iter().find(|dir| missing(dir).is_none()) {
            return Ok(dir.clone());
        }
        let dir = beside
            .first()
            .context("there is nowhere to look for the services")?;
        let missing = missing(dir).map_or("a service", Service::name);
        bail!(
            "{missing} is not in {}: wallet and the three services belong in one folder. From the source they are \
             built together: cargo build --release",
            dir.display()
        )
    }
}

/// The folder of this program, and the one above it: a test's own program lies in `deps`.
fn beside_this_program() -> Result<Vec<PathBuf>> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    Ok(program
        .ancestors()
        .skip(1)
        .take(2)
        .map(Path::to_path_buf)
        .collect())
}
