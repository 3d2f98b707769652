//! The way to the masters of a Redis Cluster, whether they are ours or were found running.

use std::time::Duration;

use anyhow::{Context as _, Result};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use tokio::sync::Mutex;

use super::redis::Cluster;

/// After this long without an answer a caller gives up.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The masters and a connection to all of them.
pub struct Masters {
    /// None in a process that found them running.
    cluster: Mutex<Option<Cluster>>,
    connection: ClusterConnection,
    urls: Vec<String>,
}

impl Masters {
    /// Starts three masters.
    pub async fn start() -> Result<Self> {
        let cluster = Cluster::start().await?;
        let urls = cluster.urls();
        Ok(Self {
            cluster: Mutex::new(Some(cluster)),
            ..Self::attach(&urls).await?
        })
    }

    /// Reaches masters that run. Nothing is sent twice by itself: an increment that may have arrived must not be repeated.
    pub async fn attach(urls: &[String]) -> Result<Self> {
        let client = ClusterClient::builder(urls.iter().map(String::as_str))
            .retries(0)
            .connection_timeout(ANSWER_WITHIN)
            .response_timeout(ANSWER_WITHIN)
            .build()?;
        Ok(Self {
            cluster: Mutex::default(),
            connection: client.get_async_connection().await.context("the Redis Cluster")?,
            urls: urls.to_vec(),
        })
    }

    /// The connection; all callers share it, and each command goes to the master that has the key.
    pub fn connection(&self) -> ClusterConnection {
        self.connection.clone()
    }

    /// Where they are.
    pub fn urls(&self) -> Vec<String> {
        self.urls.clone()
    }

    /// The processes.
    pub async fn pids(&self) -> Vec<u32> {
        let cluster = self.cluster.lock().await;
        cluster.as_ref().map(Cluster::pids).unwrap_or_default()
    }

    /// Kills one of them with SIGKILL.
    pub async fn kill(&self) -> Result<&'static str> {
        let mut cluster = self.cluster.lock().await;
        cluster.as_mut().context("no server is ours")?.kill().await?;
        Ok("a master")
    }

    /// Starts it again on what it has stored.
    pub async fn start_again(&self) -> Result<()> {
        let mut cluster = self.cluster.lock().await;
        cluster.as_mut().context("no server is ours")?.start_again().await
    }

    /// Ends all of them.
    pub async fn stop(self) -> Result<()> {
        match self.cluster.into_inner() {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}
