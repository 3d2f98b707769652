//! Connections to the masters of a Redis Cluster, whether we started them or not.

use std::time::Duration;

use anyhow::{Context as _, Result};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use tokio::sync::Mutex;

use super::redis::Cluster;

/// The timeout of a caller for a response.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The masters and a connection to all of them.
pub struct Masters {
    /// None in a process that did not start them.
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

    /// Connects to running masters. Nothing is retried automatically: an increment that may have arrived must not be repeated.
    pub async fn attach(urls: &[String]) -> Result<Self> {
        let client = ClusterClient::builder(urls.iter().map(String::as_str))
            .retries(0)
            .connection_timeout(ANSWER_WITHIN)
            .response_timeout(ANSWER_WITHIN)
            .build()?;
        Ok(Self {
            cluster: Mutex::default(),
            connection: client
                .get_async_connection()
                .await
                .context("can't connect to the Redis Cluster")?,
            urls: urls.to_vec(),
        })
    }

    /// The connection, shared by all callers; each command goes to the master that has the key.
    pub fn connection(&self) -> ClusterConnection {
        self.connection.clone()
    }

    /// Their addresses.
    pub fn urls(&self) -> Vec<String> {
        self.urls.clone()
    }

    /// Their process ids.
    pub async fn pids(&self) -> Vec<u32> {
        let cluster = self.cluster.lock().await;
        cluster.as_ref().map(Cluster::pids).unwrap_or_default()
    }

    /// Kills one of them with SIGKILL.
    pub async fn kill(&self) -> Result<&'static str> {
        let mut cluster = self.cluster.lock().await;
        cluster
            .as_mut()
            .context("no server was started here")?
            .kill()
            .await?;
        Ok("a master")
    }

    /// Restarts it on its stored data.
    pub async fn start_again(&self) -> Result<()> {
        let mut cluster = self.cluster.lock().await;
        cluster
            .as_mut()
            .context("no server was started here")?
            .start_again()
            .await
    }

    /// Stops all of them.
    pub async fn stop(self) -> Result<()> {
        match self.cluster.into_inner() {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}
