//! Readiness of a child: polls it until it is ready, has exited, or takes too long.

use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow, bail};
use tokio::time::Instant;
use wallet_contract::ready::{LOST_DATA, Ready, ShardReady, WORKING};
use wallet_terminal::eprintln;

use super::nats::Server;
use super::process::Process;

/// Timeout for one response.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The polling interval.
const POLL: Duration = Duration::from_millis(25);

/// Whether it needs no more waiting: it works, or itself waits for its stream to be healed.
fn is_up(on: &ShardReady) -> bool {
    matches!(on.state.as_str(), WORKING | LOST_DATA)
}

/// A client for local services and servers: no proxy, short timeouts.
pub fn client() -> Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .build();
    client.context("the HTTP client can't be started")
}

/// Asks a service for its state.
pub async fn ask(http: &reqwest::Client, url: &str) -> Result<Ready> {
    let asked = async { http.get(format!("{url}/readyz")).send().await?.json().await };
    asked.await.map_err(|error: reqwest::Error| root_cause(&error))
}

/// The innermost error, which is the one that a person can act on.
fn root_cause(error: &dyn std::error::Error) -> Error {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    anyhow!("{cause}")
}

/// Waits until a service works on all its shards. A shard that only healing can repair is reported, not waited for.
pub(super) async fn service(
    http: &reqwest::Client,
    url: &str,
    process: &mut Process,
    within: Duration,
) -> Result<()> {
    let deadline = Instant::now() + within;
    loop {
        let state = match ask(http, url).await {
            Ok(ready) if !ready.shards.is_empty() && ready.shards.iter().all(is_up) => {
                for shard in ready.shards.iter().filter(|shard| shard.state == LOST_DATA) {
                    eprintln!("{}: {}", process.name(), shard);
                }
                return Ok(());
            }
            Ok(ready) => ready
                .shards
                .iter()
                .map(ShardReady::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => format!("{error:#}"),
        };
        wait(process, &state, deadline, within).await?;
    }
}

/// Waits until the server reports that JetStream and all its streams are ready.
pub(super) async fn nats(http: &reqwest::Client, server: &mut Server, within: Duration) -> Result<()> {
    let deadline = Instant::now() + within;
    let url = format!("http://{}/healthz", server.monitor);
    loop {
        let state = match http.get(&url).send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => answer.status().to_string(),
            Err(error) => root_cause(&error).to_string(),
        };
        wait(&mut server.process, &state, deadline, within).await?;
    }
}

async fn wait(process: &mut Process, state: &str, deadline: Instant, within: Duration) -> Result<()> {
    if let Some(error) = process.ended() {
        return Err(error);
    }
    if Instant::now() > deadline {
        bail!(
            "{} is not ready after {within:?}: {state}\n{}",
            process.name(),
            process.tail()
        );
    }
    tokio::time::sleep(POLL).await;
    Ok(())
}
