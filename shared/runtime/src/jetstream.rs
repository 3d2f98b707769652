//! The bus on NATS JetStream.
//!
//! A shard's stream is read by an ephemeral pull consumer that starts behind our own position: no acks, no redelivery, in
//! stream order. Each message must be the next one; any irregularity ends the reader, and the loop opens a new one from
//! its position. (The library's own ordered consumer does the same, but asks for 500 messages at a time whatever their
//! size: a service that is behind would hold hundreds of megabytes.)

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{
    Compression, Config, ConsumerLimits, DiscardPolicy, Info, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{self, context};
use async_nats::{Client, ConnectOptions, ServerAddr};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use percent_encoding::percent_decode_str;
use tracing::{info, warn};
use wallet_contract::envelope::CONTENT_TYPE;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream::{self, Settings};

use crate::bus::{Bus, Error, Message, Notice};

/// How long a publish may wait for its acknowledgement before it is repeated.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// What one pull may bring: bounds the memory of a reader that is behind, for each shard.
const PULL_BYTES: usize = 2 * 1024 * 1024;
/// How many messages one pull may bring.
const PULL_MESSAGES: usize = 4096;
/// How long one pull waits for messages.
const PULL_EXPIRES: Duration = Duration::from_secs(10);
/// A pull that hears nothing for twice this long has lost its server, and the reader is opened anew.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The server forgets a consumer that nobody has read from for this long.
const ABANDONED: Duration = Duration::from_mins(1);

/// A connection to NATS that knows the shards' streams.
#[derive(Clone, Debug)]
pub struct JetStream {
    context: jetstream::Context,
    shards: Shards,
    replicas: usize,
}

impl JetStream {
    /// Connects, and checks that the server is one that we can work with.
    ///
    /// The inbox prefix is `_INBOX_<user>`, so that a user's permissions can keep others out of it.
    pub async fn connect(url: &str, name: &str, shards: Shards, replicas: usize) -> Result<Self, Error> {
        let address: ServerAddr = url
            .parse()
            .map_err(|error| Error::Unfit(format!("NATS URL: {error}")))?;
        let host = format!("{}:{}", address.host(), address.port());
        let unreachable = |error: async_nats::ConnectError| {
            Error::Nats(format!(
                "no connection to {host}: {error}; is nats-server running there, and the password right?"
            ))
        };
        let mut options = ConnectOptions::new()
            .name(name)
            .max_reconnects(None)
            .connection_timeout(Duration::from_secs(5))
            .event_callback(|event| async move { log(&event) });
        // The library takes no name from the URL.
        let part = |text: Option<&str>| {
            percent_decode_str(text.unwrap_or_default())
                .decode_utf8_lossy()
                .into_owned()
        };
        if address.username().is_some() {
            let (user, password) = (part(address.username()), part(address.password()));
            options = options
                .custom_inbox_prefix(format!("_INBOX_{user}"))
                .user_and_password(user, password);
        }
        let client = options.connect(address).await.map_err(unreachable)?;
        check_server(&client)?;
        let mut context = context::ContextBuilder::new()
            .timeout(ACK_TIMEOUT)
            .ack_timeout(ACK_TIMEOUT)
            .max_ack_inflight(256)
            .build(client);
        context.set_timeout(ACK_TIMEOUT);
        Ok(Self {
            context,
            shards,
            replicas,
        })
    }

    /// The last sequence of `shard`'s stream.
    pub async fn last_sequence(&self, shard: Shard) -> Result<u64, Error> {
        let stream = self.context.get_stream(stream::name(shard)).await.map_err(nats)?;
        Ok(stream.cached_info().state.last_sequence)
    }

    /// Sends what is buffered, before leaving.
    pub async fn flush(&self) {
        if let Err(error) = self.context.client().flush().await {
            warn!(%error, "NATS: {error}");
        }
    }

    async fn get_or_create(&self, settings: &Settings) -> Result<Info, Error> {
        match self.context.get_stream(&settings.name).await {
            Ok(stream) => Ok(stream.cached_info().clone()),
            Err(error) => match error.kind() {
                context::GetStreamErrorKind::JetStream(code) if code.code() == 404 => {
                    info!(stream = %settings.name, "creating stream {}", settings.name);
                    let stream = self.context.create_stream(config(settings)).await.map_err(nats)?;
                    Ok(stream.cached_info().clone())
                }
                context::GetStreamErrorKind::JetStream(code) if code.code() == 503 => {
                    Err(Error::Unfit(format!(
                        "the NATS server has no JetStream ({code}): start it with `jetstream {{ … }}` in its configuration"
                    )))
                }
                context::GetStreamErrorKind::EmptyName
                | context::GetStreamErrorKind::Request
                | context::GetStreamErrorKind::InvalidStreamName
                | context::GetStreamErrorKind::JetStream(_) => Err(nats(error)),
            },
        }
    }
}

impl Bus for JetStream {
    type Reader = Reader;

    async fn ready(&self, shard: Shard, position: u64) -> Result<(), Error> {
        check_server(&self.context.client())?;
        let settings = stream::settings(shard, self.shards, self.replicas);
        let info = self.get_or_create(&settings).await?;
        let wrong = differences(&settings, &info.config);
        if !wrong.is_empty() {
            let (name, wrong) = (&settings.name, wrong.join("; "));
            return Err(Error::Unfit(format!(
                "stream {name} is not as it must be: {wrong}"
            )));
        }
        let last = info.state.last_sequence;
        if last < position || info.state.first_sequence > position.saturating_add(1) {
            return Err(Error::LostData {
                stream: settings.name,
                last,
                position,
            });
        }
        Ok(())
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<Reader, Error> {
        let name = stream::name(shard);
        let stream = self.context.get_stream_no_info(&name).await.map_err(nats)?;
        let start_sequence = position.saturating_add(1);
        let consumer = stream.create_consumer(pull::Config {
            description: Some("reads behind a position that stands in its own database".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ack_policy: AckPolicy::None,
            replay_policy: ReplayPolicy::Instant,
            inactive_threshold: ABANDONED,
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        });
        let consumer = consumer.await.map_err(nats)?;
        let pull = consumer
            .stream()
            .max_messages_per_batch(PULL_MESSAGES)
            .max_bytes_per_batch(PULL_BYTES)
            .expires(PULL_EXPIRES)
            .heartbeat(HEARTBEAT);
        let messages = pull.messages().await.map_err(nats)?;
        Ok(Reader {
            name,
            messages,
            expected: start_sequence,
        })
    }

    async fn publish(&self, subject: String, payload: Bytes) -> Result<(), Error> {
        let message = PublishMessage::build()
            .header("content-type", CONTENT_TYPE)
            .payload(payload);
        let ack = self.context.send_publish(subject, message).await.map_err(nats)?;
        ack.await.map_err(nats)?;
        Ok(())
    }

    async fn tell(&self, notice: Notice) -> Result<(), Error> {
        self.context
            .client()
            .publish(notice.subject, notice.payload.into())
            .await
            .map_err(nats)
    }
}

/// Reads one shard's stream.
pub struct Reader {
    name: String,
    messages: pull::Stream,
    expected: u64,
}

impl crate::bus::Reader for Reader {
    async fn take(&mut self, max_weight: usize) -> Result<Vec<Message>, Error> {
        let ended = || Error::Nats(format!("the reader of {} ended", self.name));
        let first = self.messages.next().await.ok_or_else(ended)?;
        let mut taken = vec![self.check(first)?];
        let mut weight = taken[0].weight();
        while weight < max_weight {
            let Some(Some(next)) = self.messages.next().now_or_never() else {
                break;
            };
            let message = self.check(next)?;
            weight = weight.saturating_add(message.weight());
            taken.push(message);
        }
        Ok(taken)
    }
}

impl Reader {
    /// A stream has no gaps (nothing is ever deleted), so each message must be the next one.
    fn check(&mut self, message: Result<jetstream::Message, pull::MessagesError>) -> Result<Message, Error> {
        let message = message.map_err(nats)?;
        let info = message.info().map_err(nats)?;
        let (sequence, nanoseconds) = (info.stream_sequence, info.published.unix_timestamp_nanos());
        if sequence != self.expected {
            return Err(Error::Gap {
                stream: self.name.clone(),
                expected: self.expected,
                got: sequence,
            });
        }
        self.expected = sequence.saturating_add(1);
        let header = |name: &str| {
            message
                .headers
                .as_ref()
                .and_then(|headers| headers.get(name))
                .map(|value| value.as_str().to_owned())
        };
        Ok(Message {
            traceparent: header("traceparent"),
            event_id: header("ce-id"),
            sequence,
            at_us: i64::try_from(nanoseconds / 1000).unwrap_or_default(),
            subject: message.message.subject.into_string(),
            // A copy: the original is a slice of the connection's read buffer and would keep all of it.
            payload: Bytes::copy_from_slice(&message.message.payload),
        })
    }
}

/// The settings of a stream, in full.
fn config(settings: &Settings) -> Config {
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
        compression: Some(Compression::S2),
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

fn check_server(client: &Client) -> Result<(), Error> {
    let info = client.server_info();
    let mut parts = info.version.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u64, u64) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < stream::MIN_SERVER_VERSION {
        let (major, minor) = stream::MIN_SERVER_VERSION;
        return Err(Error::Unfit(format!(
            "the NATS server is version {}: use {major}.{minor} or newer, older ones silently ignore settings",
            info.version
        )));
    }
    if info.max_payload > PULL_BYTES {
        return Err(Error::Unfit(format!(
            "the NATS server takes messages of up to {} bytes, more than the {PULL_BYTES} that are read at once: set \
             max_payload in its configuration, 1MB is what the wallet is made for",
            info.max_payload
        )));
    }
    if !info.jetstream {
        return Err(Error::Unfit(
            "the NATS server has no JetStream: start it with `jetstream { … }` in its configuration"
                .to_owned(),
        ));
    }
    Ok(())
}

fn log(event: &async_nats::Event) {
    match event {
        async_nats::Event::Connected => info!("NATS: connected"),
        async_nats::Event::LameDuckMode | async_nats::Event::Draining | async_nats::Event::Closed => {
            info!("NATS: {event}");
        }
        // A publish that the server refuses for lack of permission shows only here.
        async_nats::Event::Disconnected
        | async_nats::Event::SlowConsumer(_)
        | async_nats::Event::ServerError(_)
        | async_nats::Event::ClientError(_) => warn!("NATS: {event}"),
    }
}

fn nats(error: impl std::fmt::Display) -> Error {
    Error::Nats(error.to_string())
}
