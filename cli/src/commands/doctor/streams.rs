//! The streams: are they there, and can they lose nothing?

use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream::{self, SHARDS_KEY, Settings};

use super::{Finding, Level};
use crate::connect::Connection;

/// What there is to say about the streams.
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) shards: Option<Shards>,
    pub(super) replicas: Option<usize>,
}

const REBUILD: &str = "a stream is made right by whoever makes it first: stop the services, move its messages to a stream \
                       that the services have made, or have its owner change the setting";

/// Looks at all shards' streams.
pub(super) async fn look(connection: &Connection) -> Looked {
    let shards = match connection.shards().await {
        Ok(shards) => shards,
        Err(error) => {
            let advice = "start the services; they make the streams that are missing";
            let findings = vec![Finding::new(Level::Fail, "streams", format!("{error:#}"), advice)];
            return Looked {
                findings,
                shards: None,
                replicas: None,
            };
        }
    };
    let (mut findings, mut replicas) = (Vec::new(), None);
    let mut messages = 0;
    for shard in shards.all() {
        match look_at(connection, shard, shards, &mut replicas).await {
            Ok(count) => messages += count,
            Err(finding) => findings.push(finding),
        }
    }
    if findings.is_empty() {
        let detail = format!(
            "{} streams as they must be, {messages} messages, {} each",
            shards.count(),
            match replicas {
                Some(1) | None => "1 copy".to_owned(),
                Some(copies) => format!("{copies} copies"),
            }
        );
        findings.push(Finding::ok("streams", detail));
    }
    Looked {
        findings,
        shards: Some(shards),
        replicas,
    }
}

async fn look_at(
    connection: &Connection,
    shard: Shard,
    shards: Shards,
    replicas: &mut Option<usize>,
) -> Result<u64, Finding> {
    let name = stream::name(shard);
    let found = connection.jetstream().get_stream(&name).await.map_err(|error| {
        let advice = "start the services; they make the streams that are missing";
        Finding::new(Level::Fail, "streams", format!("{name}: {error}"), advice)
    })?;
    let info = found.cached_info();
    let wanted = stream::settings(shard, shards, *replicas.get_or_insert(info.config.num_replicas));
    let wrong = differences(&wanted, &info.config);
    if wrong.is_empty() {
        Ok(info.state.messages)
    } else {
        Err(Finding::new(
            Level::Fail,
            "streams",
            format!("{name}: {}", wrong.join("; ")),
            REBUILD,
        ))
    }
}

/// Names each setting that would lose data or mean something else.
fn differences(wanted: &Settings, actual: &Config) -> Vec<String> {
    let recorded = actual
        .metadata
        .get(SHARDS_KEY)
        .map_or("not recorded", String::as_str);
    let unlimited = "unlimited".to_owned();
    let limit = |limit: i64| {
        if limit < 0 {
            unlimited.clone()
        } else {
            limit.to_string()
        }
    };
    let age = if actual.max_age.is_zero() {
        unlimited.clone()
    } else {
        format!("{:?}", actual.max_age)
    };
    let size = limit(i64::from(actual.max_message_size));
    let storage = if actual.storage == StorageType::File {
        "file"
    } else {
        "memory"
    };
    let retention = if actual.retention == RetentionPolicy::Limits {
        "limits"
    } else {
        "another"
    };
    let checks = [
        ("shards", wanted.shards.to_string(), recorded.to_owned()),
        ("subjects", wanted.subjects.join(" "), actual.subjects.join(" ")),
        ("storage", "file".to_owned(), storage.to_owned()),
        ("retention", "limits".to_owned(), retention.to_owned()),
        (
            "replicas",
            wanted.replicas.to_string(),
            actual.num_replicas.to_string(),
        ),
        ("max_age", unlimited.clone(), age),
        ("max_msgs", unlimited.clone(), limit(actual.max_messages)),
        ("max_bytes", unlimited.clone(), limit(actual.max_bytes)),
        (
            "max_msgs_per_subject",
            unlimited.clone(),
            limit(actual.max_messages_per_subject),
        ),
        ("max_msg_size", unlimited.clone(), size),
        ("deny_delete", "true".to_owned(), actual.deny_delete.to_string()),
        ("deny_purge", "true".to_owned(), actual.deny_purge.to_string()),
    ];
    let wrong = checks.into_iter().filter(|(_, wanted, actual)| wanted != actual);
    wrong
        .map(|(what, wanted, actual)| format!("{what} is {actual}, must be {wanted}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_setting_that_loses_data_is_named() {
        let wanted = stream::settings(Shard(1), Shards::new(2).unwrap(), 1);
        let sound = Config {
            subjects: vec!["wallet.1.>".to_owned()],
            num_replicas: 1,
            max_messages: -1,
            max_bytes: -1,
            max_messages_per_subject: -1,
            max_message_size: -1,
            deny_delete: true,
            deny_purge: true,
            metadata: [(SHARDS_KEY.to_owned(), "2".to_owned())].into(),
            ..Config::default()
        };
        assert_eq!(differences(&wanted, &sound), Vec::<String>::new());
        let other = Config {
            max_age: Duration::from_hours(1),
            storage: StorageType::Memory,
            deny_purge: false,
            metadata: [(SHARDS_KEY.to_owned(), "4".to_owned())].into(),
            ..sound
        };
        let expected = [
            "shards is 4, must be 2",
            "storage is memory, must be file",
            "max_age is 3600s, must be unlimited",
            "deny_purge is false, must be true",
        ];
        assert_eq!(differences(&wanted, &other), expected);
    }
}
