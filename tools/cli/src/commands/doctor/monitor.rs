//! What only the server's monitoring port shows: whether it syncs before it acknowledges, and the subject mappings.

use std::fmt;

use anyhow::Result;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wallet_contract::shard::Shards;
use wallet_terminal::exit::Usage;

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

/// Checks the server's own settings, if a monitoring address is given.
pub(super) async fn check(
    monitor: Option<&Monitor>,
    shards: Option<Shards>,
    replicas: Option<u64>,
) -> Result<Vec<Finding>> {
    let Some(monitor) = monitor else {
        let hint = "give the server's monitoring address: --monitor http://127.0.0.1:8222";
        let unknown = |check, detail: &str| Finding::new(Level::Unknown, check, detail, hint);
        return Ok(vec![
            unknown(
                "syncing",
                "not checked: whether messages are on disk before they are acknowledged",
            ),
            unknown(
                "mapping",
                "not checked: whether the server inserts the shard into requests",
            ),
        ]);
    };
    let mut findings = Vec::new();
    match monitor.ask::<Jsz>("jsz", &[("config", "true")]).await {
        Ok(jsz) => findings.push(syncing(&jsz.config, replicas)),
        Err(error) => findings.push(unreachable(monitor, &error)),
    }
    if let (Some(shards), true) = (
        shards,
        findings.iter().all(|finding| finding.level != Level::Unknown),
    ) {
        findings.push(mapping(&mappings(monitor).await?, shards));
    }
    Ok(findings)
}

/// A monitoring port. NATS itself requires no login there; a proxy in front of it may, and that login is never shown.
pub(super) struct Monitor {
    root: Url,
    login: Option<(String, String)>,
}

impl Monitor {
    /// Parses the address, or that of any page below it.
    pub(super) fn parse(text: &str) -> Result<Self, Usage> {
        // The text may hold a password, so it is not repeated here.
        let invalid = |why: &str| {
            Usage::new(format!(
                "invalid --monitor URL: {why}; use one such as http://127.0.0.1:8222"
            ))
        };
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let mut root = Url::parse(&with_scheme).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(root.scheme(), "http" | "https") {
            return Err(invalid("it does not begin with http:// or https://"));
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let password = root.password().map(decoded);
        let login = (!root.username().is_empty() || password.is_some())
            .then(|| (decoded(root.username()), password.unwrap_or_default()));
        let cleared = root.set_username("").is_ok() && root.set_password(None).is_ok();
        root.set_path("");
        root.set_query(None);
        root.set_fragment(None);
        if cleared {
            Ok(Self { root, login })
        } else {
            Err(invalid("it has no host"))
        }
    }

    async fn ask<T: DeserializeOwned>(&self, page: &str, query: &[(&str, &str)]) -> Result<T> {
        let mut url = self.root.clone();
        url.set_path(page);
        url.query_pairs_mut().extend_pairs(query);
        let mut request = http()?.get(url);
        if let Some((user, password)) = &self.login {
            request = request.basic_auth(user, Some(password));
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root.as_str().trim_end_matches('/'))
    }
}

fn unreachable(monitor: &Monitor, error: &anyhow::Error) -> Finding {
    let advice = "check the address, and that the server's configuration has `http: 8222`";
    Finding::new(
        Level::Unknown,
        "syncing",
        format!("no reply from {monitor}: {error:#}"),
        advice,
    )
}

fn syncing(config: &JetStreamConfig, replicas: Option<u64>) -> Finding {
    if config.sync_always {
        return Finding::ok("syncing", "messages are on disk before they are acknowledged");
    }
    let seconds = config.sync_interval / 1_000_000_000;
    let detail = format!("the server acknowledges first and syncs every {seconds} s");
    let advice = "set `sync_interval: always` in `jetstream { … }` and restart the server: until then, a machine that fails \
                  can lose acknowledged messages";
    // With replicas on other machines, all of them would have to fail at once.
    let level = if replicas.is_some_and(|copies| copies >= 3) {
        Level::Warn
    } else {
        Level::Fail
    };
    Finding::new(level, "syncing", detail, advice)
}

/// The subject mappings of all accounts: pattern and target.
async fn mappings(monitor: &Monitor) -> Result<Vec<(String, String)>> {
    let accounts: Value = monitor.ask("accountz", &[]).await?;
    let names = accounts["accounts"].as_array().cloned().unwrap_or_default();
    let mut mappings = Vec::new();
    for name in names.iter().filter_map(Value::as_str) {
        let account: Value = monitor.ask("accountz", &[("acc", name)]).await?;
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
                "requests reach the wrong shard: correct the mapping",
            );
        }
        if found.is_empty() {
            missing.push(format!("\"{from}\": \"{to}\""));
        }
    }
    if missing.is_empty() {
        return Finding::ok(
            "mapping",
            format!(
                "the server inserts the shard into requests ({} shards)",
                shards.count()
            ),
        );
    }
    let advice = format!(
        "this tool computes the shard itself; for other clients, add to the server's configuration: {}",
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
    fn a_mapping_must_exist_and_match_the_number_of_shards() {
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
    fn late_syncing_fails_unless_there_are_three_copies() {
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
    fn the_monitor_url_may_have_a_path_and_a_login() {
        let check = |text: &str, shown: &str, login: Option<(&str, &str)>| {
            let monitor = Monitor::parse(text).unwrap();
            let expected = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
            assert_eq!(
                (monitor.to_string(), monitor.login),
                (shown.to_owned(), expected),
                "{text}"
            );
        };
        check(
            "http://127.0.0.1:8222/jsz?config=true#x",
            "http://127.0.0.1:8222",
            None,
        );
        check("127.0.0.1:8222", "http://127.0.0.1:8222", None);
        check(
            "https://me:p%40ss@host/nats",
            "https://host",
            Some(("me", "p@ss")),
        );
        check("http://token@host", "http://host", Some(("token", "")));
    }

    #[test]
    fn an_invalid_monitor_url_is_rejected_and_not_repeated() {
        for text in [
            "http://me:s3cr3t@:x",
            "ftp://me:s3cr3t@host",
            "http://me:s3cr3t:8222",
            "http://",
        ] {
            let Err(error) = Monitor::parse(text) else {
                panic!("{text}")
            };
            let error = error.to_string();
            assert!(
                error.starts_with("invalid --monitor URL: ")
                    && error.ends_with("such as http://127.0.0.1:8222"),
                "{error}"
            );
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }
}
