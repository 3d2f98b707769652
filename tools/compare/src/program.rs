//! The programs that a system consists of.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use wallet_client::Sharing;
use wallet_contract::shard::Shards;

/// The variable that names a redis-server to use.
const REDIS_VAR: &str = "WALLET_REDIS_SERVER";

/// The programs whose location differs from that of `wallet`'s.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This program, which is started again to be killed.
    pub own: PathBuf,
    /// The folder of the wallet's services; none to look beside this program.
    pub services: Option<PathBuf>,
    /// How the wallet is set up.
    pub setting: Setting,
}

/// How the wallet is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The number of shards.
    pub shards: Shards,
    /// Whether its callers share messages, as threads of one program may.
    pub sharing: Sharing,
}

impl Programs {
    /// This program, with the services in that folder.
    pub fn new(services: Option<PathBuf>, setting: Setting) -> Result<Self> {
        let own = std::env::current_exe().context("the path of this program can't be determined")?;
        Ok(Self {
            own,
            services,
            setting,
        })
    }
}

/// The redis-server: named by the user, or else on the PATH.
pub fn redis_server() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(REDIS_VAR).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!("{REDIS_VAR} is {}: no such file", named.display());
        }
        return Ok(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join("redis-server"))
        .find(|program| program.is_file());
    found.with_context(|| {
        format!(
            "no redis-server found on the PATH: run `make tools` to fetch Debian's into .tools, or set \
             {REDIS_VAR}=/path/to/redis-server, or leave it out with --only"
        )
    })
}
