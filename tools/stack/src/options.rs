//! The options of a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;

use super::{Addresses, Database};

/// The options of a stack.
#[derive(Debug)]
pub struct Options {
    /// The folder of streams, SQLite databases and logs; an absolute path.
    pub dir: PathBuf,
    /// The number of shards.
    pub shards: Shards,
    /// Where the services store their data.
    pub database: Database,
    /// The addresses on which the stack listens.
    pub addresses: Addresses,
    /// Existing NATS servers; none to start one.
    pub nats: Option<wallet_nats::Settings>,
    /// Other NATS addresses for some services, such as a proxy in front of the server.
    pub nats_urls: BTreeMap<Service, String>,
    /// The number of replicas of each stream; none for the services' own default.
    pub replicas: Option<usize>,
    /// The token that callers of the services' HTTP must present.
    pub http_token: Option<String>,
    /// After how many seconds of silence the ledger considers a transfer stuck; none for its own default.
    pub stuck_after: Option<u16>,
    /// Further settings of the services, by variable name; they take precedence over our own environment.
    pub settings: BTreeMap<&'static str, String>,
    /// The folder with the services' programs; none to look beside this program.
    pub programs: Option<PathBuf>,
}

impl Options {
    /// A stack in `dir` on free addresses, with a NATS server of its own.
    pub fn temporary(dir: &Path, shards: Shards, database: Database) -> Result<Self> {
        let dir = std::path::absolute(dir).with_context(|| format!("invalid folder {}", dir.display()))?;
        Ok(Self {
            dir,
            shards,
            database,
            addresses: Addresses::free()?,
            nats: None,
            nats_urls: BTreeMap::new(),
            replicas: None,
            http_token: None,
            stuck_after: None,
            settings: BTreeMap::new(),
            programs: None,
        })
    }

    /// The folder that contains all three services.
    pub(super) fn programs(&self) -> Result<PathBuf> {
        let folders = match &self.programs {
            Some(dir) => vec![dir.clone()],
            None => near_this_program()?,
        };
        let missing = |dir: &PathBuf| {
            Service::ALL
                .into_iter()
                .find(|service| !dir.join(service.name()).is_file())
        };
        if let Some(dir) = folders.iter().find(|dir| missing(dir).is_none()) {
            return Ok(dir.clone());
        }
        let dir = folders.first().context("no folder to look for the services in")?;
        let missing = missing(dir).map_or("a service", Service::name);
        bail!(
            "{missing} is not in {}: wallet and the three services belong in one folder. Build them \
             from source together: cargo build --release",
            dir.display()
        )
    }
}

/// The folder of this program, and its parent: a test's own program is in `deps`.
fn near_this_program() -> Result<Vec<PathBuf>> {
    let program = std::env::current_exe().context("the path of this program can't be determined")?;
    Ok(program
        .ancestors()
        .skip(1)
        .take(2)
        .map(Path::to_path_buf)
        .collect())
}
