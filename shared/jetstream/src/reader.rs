//! Our own pull consumer: reads one shard's stream from a position on, without gaps.
//!
//! The consumer is ephemeral: no acks, no redelivery, in stream order. Each message must be the next one; any irregularity ends
//! the reader, and the loop opens a new one from its position. (The library's own ordered consumer does the same, but requests
//! 500 messages at a time whatever their size: a service that is catching up would hold hundreds of megabytes.)

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, ReplayPolicy, pull};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use wallet_contract::headers::Headers;
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_engine::bus::{self, Error, Message};

use super::{WRITER, nats};

/// The most messages in one pull.
const PULL_MESSAGES: usize = 4096;
/// How long one pull waits for messages.
const PULL_EXPIRES: Duration = Duration::from_secs(10);
/// A pull without a sign of life for twice this long has lost its server, and the reader is reopened.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The server removes a consumer that nobody has read from for this long.
const ABANDONED: Duration = Duration::from_mins(1);

/// Reads one shard's stream.
pub struct Reader {
    name: String,
    messages: pull::Stream,
    expected: u64,
    client: Client,
    connects: u64,
}

impl Reader {
    /// Opens a consumer on `shard`'s stream, from the message after `position` on.
    pub(super) async fn open(context: &Context, shard: Shard, position: u64) -> Result<Self, Error> {
        let name = stream::name(shard);
        let client = context.client();
        let connects = connects(&client);
        let stream = context.get_stream_no_info(&name).await.map_err(nats)?;
        let start_sequence = position.saturating_add(1);
        let consumer = stream.create_consumer(pull::Config {
            description: Some("reads after a position that is stored in its own database".to_owned()),
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
            .max_bytes_per_batch(stream::MAX_PAYLOAD_BYTES)
            .expires(PULL_EXPIRES)
            .heartbeat(HEARTBEAT);
        let messages = pull.messages().await.map_err(nats)?;
        Ok(Self {
            name,
            messages,
            expected: start_sequence,
            client,
            connects,
        })
    }

    /// A stream has no gaps (nothing is ever deleted), so each message must be the next one.
    fn check(&mut self, message: Result<jetstream::Message, pull::MessagesError>) -> Result<Message, Error> {
        let message = message.map_err(nats)?;
        let info = message.info().map_err(nats)?;
        let sequence = info.stream_sequence;
        if sequence != self.expected {
            return Err(Error::Gap {
                stream: self.name.clone(),
                expected: self.expected,
                got: sequence,
            });
        }
        self.expected = sequence.saturating_add(1);
        self::message(message)
    }
}

/// A message of a stream.
pub(super) fn message(message: jetstream::Message) -> Result<Message, Error> {
    let info = message.info().map_err(nats)?;
    let (sequence, nanoseconds) = (info.stream_sequence, info.published.unix_timestamp_nanos());
    let headers = message.headers.as_ref();
    let header = |name| headers.and_then(|headers| headers.get(name));
    let writer = header(WRITER).map(|writer| writer.as_str().to_owned());
    let Headers {
        traceparent,
        event_id,
    } = headers.map(read_headers).unwrap_or_default();
    Ok(Message {
        traceparent,
        event_id,
        writer,
        sequence,
        at_us: i64::try_from(nanoseconds / 1000).unwrap_or_default(),
        subject: message.message.subject.into_string(),
        // A copy: the original is a slice of the connection's read buffer and would keep the whole buffer alive.
        payload: Bytes::copy_from_slice(&message.message.payload),
    })
}

fn read_headers(headers: &HeaderMap) -> Headers {
    let all = headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    Headers::read(all.map(|(name, value)| (AsRef::<str>::as_ref(name), value.as_str())))
}

impl bus::Reader for Reader {
    /// Must be called again now and then even while no message arrives: messages in flight when a connection broke are lost, the
    /// server considers them delivered, and without a next message the gap would go unnoticed.
    async fn take(&mut self, max_weight: usize) -> Result<Vec<Message>, Error> {
        if connects(&self.client) != self.connects {
            let name = &self.name;
            return Err(Error::Nats(format!(
                "the connection was lost: reading {name} again from the last position"
            )));
        }
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

/// How often this client has connected so far.
fn connects(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Relaxed)
}
