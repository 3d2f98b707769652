//! The programs that a system consists of.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// The variable that names a redis-server to use.
const REDIS_VAR: &str = "WALLET_REDIS_SERVER";

/// The programs whose location differs from that of `wallet`'s.
#[derive(Clone, Debug)]
pub struct Programs {
    /// This program, which is started again to be killed.
    pub own: PathBuf,
    /// The folder of the wallet's services; none to look beside this program.
    pub services: Option<PathBuf>,
}

impl Programs {
    /// This program, with the services in that folder.
    pub fn new(services: Option<PathBuf>) -> Result<Self> {
        let own = std::env::current_exe().context("the path of this program can't be determined")?;
        Ok(Self { own, services })
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
