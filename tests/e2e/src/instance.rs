//! Additional instances of a stack's services: stand-bys, and instances on another database.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use wallet_contract::subject::Service;
use wallet_stack::address::free_ports;

use crate::{PATIENCE, World, program, wait};

/// An instance that a test has started in addition to the stack's own. Dropping it kills it.
#[derive(Debug)]
pub struct Instance {
    child: Child,
    port: u16,
}

impl Instance {
    /// A second instance on the service's own database. Its log goes to `<service>-second.log` in the stack's folder.
    pub fn second(world: &World, service: Service) -> Result<Self> {
        let options = world.stack.options();
        let database = options.database.url(service, &options.dir)?;
        Self::on(world, service, &database)
    }

    /// An instance on a database that the test has made.
    pub fn on(world: &World, service: Service, database: &str) -> Result<Self> {
        let path = world.dir().join(format!("{service}-second.log"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        Self::start(world, service, database, log.into())
    }

    /// A second instance on the service's own database, with its log sent elsewhere.
    pub fn with_log(world: &World, service: Service, log: Stdio) -> Result<Self> {
        let options = world.stack.options();
        Self::start(world, service, &options.database.url(service, &options.dir)?, log)
    }

    fn start(world: &World, service: Service, database: &str, log: Stdio) -> Result<Self> {
        let [port] = free_ports()?;
        let mut command = Command::new(program(service.name())?);
        command
            .env("WALLET_NATS_URL", world.stack.nats_url())
            .env("WALLET_DATABASE_URL", database)
            .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"))
            .env("WALLET_SHARDS", "2")
            .env(
                "WALLET_LOG",
                "info,wallet_db=debug,wallet_engine=debug,wallet_jetstream=debug,wallet_runtime=debug",
            )
            .env("WALLET_LOG_FORMAT", "json")
            .stderr(log)
            .kill_on_drop(true);
        let child = command.spawn()?;
        Ok(Self { child, port })
    }

    /// Waits until `/readyz` contains `text` for both shards.
    pub async fn until_both(&self, text: &str) -> Result<()> {
        until(&self.url(), &[text], 2).await
    }

    /// Waits until `/readyz` contains `text` at least once.
    pub async fn until_shows(&self, text: &str) -> Result<()> {
        until(&self.url(), &[text], 1).await
    }

    /// Waits until it works or stands by on each shard.
    pub async fn until_ready(&self) -> Result<()> {
        until(&self.url(), &[STANDBY, WORKING], 2).await
    }

    /// Its HTTP address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Kills it with SIGKILL.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("an instance can't be killed")
    }

    /// Waits until it ends by itself.
    pub async fn ended(mut self) -> Result<ExitStatus> {
        let status = timeout(PATIENCE, self.child.wait()).await;
        Ok(status.context("it did not exit")??)
    }

    /// Stops it in order.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        signal(self.child.id().context("it runs")?, Signal::TERM)?;
        let status = timeout(PATIENCE, self.child.wait()).await;
        Ok(status.context("it did not exit after SIGTERM")??)
    }
}

/// A shard's state in `/readyz`.
pub const STANDBY: &str = "\"state\":\"standby\"";
/// A shard's state in `/readyz`.
pub const WORKING: &str = "\"state\":\"working\"";

/// Waits until a service's `/readyz` contains any of these texts this many times.
pub async fn until(url: &str, texts: &[&str], times: usize) -> Result<()> {
    let read = async || match reqwest::get(format!("{url}/readyz")).await {
        Ok(answer) => Ok(answer.text().await?),
        Err(silent) => Ok(silent.to_string()),
    };
    let shows = |shown: &String| {
        texts
            .iter()
            .map(|text| shown.matches(text).count())
            .sum::<usize>()
            >= times
    };
    wait::until(format!("{url} shows {texts:?}"), read, shows).await?;
    Ok(())
}

/// Signals a process that this test has started.
pub fn signal(pid: u32, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(pid.cast_signed()).context("a pid")?;
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("process {pid:?} can't be signalled")),
    }
}

/// A process and its current children.
pub fn family(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(pid).chain(children).collect()
}
