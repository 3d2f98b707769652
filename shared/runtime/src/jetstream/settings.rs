//! The settings of a stream: what they must be, and where a stream differs.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Compression, Config, ConsumerLimits, DiscardPolicy, RetentionPolicy, StorageType,
};
use wallet_contract::stream::{self, Settings};

/// The settings of a stream, in full.
pub(super) fn config(settings: &Settings) -> Config {
    Config {
        name: settings.name.clone(),
        subjects: settings.subjects.clone(),
        description: Some("everything that concerns one shard's accounts, in one total order".to_owned()),
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_bytes: -1,
        max_age: Duration::ZERO,
        max_message_size: -1,
        max_consumers: -1,
        num_replicas: settings.replicas,
        duplicate_window: stream::DUPLICATE_WINDOW,
        // A compressed stream is as good: deploy/README.md.
        compression: Some(Compression::None),
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        consumer_limits: Some(ConsumerLimits {
            inactive_threshold: Duration::from_mins(5),
            max_ack_pending: -1,
        }),
        metadata: [(stream::SHARDS_KEY.to_owned(), settings.shards.to_string())]
            .into_iter()
            .collect(),
        ..Config::default()
    }
}

/// Names each setting of a stream that would lose data or mean something else.
pub fn differences(settings: &Settings, actual: &Config) -> Vec<String> {
    let wanted = config(settings);
    let mut wrong = Vec::new();
    let mut check = |what: &str, wanted: String, actual: String| {
        if wanted != actual {
            wrong.push(format!("{what} is {actual}, must be {wanted}"));
        }
    };
    let shards = |config: &Config| {
        config
            .metadata
            .get(stream::SHARDS_KEY)
            .cloned()
            .unwrap_or("not recorded".to_owned())
    };
    check("number of shards", shards(&wanted), shards(actual));
    check(
        "subjects",
        format!("{:?}", wanted.subjects),
        format!("{:?}", actual.subjects),
    );
    check(
        "storage",
        format!("{:?}", wanted.storage),
        format!("{:?}", actual.storage),
    );
    check(
        "retention",
        format!("{:?}", wanted.retention),
        format!("{:?}", actual.retention),
    );
    check(
        "replicas",
        wanted.num_replicas.to_string(),
        actual.num_replicas.to_string(),
    );
    check(
        "max_age",
        format!("{:?}", wanted.max_age),
        format!("{:?}", actual.max_age),
    );
    check(
        "max_msgs",
        wanted.max_messages.to_string(),
        actual.max_messages.to_string(),
    );
    check(
        "max_bytes",
        wanted.max_bytes.to_string(),
        actual.max_bytes.to_string(),
    );
    let per_subject = |config: &Config| config.max_messages_per_subject.to_string();
    check("max_msgs_per_subject", per_subject(&wanted), per_subject(actual));
    check(
        "deny_delete",
        wanted.deny_delete.to_string(),
        actual.deny_delete.to_string(),
    );
    check(
        "deny_purge",
        wanted.deny_purge.to_string(),
        actual.deny_purge.to_string(),
    );
    wrong
}
