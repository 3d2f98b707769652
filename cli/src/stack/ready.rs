//! When a child is ready: it is asked until it says so, has ended, or takes too long.

use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow, bail};
use serde::Deserialize;
use tokio::time::Instant;

use super::nats::Server;
use super::process::Process;

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Between two questions.
const POLL: Duration = Duration::from_millis(25);

/// What a service says of a shard whose stream has lost what it had read.
const LOST_DATA: &str = "lost-data";

/// What `/readyz` says.
#[derive(Debug, Deserialize)]
pub struct Readiness {
    /// How each shard stands.
    pub shards: Vec<ShardState>,
}

/// How a service stands on one shard.
#[derive(Debug, Deserialize)]
pub struct ShardState {
    /// Which shard.
    pub shard: u16,
    /// `working`, `standby`, `starting`, `failed` or `lost-data`.
    pub state: String,
    /// What there is to say about it.
    #[serde(default)]
    pub detail: Option<String>,
}

impl ShardState {
    /// Whether there is nothing to wait for: it works, or waits itself for somebody to heal its stream.
    fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "working" | LOST_DATA)
    }

    /// One line for people.
    pub fn told(&self) -> String {
        let detail = self.detail.as_deref().filter(|detail| !detail.is_empty());
        let detail = detail.map_or(String::new(), |detail| format!(" ({detail})"));
        format!("shard {}: {}{detail}", self.shard, self.state)
    }
}

/// A client for services and servers nearby: no proxy, no long waits.
pub fn client() -> Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .build();
    client.context("the HTTP client can't be started")
}

/// Asks a service how it stands.
pub async fn ask(http: &reqwest::Client, url: &str) -> Result<Readiness> {
    let asked = async { http.get(format!("{url}/readyz")).send().await?.json().await };
    asked.await.map_err(|error: reqwest::Error| root_cause(&error))
}

/// The innermost error: what a person can act on.
fn root_cause(error: &dyn std::error::Error) -> Error {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    anyhow!("{cause}")
}

/// Waits until a service works on all its shards. What only healing can bring back is told, and not waited for.
pub(super) async fn service(
    http: &reqwest::Client,
    url: &str,
    process: &mut Process,
    within: Duration,
) -> Result<()> {
    let deadline = Instant::now() + within;
    loop {
        let said = match ask(http, url).await {
            Ok(ready) if !ready.shards.is_empty() && ready.shards.iter().all(ShardState::is_up) => {
                for shard in ready.shards.iter().filter(|shard| shard.state == LOST_DATA) {
                    eprintln!("{}: {}", process.name(), shard.told());
                }
                return Ok(());
            }
            Ok(ready) => ready
                .shards
                .iter()
                .map(ShardState::told)
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => format!("{error:#}"),
        };
        wait(process, &said, deadline, within).await?;
    }
}

/// Waits until the server says that JetStream and all its streams are there.
pub(super) async fn nats(http: &reqwest::Client, server: &mut Server, within: Duration) -> Result<()> {
    let deadline = Instant::now() + within;
    let url = format!("http://{}/healthz", server.monitor);
    loop {
        let said = match http.get(&url).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => answer.status().to_string(),
            Err(error) => root_cause(&error).to_string(),
        };
        wait(&mut server.process, &said, deadline, within).await?;
    }
}

async fn wait(process: &mut Process, said: &str, deadline: Instant, within: Duration) -> Result<()> {
    if let Some(error) = process.ended() {
        return Err(error);
    }
    if Instant::now() > deadline {
        bail!(
            "{} is not ready after {within:?}: {said}\n{}",
            process.name(),
            process.tail()
        );
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}
