//! What only the server's monitoring port tells: whether it syncs before it acknowledges, and the mappings.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use wallet_contract::shard::Shards;

use super::{Finding, Level, http};

#[derive(Deserialize)]
struct Jsz {
    #[serde(default)]
    config: JetStreamConfig,
}

#[derive(Default, Deserialize)]
struct JetStreamConfig {
    #[serde(default)]
    sync_always: bool,
    #[serde(default)]
    sync_interval: u64,
}

/// Looks at the server's own settings, if it was said where.
pub(super) async fn look(
    monitor: Option<&str>,
    shards: Option<Shards>,
    replicas: Option<u64>,
) -> Result<Vec<Finding>> {
    let Some(monitor) = monitor.map(root) else {
        let hint = "say where the server's monitoring port is: --monitor http://127.0.0.1:8222";
        let unknown = |check, detail: &str| Finding::new(Level::Unknown, check, detail, hint);
        return Ok(vec![
            unknown(
                "syncing",
                "whether a message is on the disk before it is acknowledged",
            ),
            unknown("mapping", "whether the server inserts the shard into requests"),
        ]);
    };
    let mut findings = Vec::new();
    match ask::<Jsz>(&format!("{monitor}/jsz?config=true")).await {
        Ok(jsz) => findings.push(syncing(&jsz.config, replicas)),
        Err(error) => findings.push(unreachable(&monitor, &error)),
    }
    if let (Some(shards), true) = (
        shards,
        findings.iter().all(|finding| finding.level != Level::Unknown),
    ) {
        findings.push(mapping(&mappings(&monitor).await?, shards));
    }
    Ok(findings)
}

/// The address without the path of one of its pages.
fn root(monitor: &str) -> String {
    let after_scheme = monitor.find("://").map_or(0, |at| at + 3);
    let end = monitor[after_scheme..]
        .find('/')
        .map_or(monitor.len(), |at| after_scheme + at);
    monitor[..end].to_owned()
}

fn unreachable(monitor: &str, error: &anyhow::Error) -> Finding {
    let advice = "is the address right, and has the server `http: 8222` in its configuration?";
    Finding::new(
        Level::Unknown,
        "syncing",
        format!("nobody answers at {monitor}: {error:#}"),
        advice,
    )
}

async fn ask<T: serde::de::DeserializeOwned>(url: &str) -> Result<T> {
    Ok(http()?.get(url).send().await?.error_for_status()?.json().await?)
}

fn syncing(config: &JetStreamConfig, replicas: Option<u64>) -> Finding {
    if config.sync_always {
        return Finding::ok("syncing", "a message is on the disk before it is acknowledged");
    }
    let seconds = config.sync_interval / 1_000_000_000;
    let detail = format!("the server acknowledges first and syncs every {seconds} s");
    let advice = "put `sync_interval: always` into `jetstream { … }` and restart it: an acknowledged message can be lost \
                  with the machine";
    // With copies on other machines, all of them would have to fail at once.
    let level = if replicas.is_some_and(|copies| copies >= 3) {
        Level::Warn
    } else {
        Level::Fail
    };
    Finding::new(level, "syncing", detail, advice)
}

/// The mappings of all accounts: pattern and target.
async fn mappings(monitor: &str) -> Result<Vec<(String, String)>> {
    let accounts: Value = ask(&format!("{monitor}/accountz")).await?;
    let names = accounts["accounts"].as_array().cloned().unwrap_or_default();
    let mut mappings = Vec::new();
    for name in names.iter().filter_map(Value::as_str) {
        let mut url = reqwest::Url::parse(&format!("{monitor}/accountz"))?;
        url.query_pairs_mut().append_pair("acc", name);
        let account: Value = ask(url.as_str()).await?;
        let Some(found) = account["account_detail"]["mappings"].as_object() else {
            continue;
        };
        for (from, to) in found {
            let targets = to
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|target| target["subject"].as_str());
            mappings.extend(targets.map(|target| (from.clone(), target.to_owned())));
        }
    }
    Ok(mappings)
}

fn mapping(mappings: &[(String, String)], shards: Shards) -> Finding {
    let mut missing = Vec::new();
    for realm in ["cmd", "adm"] {
        let from = format!("wallet.{realm}.*.*");
        let count = shards.count();
        let to =
            format!("wallet.{{{{partition({count},2)}}}}.{realm}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}");
        let found: Vec<&str> = mappings
            .iter()
            .filter(|(f, _)| *f == from)
            .map(|(_, t)| t.as_str())
            .collect();
        if found.iter().any(|target| *target != to) {
            let detail = format!("{from} is mapped to {}, must be {to}", found.join(" and "));
            return Finding::new(
                Level::Fail,
                "mapping",
                detail,
                "requests come to the wrong shard: correct it",
            );
        }
        if found.is_empty() {
            missing.push(format!("\"{from}\": \"{to}\""));
        }
    }
    if missing.is_empty() {
        return Finding::ok(
            "mapping",
            format!("the server inserts the shard, one of {}", shards.count()),
        );
    }
    let advice = format!(
        "this tool computes the shard itself; for others, put into the configuration: {}",
        missing.join(", ")
    );
    Finding::new(
        Level::Warn,
        "mapping",
        "the server does not insert the shard into requests",
        advice,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_must_be_there_and_for_this_number_of_shards() {
        let mapped = |shards: u16| -> Vec<(String, String)> {
            let target = |realm: &str| {
                format!(
                    "wallet.{{{{partition({shards},2)}}}}.{realm}.{{{{wildcard(1)}}}}.{{{{wildcard(2)}}}}"
                )
            };
            ["cmd", "adm"]
                .map(|realm| (format!("wallet.{realm}.*.*"), target(realm)))
                .to_vec()
        };
        let two = Shards::new(2).unwrap();
        assert_eq!(mapping(&mapped(2), two).level, Level::Ok);
        assert_eq!(mapping(&[], two).level, Level::Warn);
        assert_eq!(mapping(&mapped(3), two).level, Level::Fail);
        assert_eq!(mapping(&mapped(2)[..1], two).level, Level::Warn);
    }

    #[test]
    fn a_server_that_syncs_later_is_told_as_bad_as_it_is() {
        let config = |sync_always| JetStreamConfig {
            sync_always,
            sync_interval: 120_000_000_000,
        };
        assert_eq!(syncing(&config(true), Some(1)).level, Level::Ok);
        assert_eq!(syncing(&config(false), Some(1)).level, Level::Fail);
        let warned = syncing(&config(false), Some(3));
        assert_eq!(
            (warned.level, &*warned.detail),
            (Level::Warn, "the server acknowledges first and syncs every 120 s")
        );
    }

    #[test]
    fn the_monitor_may_be_named_by_any_of_its_pages() {
        assert_eq!(
            root("http://127.0.0.1:8222/jsz?config=true"),
            "http://127.0.0.1:8222"
        );
        assert_eq!(root("http://127.0.0.1:8222"), "http://127.0.0.1:8222");
    }
}
