//! A Redis Cluster of three masters on this machine.

use std::time::Duration;

use anyhow::{Result, bail};
use redis::cmd;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use wallet_stack::address::free_ports;

use super::redis_node::Node;

/// The masters, and the number of hash slots that they share.
const NAMES: [&str; 3] = ["redis-0", "redis-1", "redis-2"];
const SLOTS: usize = 16_384;
/// The one that is killed.
const LAST: usize = NAMES.len() - 1;
/// How long it may take until all nodes know each other.
const WITHIN: Duration = Duration::from_secs(30);
/// The polling interval.
const POLL: Duration = Duration::from_millis(50);

/// The servers. Dropping them kills them.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    dir: TempDir,
}

impl Cluster {
    /// Starts the masters, gives each a third of all slots, and joins them into a cluster.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("wallet-redis-").tempdir()?;
        let ports: [u16; 2 * NAMES.len()] = free_ports()?;
        let (ports, buses) = ports.split_at(NAMES.len());
        let started = NAMES.into_iter().zip(ports.iter().zip(buses));
        let started = started.map(|(name, (&port, &bus))| Node::start(name, port, bus, dir.path()));
        let nodes = started.collect::<Result<_>>()?;
        let mut cluster = Self { nodes, dir };
        let (port, bus) = (cluster.nodes[0].port, cluster.nodes[0].bus);
        for (number, node) in cluster.nodes.iter_mut().enumerate() {
            let mut node = node.connect().await?;
            let (first, end) = (SLOTS * number / NAMES.len(), SLOTS * (number + 1) / NAMES.len());
            let mut slots = cmd("CLUSTER");
            slots.arg("ADDSLOTSRANGE").arg(first).arg(end - 1);
            slots.exec_async(&mut node).await?;
            let mut epoch = cmd("CLUSTER");
            epoch.arg("SET-CONFIG-EPOCH").arg(number + 1);
            epoch.exec_async(&mut node).await?;
            if number > 0 {
                let mut meet = cmd("CLUSTER");
                meet.arg("MEET").arg("127.0.0.1").arg(port).arg(bus);
                meet.exec_async(&mut node).await?;
            }
        }
        cluster.wait_until_ready().await?;
        Ok(cluster)
    }

    /// Waits until every node knows all others and all slots.
    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        for node in &mut self.nodes {
            let mut node = node.connect().await?;
            loop {
                let info: String = cmd("CLUSTER").arg("INFO").query_async(&mut node).await?;
                let has = |line: &str| info.lines().any(|found| found == line);
                if has("cluster_state:ok")
                    && has(&format!("cluster_known_nodes:{}", NAMES.len()))
                    && has(&format!("cluster_slots_ok:{SLOTS}"))
                {
                    break;
                }
                if Instant::now() > deadline {
                    bail!("the cluster is not ready after {WITHIN:?}: {info}");
                }
                sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Their addresses.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Node::url).collect()
    }

    /// Their process ids.
    pub fn pids(&self) -> Vec<u32> {
        self.nodes.iter().filter_map(Node::pid).collect()
    }

    /// Kills the last master with SIGKILL; it holds the slot of `{bank}`.
    pub async fn kill(&mut self) -> Result<()> {
        self.nodes[LAST].kill().await
    }

    /// Restarts it on its stored data.
    pub async fn start_again(&mut self) -> Result<()> {
        self.nodes[LAST].start_again(self.dir.path())?;
        self.wait_until_ready().await
    }

    /// Stops all of them.
    pub async fn stop(mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.stop().await?;
        }
        Ok(())
    }
}
