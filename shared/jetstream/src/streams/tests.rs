use std::time::Duration;

use async_nats::jetstream::stream::{
    Compression, Config, ConsumerLimits, DiscardPolicy, PersistenceMode, Placement, Republish,
    RetentionPolicy, Source, StorageType, SubjectTransform,
};
use serde_json::{Value, json};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream::{self, Settings};

fn settings() -> Settings {
    stream::settings(Shard(1), Shards::new(2).unwrap(), 1)
}

/// A stream in which every setting known to the library differs from ours. A field added by a newer library version breaks the
/// build until it is listed here.
fn all_flipped() -> Config {
    Config {
        name: "OTHER".to_owned(),
        max_bytes: 5,
        max_messages: 5,
        max_messages_per_subject: 5,
        discard: DiscardPolicy::Old,
        discard_new_per_subject: true,
        subjects: vec!["wallet.>".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        max_consumers: 1,
        max_age: Duration::from_hours(1),
        max_message_size: 300,
        storage: StorageType::Memory,
        num_replicas: 0,
        no_ack: true,
        duplicate_window: Duration::from_mins(2),
        template_owner: "somebody".to_owned(),
        sealed: true,
        description: Some("another".to_owned()),
        allow_rollup: true,
        deny_delete: false,
        deny_purge: false,
        republish: Some(Republish {
            source: ">".to_owned(),
            destination: "copy.>".to_owned(),
            headers_only: false,
        }),
        allow_direct: false,
        mirror_direct: true,
        mirror: Some(source()),
        sources: Some(vec![source()]),
        metadata: [(stream::SHARDS_KEY.to_owned(), "4".to_owned())].into(),
        subject_transform: Some(SubjectTransform {
            source: ">".to_owned(),
            destination: "moved.>".to_owned(),
        }),
        compression: Some(Compression::S2),
        consumer_limits: Some(ConsumerLimits {
            inactive_threshold: Duration::from_secs(1),
            max_ack_pending: 1,
        }),
        first_sequence: Some(42),
        placement: Some(Placement {
            cluster: Some("there".to_owned()),
            tags: Vec::new(),
        }),
        persist_mode: Some(PersistenceMode::Async),
        pause_until: serde_json::from_value::<Config>(paused()).unwrap().pause_until,
        allow_message_ttl: true,
        subject_delete_marker_ttl: Some(Duration::from_secs(1)),
        allow_atomic_publish: true,
        allow_message_schedules: true,
        allow_message_counter: true,
    }
}

fn source() -> Source {
    Source {
        name: "ELSEWHERE".to_owned(),
        ..Source::default()
    }
}

fn paused() -> Value {
    let mut config = serde_json::to_value(Config::default()).unwrap();
    config["pause_until"] = "2026-11-30T00:00:00Z".into();
    config
}

#[test]
fn every_differing_setting_is_named_with_both_values() {
    let flipped = serde_json::to_value(all_flipped()).unwrap();
    let flipped = flipped.as_object().unwrap();
    // The library omits settings that are false.
    let unset = ["deny_delete", "deny_purge", "allow_direct"].map(|name| (name, json!(false)));
    // Known to servers and not to the library.
    let newer = [("allow_batched", json!(true)), ("of_tomorrow", json!("yes"))];
    let mut named = Vec::new();
    let flips = flipped.iter().map(|(name, value)| (&**name, value.clone()));
    for (name, value) in flips.chain(unset).chain(newer) {
        let mut config = settings().config();
        config.insert(name.to_owned(), value);
        match &*settings().differences(&config) {
            [one] => named.push(one.clone()),
            [] => named.push(format!("{name} may differ")),
            more => panic!("one setting is another one, and named are {more:?}"),
        }
    }
    named.sort();
    named.dedup();
    let expected = [
        "allow_atomic is true, must be false",
        "allow_batched is true, must be false",
        "allow_direct is false, must be true",
        "allow_msg_counter is true, must be false",
        "allow_msg_schedules is true, must be false",
        "allow_msg_ttl is true, must be false",
        "allow_rollup_hdrs is true, must be false",
        "compression may differ",
        r#"consumer_limits is {"inactive_threshold":1000000000,"max_ack_pending":1}, must be {"inactive_threshold":300000000000,"max_ack_pending":-1}"#,
        "deny_delete is false, must be true",
        "deny_purge is false, must be true",
        "description may differ",
        "discard is old, must be new",
        "discard_new_per_subject is true, must be false",
        "duplicate_window is 120s, must be 100ms",
        "first_seq may differ",
        "max_age is 3600s, must be unset",
        "max_bytes is 5, must be unlimited",
        "max_consumers is 1, must be unlimited",
        "max_msg_size is 300, must be unlimited",
        "max_msgs is 5, must be unlimited",
        "max_msgs_per_subject is 5, must be unlimited",
        r#"mirror is {"name":"ELSEWHERE"}, must be unset"#,
        "mirror_direct is true, must be false",
        "name is OTHER, must be WALLET_1",
        "no_ack is true, must be false",
        "num_replicas is 0, must be 1",
        "number of shards is 4, must be 2",
        "of_tomorrow is yes, must be unset",
        "pause_until is 2026-11-30T00:00:00Z, must be unset",
        "persist_mode is async, must be unset",
        "placement may differ",
        r#"republish is {"dest":"copy.>","headers_only":false,"src":">"}, must be unset"#,
        "retention is workqueue, must be limits",
        "sealed is true, must be false",
        r#"sources is [{"name":"ELSEWHERE"}], must be unset"#,
        "storage is memory, must be file",
        "subject_delete_marker_ttl is 1s, must be unset",
        r#"subject_transform is {"dest":"moved.>","src":">"}, must be unset"#,
        r#"subjects is ["wallet.>"], must be ["wallet.1.>"]"#,
        "template_owner is somebody, must be unset",
    ];
    assert_eq!(named, expected);
}

#[test]
fn lenient_settings_may_differ() {
    let mut config = settings().config();
    config.insert("num_replicas".to_owned(), 3.into());
    config["metadata"]["_nats.server.version"] = "2.15.0".into();
    for (name, zero) in [
        ("sealed", json!(false)),
        ("sources", json!([])),
        ("mirror", Value::Null),
    ] {
        config.insert(name.to_owned(), zero);
    }
    assert_eq!(settings().differences(&config), Vec::<String>::new());
    config["metadata"] = json!({});
    config.remove("deny_purge");
    let expected = [
        "deny_purge is unset, must be true",
        "number of shards is not recorded, must be 2",
    ];
    assert_eq!(settings().differences(&config), expected);
}

#[test]
fn the_library_round_trips_our_settings() {
    let config = settings().config();
    let read: Config = serde_json::from_value(Value::Object(config.clone())).unwrap();
    let written = serde_json::to_value(read).unwrap();
    assert_eq!(
        settings().differences(written.as_object().unwrap()),
        Vec::<String>::new()
    );
    for name in config.keys() {
        assert_eq!(written.get(name), config.get(name), "{name}");
    }
}
