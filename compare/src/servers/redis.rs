//! A Redis Cluster of three masters on this machine, every write synced to the disk before it is answered.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep};
use wallet::stack::address::free_ports;
use wallet::stack::process::{Process, TERM};

use crate::program::redis_server;

/// The masters, and how many hash slots all of them share.
const NAMES: [&str; 3] = ["redis-0", "redis-1", "redis-2"];
const SLOTS: usize = 16_384;
/// The one that is killed.
const LAST: usize = NAMES.len() - 1;
/// How long a server, or the cluster, may take to be ready.
const WITHIN: Duration = Duration::from_secs(30);
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// The servers. Dropping them kills them.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    dir: TempDir,
}

#[derive(Debug)]
struct Node {
    process: Process,
    name: &'static str,
    port: u16,
    bus: u16,
}

impl Cluster {
    /// Starts the masters, gives each a third of all slots, and lets them meet.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("wallet-redis-").tempdir()?;
        let ports: [u16; 6] = free_ports()?;
        let (ports, buses) = ports.split_at(NAMES.len());
        let mut cluster = Self {
            nodes: Vec::new(),
            dir,
        };
        for ((name, &port), &bus) in NAMES.into_iter().zip(ports).zip(buses) {
            let process = cluster.spawn(name, port, bus)?;
            cluster.nodes.push(Node {
                process,
                name,
                port,
                bus,
            });
        }
        for number in 0..NAMES.len() {
            let mut node = cluster.answers(number).await?;
            let (first, last) = (
                SLOTS * number / NAMES.len(),
                SLOTS * (number + 1) / NAMES.len() - 1,
            );
            redis::cmd("CLUSTER")
                .arg("ADDSLOTSRANGE")
                .arg(first)
                .arg(last)
                .exec_async(&mut node)
                .await?;
            redis::cmd("CLUSTER")
                .arg("SET-CONFIG-EPOCH")
                .arg(number + 1)
                .exec_async(&mut node)
                .await?;
            let Node { port, bus, .. } = cluster.nodes[0];
            if number > 0 {
                redis::cmd("CLUSTER")
                    .arg("MEET")
                    .arg("127.0.0.1")
                    .arg(port)
                    .arg(bus)
                    .exec_async(&mut node)
                    .await?;
            }
        }
        cluster.agrees().await?;
        Ok(cluster)
    }

    fn spawn(&self, name: &'static str, port: u16, bus: u16) -> Result<Process> {
        let dir = self.dir.path().join(name);
        std::fs::create_dir_all(&dir).with_context(|| format!("{}", dir.display()))?;
        let mut command = Command::new(redis_server()?);
        command
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--cluster-port",
                &bus.to_string(),
            ])
            .args(["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"])
            // Who is up goes on while another is down.
            .args([
                "--cluster-node-timeout",
                "2000",
                "--cluster-require-full-coverage",
                "no",
            ])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .arg("--dir")
            .arg(dir);
        Process::spawn(name, command, self.dir.path())
    }

    /// Waits until a node answers.
    async fn answers(&mut self, number: usize) -> Result<MultiplexedConnection> {
        let node = &mut self.nodes[number];
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", node.port))?;
        let deadline = Instant::now() + WITHIN;
        loop {
            if let Some(error) = node.process.ended() {
                return Err(error);
            }
            let tried = async {
                let mut connection = client.get_multiplexed_async_connection().await?;
                redis::cmd("PING").exec_async(&mut connection).await?;
                Ok::<_, redis::RedisError>(connection)
            };
            match tried.await {
                Ok(connection) => return Ok(connection),
                Err(error) if Instant::now() > deadline => {
                    bail!(
                        "{} is not ready after {WITHIN:?}: {error}\n{}",
                        node.name,
                        node.process.tail()
                    )
                }
                Err(_) => sleep(POLL).await,
            }
        }
    }

    /// Waits until every node knows all others and all slots.
    async fn agrees(&mut self) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        for number in 0..self.nodes.len() {
            let mut node = self.answers(number).await?;
            loop {
                let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut node).await?;
                let says = |line: &str| info.lines().any(|said| said == line);
                if says("cluster_state:ok") && says("cluster_known_nodes:3") && says("cluster_slots_ok:16384")
                {
                    break;
                }
                if Instant::now() > deadline {
                    bail!("the cluster does not agree within {WITHIN:?}: {info}");
                }
                sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Where they listen.
    pub fn urls(&self) -> Vec<String> {
        let url = |node: &Node| format!("redis://127.0.0.1:{}/", node.port);
        self.nodes.iter().map(url).collect()
    }

    /// The processes.
    pub fn pids(&self) -> Vec<u32> {
        self.nodes.iter().filter_map(|node| node.process.pid()).collect()
    }

    /// Kills the last master with SIGKILL; the slot of `{bank}` is there.
    pub async fn kill(&mut self) -> Result<()> {
        self.nodes[LAST].process.kill().await
    }

    /// Starts it again on what it has stored.
    pub async fn start_again(&mut self) -> Result<()> {
        let Node { name, port, bus, .. } = self.nodes[LAST];
        self.nodes[LAST].process = self.spawn(name, port, bus)?;
        self.agrees().await
    }

    /// Ends all of them.
    pub async fn stop(mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.process.stop(TERM, WITHIN).await?;
        }
        Ok(())
    }
}
