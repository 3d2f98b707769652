//! One master of a Redis Cluster; every write is synced to disk before it is acknowledged.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};
use wallet_stack::process::{Process, TERM};

use crate::program::redis_server;

/// Timeout for starting or stopping it.
const WITHIN: Duration = Duration::from_secs(30);
/// Timeout for one response.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// The polling interval.
const POLL: Duration = Duration::from_millis(50);

/// A server. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Node {
    process: Process,
    name: &'static str,
    /// The port for clients; the cluster bus has another.
    pub(super) port: u16,
    pub(super) bus: u16,
}

impl Node {
    /// Starts it on the data in its folder.
    pub(super) fn start(name: &'static str, port: u16, bus: u16, dir: &Path) -> Result<Self> {
        let process = spawn(name, port, bus, dir)?;
        Ok(Self {
            process,
            name,
            port,
            bus,
        })
    }

    /// Restarts it after it was killed.
    pub(super) fn start_again(&mut self, dir: &Path) -> Result<()> {
        self.process = spawn(self.name, self.port, self.bus, dir)?;
        Ok(())
    }

    /// Waits until it responds.
    pub(super) async fn connect(&mut self) -> Result<MultiplexedConnection> {
        let client = Client::open(self.url())?;
        let deadline = Instant::now() + WITHIN;
        loop {
            if let Some(error) = self.process.ended() {
                return Err(error);
            }
            let tried = async {
                let mut connection = client.get_multiplexed_async_connection().await?;
                redis::cmd("PING").exec_async(&mut connection).await?;
                Ok::<_, RedisError>(connection)
            };
            // Another process on that port may never respond.
            if let Ok(Ok(connection)) = timeout(ANSWER_WITHIN, tried).await {
                return Ok(connection);
            }
            if Instant::now() > deadline {
                bail!(
                    "{} is not ready after {WITHIN:?}\n{}",
                    self.name,
                    self.process.tail()
                );
            }
            sleep(POLL).await;
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Kills it with SIGKILL.
    pub(super) async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    pub(super) async fn stop(&mut self) -> Result<()> {
        self.process.stop(TERM, WITHIN).await
    }
}

fn spawn(name: &'static str, port: u16, bus: u16, dir: &Path) -> Result<Process> {
    let own = dir.join(name);
    std::fs::create_dir_all(&own).with_context(|| format!("folder {} can't be created", own.display()))?;
    let (port, bus) = (port.to_string(), bus.to_string());
    let mut command = Command::new(redis_server()?);
    command
        .args(["--bind", "127.0.0.1", "--port", &port, "--cluster-port", &bus])
        .args(["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"])
        // The surviving nodes continue while another is down.
        .args(["--cluster-node-timeout", "2000"])
        .args(["--cluster-require-full-coverage", "no"])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        .arg("--dir")
        .arg(own);
    Process::spawn(name, command, dir)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use wallet_stack::address::free_ports;

    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_reported_with_the_log() {
        if let Err(error) = redis_server() {
            println!("skipped: {error}");
            return;
        }
        let (dir, taken) = (
            tempfile::tempdir().unwrap(),
            TcpListener::bind("127.0.0.1:0").unwrap(),
        );
        let (port, [bus]) = (taken.local_addr().unwrap().port(), free_ports().unwrap());
        let mut node = Node::start("redis-0", port, bus, dir.path()).unwrap();
        let error = node.connect().await.err().unwrap().to_string();
        assert!(
            error.contains("redis-0 has exited") && error.contains("Address already in use"),
            "{error}"
        );
    }
}
