//! A throwaway PostgreSQL server: as durable as a real one while it runs, and removed afterwards.

mod standby;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::Instant;

use super::address::free_ports;
use super::process::{Process, QUIT};

/// Timeout for starting or stopping it.
const WITHIN: Duration = Duration::from_secs(30);
/// Four for each service and shard, and some for people.
const MAX_CONNECTIONS: u32 = 400;

/// A PostgreSQL server in a temporary folder, on a free port of 127.0.0.1. Commits are synced to disk, as by default.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    programs: PathBuf,
    user: Option<User>,
    port: u16,
    settings: Vec<String>,
    dir: TempDir,
}

impl Postgres {
    /// Creates a cluster and starts the server.
    pub async fn start() -> Result<Self> {
        Self::with(&[]).await
    }

    /// Starts a server with further settings, such as `max_prepared_transactions=100`.
    pub async fn with(settings: &[&str]) -> Result<Self> {
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let (programs, user) = (programs()?, User::for_postgres()?);
        let dir = folder(user)?;
        initialise(&programs, &dir.path().join("data"), user).await?;
        Self::run(programs, user, settings, dir).await
    }

    async fn run(programs: PathBuf, user: Option<User>, settings: Vec<String>, dir: TempDir) -> Result<Self> {
        let [port] = free_ports()?;
        let mut server = Self {
            process: spawn(&programs, dir.path(), user, port, &settings)?,
            programs,
            user,
            port,
            settings,
            dir,
        };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Kills the server with SIGKILL; its child processes notice and exit.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// Restarts it on its stored data. The remains of a killed server may hold its shared memory for another moment.
    pub async fn start_again(&mut self) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        loop {
            self.process = spawn(
                &self.programs,
                self.dir.path(),
                self.user,
                self.port,
                &self.settings,
            )?;
            match self.wait_until_ready().await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// The server's URL; the user is `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/", self.port)
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The server's process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Stops it immediately, since its data is no longer needed, and removes its folder.
    pub async fn stop(mut self) -> Result<()> {
        self.process.stop(QUIT, WITHIN).await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let options = PgConnectOptions::from_str(&self.url())?.database("postgres");
        let deadline = Instant::now() + WITHIN;
        loop {
            let error = match options.connect().await {
                Ok(connection) => return connection.close().await.context("PostgreSQL"),
                Err(error) => error,
            };
            if let Some(error) = self.process.ended() {
                return Err(error);
            }
            if Instant::now() > deadline {
                bail!(
                    "PostgreSQL is not ready after {WITHIN:?}: {error}\n{}",
                    self.process.tail()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A folder that PostgreSQL accepts as its own.
fn folder(user: Option<User>) -> Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("wallet-postgres-").tempdir()?;
    if let Some(user) = user {
        chown(dir.path(), Some(user.uid), Some(user.gid))
            .context("the owner of the temporary folder can't be changed")?;
    } else {
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700))?;
    }
    Ok(dir)
}

fn spawn(programs: &Path, dir: &Path, user: Option<User>, port: u16, extra: &[String]) -> Result<Process> {
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(dir.join("data")).current_dir(dir);
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        format!("max_connections={MAX_CONNECTIONS}"),
        // The defaults would not hold a tenth of the wallet's rows; these are the settings of a small server.
        "shared_buffers=256MB".to_owned(),
        "max_wal_size=4GB".to_owned(),
    ];
    command.args(settings.iter().chain(extra).flat_map(|setting| ["-c", setting]));
    run_as(&mut command, user);
    Process::spawn("postgres", command, dir)
}

/// The user to run as, because PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// `postgres`, or else `nobody`; none if we are not root.
    fn for_postgres() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("/etc/passwd can't be read")?;
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::named(name, &users));
        let hint = "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody";
        user.map(Some).context(hint)
    }

    fn named(name: &str, passwd: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some(Self {
            uid: numbers.next()?.ok()?,
            gid: numbers.next()?.ok()?,
        })
    }
}

fn run_as(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}

/// Options for the cluster's collation. It should sort linguistically, as on many production servers, since nothing in the wallet
/// may depend on the collation. An initdb older than 15, or without ICU, has no such collation under a portable name.
const COLLATIONS: [&[&str]; 2] = [&["--locale-provider=icu", "--icu-locale=en-US"], &[]];

async fn initialise(programs: &Path, data: &Path, user: Option<User>) -> Result<()> {
    let mut stderr = Vec::new();
    for collation in COLLATIONS {
        let mut command = Command::new(programs.join("initdb"));
        // Only the initialization is not synced; the server's commits are.
        command.args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        command.args(collation).arg("--pgdata").arg(data);
        command.current_dir(data.parent().unwrap_or(Path::new("/")));
        command.stdin(Stdio::null()).kill_on_drop(true);
        run_as(&mut command, user);
        let output = command.output().await.context("initdb can't be started")?;
        if output.status.success() {
            return Ok(());
        }
        stderr = output.stderr;
    }
    bail!("initdb: {}", String::from_utf8_lossy(&stderr).trim())
}

/// The folder with `initdb` and `postgres`: on the PATH, or else the newest where Debian and its derivatives install them.
fn programs() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut versions: Vec<PathBuf> = versions.collect();
    versions.sort_by_key(|version| {
        let number = version
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.parse::<u32>().ok());
        std::cmp::Reverse(number)
    });
    folders.extend(versions.iter().map(|version| version.join("bin")));
    let found = folders
        .into_iter()
        .find(|dir| ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file()));
    // Follow the symlink to the real folder: it also has the programs that are not linked.
    let real = found.and_then(|dir| Some(fs::canonicalize(dir.join("postgres")).ok()?.parent()?.to_owned()));
    real.context(
        "PostgreSQL not found: initdb and postgres are neither on the PATH nor in /usr/lib/postgresql. Install it \
         (apt-get install postgresql), or use a running server: --database postgres://user@host:5432/",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:Admin:/var:/bin/sh\n";
        assert_eq!(User::named("postgres", passwd), Some(User { uid: 101, gid: 104 }));
        assert_eq!(User::named("nobody", passwd), None);
    }
}
