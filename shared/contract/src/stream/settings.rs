//! Every setting of a stream, as named in JetStream's API, and which of them differ.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{DUPLICATE_WINDOW, SHARDS_KEY, Settings};

/// A stream's settings by their API names.
pub type Config = Map<String, Value>;

/// How a setting may differ from the required one.
#[derive(Clone, Copy)]
enum May {
    /// It may have any value.
    BeAnything,
    /// It may be greater.
    BeMore,
    /// An object may have additional keys.
    HoldMore,
}

/// The settings that may differ, each with its reason. All others must be as in [`Settings::config`]; settings not listed
/// there, and those that only a newer server knows, must be unset.
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

/// The settings that are durations, in nanoseconds.
const TIMES: [&str; 3] = ["max_age", "duplicate_window", "subject_delete_marker_ttl"];

impl Settings {
    /// All settings of the stream. Settings not listed are unset.
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

    /// Describes each setting that is not as required, with its value and the required one.
    pub fn differences(&self, actual: &Config) -> Vec<String> {
        let wanted = self.config();
        let unnamed = actual.keys().filter(|name| !wanted.contains_key(*name));
        let names = wanted.keys().chain(unnamed);
        names
            .filter_map(|name| {
                let (wanted, actual) = (value(&wanted, name), value(actual, name));
                (!suffices(name, actual, wanted)).then(|| difference(name, actual, wanted))
            })
            .collect()
    }
}

/// The number of shards that a stream was created for, as recorded in it.
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

/// The API represents an unset value by the zero of its type, or omits it.
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

fn difference(name: &str, actual: &Value, wanted: &Value) -> String {
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
