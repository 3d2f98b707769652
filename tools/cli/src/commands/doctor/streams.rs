//! The streams: do they exist, and are they durable?

use wallet_client::api::Api;
use wallet_client::connect::Connection;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream;

use super::{Finding, Level};

/// The findings about the streams.
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    pub(super) shards: Option<Shards>,
    pub(super) replicas: Option<u64>,
}

const FIX_SETTINGS: &str = "have the stream's owner restore it, e.g. with `nats stream edit`; the services then resume. What \
                         can't be changed (sealed, storage): stop the services, delete the stream, start them, run `wallet heal`";

/// Checks all shards' streams. The ledger knows from which sequence on a healed stream must be complete.
pub(super) async fn check(connection: &Connection, ledger: &Api) -> Checked {
    let shards = match connection.shards().await {
        Ok(shards) => shards,
        Err(error) => {
            let advice = "start the services: they create missing streams";
            let findings = vec![Finding::new(Level::Fail, "streams", format!("{error:#}"), advice)];
            return Checked {
                findings,
                shards: None,
                replicas: None,
            };
        }
    };
    let store = ledger.store().await.ok();
    let (mut findings, mut messages, mut replicas) = (Vec::new(), 0, None);
    for shard in shards.all() {
        let whole_from = store.as_ref().map_or(1, |store| store.whole_from(shard));
        match check_stream(connection, shard, shards, whole_from).await {
            Ok((count, copies)) => {
                messages += count;
                replicas = Some(replicas.map_or(copies, |fewest: u64| fewest.min(copies)));
            }
            Err(finding) => findings.push(finding),
        }
    }
    if findings.is_empty() {
        let detail = format!(
            "{} streams with the required settings, {messages} messages, {} each",
            shards.count(),
            match replicas {
                Some(1) | None => "1 copy".to_owned(),
                Some(copies) => format!("{copies} copies"),
            }
        );
        findings.push(Finding::ok("streams", detail));
    }
    Checked {
        findings,
        shards: Some(shards),
        replicas,
    }
}

async fn check_stream(
    connection: &Connection,
    shard: Shard,
    shards: Shards,
    whole_from: u64,
) -> Result<(u64, u64), Finding> {
    let name = stream::name(shard);
    let fail = |detail, advice| Finding::new(Level::Fail, "streams", detail, advice);
    let found = connection.stream(shard).await;
    let found = found.map_err(|error| {
        fail(
            format!("{error:#}"),
            "check that this NATS user may read the stream's info",
        )
    })?;
    let gone = || {
        let advice = "start the services: they create a missing stream, or report that it was lost";
        fail(format!("stream {name} does not exist"), advice)
    };
    let found = found.ok_or_else(gone)?;
    // A higher number of replicas is fine.
    let wrong = stream::settings(shard, shards, 1).differences(&found.config);
    if !wrong.is_empty() {
        return Err(fail(format!("{name}: {}", wrong.join("; ")), FIX_SETTINGS));
    }
    let from = found.must_hold_from(whole_from);
    let missing = found.state.missing(from);
    if missing > 0 {
        let detail = format!("{name} lacks {missing} of its messages from {from} on");
        return Err(fail(
            detail,
            "`wallet heal` restores what the services have stored",
        ));
    }
    let copies = found
        .config
        .get("num_replicas")
        .and_then(serde_json::Value::as_u64);
    Ok((found.state.messages, copies.unwrap_or(1)))
}
