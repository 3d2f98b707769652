//! `PgBouncer` in front of a PostgreSQL server.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use wallet_stack::address::free_ports;
use wallet_stack::postgres::Postgres;

use crate::{tool, wait};

/// How long a client keeps a server connection.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// As long as it is connected.
    Session,
    /// For one transaction.
    Transaction,
}

/// A running `PgBouncer`. Dropping it kills it.
#[derive(Debug)]
pub struct Pooler {
    child: Child,
    port: u16,
    _settings: TempDir,
}

impl Pooler {
    /// Starts one. Returns nothing, and prints that the test skips, if none is installed.
    pub async fn start(server: &Postgres, mode: Mode) -> Result<Option<Self>> {
        let Some(program) = tool("pgbouncer") else {
            return Ok(None);
        };
        let (dir, [port]) = (TempDir::new()?, free_ports()?);
        let mode = match mode {
            Mode::Session => "session",
            Mode::Transaction => "transaction",
        };
        let (host, at) = (server.address().ip(), server.address().port());
        let settings = dir.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={host} port={at} user=postgres\n\
             [pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\nauth_type=any\npool_mode={mode}\n"
        );
        std::fs::write(&settings, text)?;
        let mut command = Command::new(&program);
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root.
            command.args(["-u", "nobody"]);
        }
        command
            .arg(&settings)
            .env("LD_LIBRARY_PATH", libraries(&program)?)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let listens = wait::until_listens(&mut child, format!("127.0.0.1:{port}"), String::new);
        listens.await.context("pgbouncer")?;
        Ok(Some(Self {
            child,
            port,
            _settings: dir,
        }))
    }

    /// Its address as a server URL.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/", self.port)
    }

    /// Stops it.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("pgbouncer can't be killed")
    }
}

/// The libraries that were unpacked next to a program.
fn libraries(program: &Path) -> Result<String> {
    let usr = program
        .ancestors()
        .nth(2)
        .context("the program is not in usr/sbin")?;
    let lib = usr.join("lib");
    let folders = std::fs::read_dir(&lib).with_context(|| format!("{}", lib.display()))?;
    let folders = folders.filter_map(|entry| Some(entry.ok()?.path().display().to_string()));
    Ok(folders.collect::<Vec<_>>().join(":"))
}
