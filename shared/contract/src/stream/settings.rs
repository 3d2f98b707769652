//! Every setting of a stream, in the words of JetStream's API, and in which of them one differs.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{DUPLICATE_WINDOW, SHARDS_KEY, Settings};

/// A stream's settings by their names in the API.
pub type Config = Map<String, Value>;

/// How a setting may differ from what we ask for.
#[derive(Clone, Copy)]
enum May {
    /// It may be anything.
    BeAnything,
    /// It may be more.
    BeMore,
    /// An object may hold more than our keys.
    HoldMore,
}

/// The settings that may differ, each with its reason. All others must be as they are in [`Settings::config`]; what is not named
/// there, and what only a newer server knows, must be unset.
const LENIENT: [(&str, May, &str); 6] = [
    ("description", May::BeAnything, "it is for people"),
    (
        "placement",
        May::BeAnything,
        "where in a cluster a stream lies changes nothing that it holds",
    ),
    (
        "compression",
        May::BeAnything,
        "a compressed stream holds the same: deploy/README.md",
    ),
    (
        "first_seq",
        May::BeAnything,
        "what must be there is checked by `Found::must_hold_from`",
    ),
    ("num_replicas", May::BeMore, "more copies lose nothing"),
    (
        "metadata",
        May::HoldMore,
        "the server adds its own, people theirs",
    ),
];

/// The settings that are times, in nanoseconds.
const TIMES: [&str; 3] = ["max_age", "duplicate_window", "subject_delete_marker_ttl"];

impl Settings {
    /// All settings of the stream. What is not named is unset.
    pub fn config(&self) -> Config {
        let Value::Object(config) = json!({
            "name": self.name,
            "description": "everything that concerns one shard's accounts, in one total order",
            "subjects": self.subjects,
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "max_msgs": -1,
            "max_msgs_per_subject": -1,
            "max_bytes": -1,
            "max_age": 0,
            "max_msg_size": -1,
            "max_consumers": -1,
            "num_replicas": self.replicas,
            "duplicate_window": nanoseconds(DUPLICATE_WINDOW),
            "compression": "none",
            "deny_delete": true,
            "deny_purge": true,
            "allow_direct": true,
            "consumer_limits": {
                "inactive_threshold": nanoseconds(Duration::from_mins(5)),
                "max_ack_pending": -1,
            },
            "metadata": { SHARDS_KEY: self.shards.to_string() },
        }) else {
            return Config::default();
        };
        config
    }

    /// Names each setting in which a stream is not as it must be, with its value and what it must be.
    pub fn differences(&self, actual: &Config) -> Vec<String> {
        let wanted = self.config();
        let unnamed = actual.keys().filter(|name| !wanted.contains_key(*name));
        let names = wanted.keys().chain(unnamed);
        names
            .filter_map(|name| {
                let (wanted, actual) = (value(&wanted, name), value(actual, name));
                (!suffices(name, actual, wanted)).then(|| told(name, actual, wanted))
            })
            .collect()
    }
}

/// The number of shards of the wallet that a stream was made for, as it is recorded there.
pub fn shards_of(config: &Config) -> Option<&str> {
    recorded(value(config, "metadata"))
}

fn recorded(metadata: &Value) -> Option<&str> {
    metadata.get(SHARDS_KEY).and_then(Value::as_str)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn value<'c>(config: &'c Config, name: &str) -> &'c Value {
    config.get(name).unwrap_or(&Value::Null)
}

fn suffices(name: &str, actual: &Value, wanted: &Value) -> bool {
    let lenient = LENIENT.iter().find(|(lenient, ..)| *lenient == name);
    match lenient.map(|(_, may, _)| may) {
        None => actual == wanted || is_unset(actual) && is_unset(wanted),
        Some(May::BeAnything) => true,
        Some(May::BeMore) => actual.as_u64() >= wanted.as_u64(),
        Some(May::HoldMore) => wanted
            .as_object()
            .is_some_and(|wanted| wanted.iter().all(|(key, wanted)| actual.get(key) == Some(wanted))),
    }
}

/// The API tells what is unset by its type's zero, or not at all.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.values().all(is_unset),
    }
}

fn told(name: &str, actual: &Value, wanted: &Value) -> String {
    if name == "metadata" {
        let shards = |metadata: &Value| recorded(metadata).unwrap_or("not recorded").to_owned();
        return format!(
            "number of shards is {}, must be {}",
            shards(actual),
            shards(wanted)
        );
    }
    let wanted = match (is_unset(wanted), actual) {
        (true, Value::Bool(_)) => "false".to_owned(),
        (true, _) => "unset".to_owned(),
        (false, _) => shown(name, wanted),
    };
    format!("{name} is {}, must be {wanted}", shown(name, actual))
}

fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_u64() {
            Some(time) if TIMES.contains(&name) => format!("{:?}", Duration::from_nanos(time)),
            None if number.as_i64() == Some(-1) => "unlimited".to_owned(),
            Some(_) | None => number.to_string(),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
