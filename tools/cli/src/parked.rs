//! Parked messages in their shard's log, and operators' instructions about them.
//!
//! | part | does |
//! |---|---|
//! | here | reads both, and publishes a further instruction |
//! | `editing` | the corrected text of a request |

mod editing;

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::time::timeout;
use wallet_contract::parking::{Action, Instruction};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::parking;

pub use editing::Edited;

use crate::args::ParkedId;
use wallet_audit::entry::{self, Message};
use wallet_audit::live;
use wallet_client::connect::Connection;

/// Timeout for a message: it is in the log, so it only has to arrive.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);

/// A message, or an element of one, as it is in the log.
#[derive(Clone, Debug)]
pub struct Original {
    /// The id under which it is parked.
    pub id: ParkedId,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was stored.
    pub at: Timestamp,
    message: Message,
}

/// An operator's instruction in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its sequence.
    pub sequence: u64,
    /// When it was stored.
    pub at: Timestamp,
    /// The action.
    pub action: Action,
}

/// Reads a parked message from its shard's log.
pub async fn original(connection: &Connection, id: ParkedId) -> Result<Original> {
    let log = log(connection, id.shard).await?;
    let mut messages = live::reader(&log, id.sequence).await?;
    let message = next(&mut messages, id.shard).await?;
    let at = stored_at(&message)?;
    let message = live::received(&message)?;
    let element = id.index.and_then(|index| entry::text(&message, id.shard, index));
    Ok(Original {
        id,
        subject: message.subject.clone(),
        text: element.unwrap_or_else(|| String::from_utf8_lossy(&message.payload).into_owned()),
        at,
        message,
    })
}

/// The instructions about it, in log order: the first that can be carried out is.
pub async fn recorded(connection: &Connection, id: ParkedId) -> Result<Vec<Recorded>> {
    let config = OrderedConfig {
        filter_subject: parking(id.shard, id.service),
        ..live::from(id.sequence.saturating_add(1))
    };
    let consumer = log(connection, id.shard).await?.create_consumer(config).await;
    let mut consumer = consumer.context("the log can't be read: check that this NATS user may read it")?;
    let pending = consumer.info().await?.num_pending;
    let mut messages = consumer.messages().await.context("the log can't be read")?;
    let mut recorded = Vec::new();
    for _ in 0..pending {
        let message = next(&mut messages, id.shard).await?;
        let Ok(instruction) = Instruction::read(&message.payload) else {
            continue;
        };
        if instruction.place == id.place() {
            recorded.push(Recorded {
                sequence: live::received(&message)?.sequence,
                at: stored_at(&message)?,
                action: instruction.action,
            });
        }
    }
    Ok(recorded)
}

/// Publishes an instruction about a parked message; returns its sequence.
pub async fn record(connection: &Connection, id: ParkedId, action: Action) -> Result<u64> {
    let instruction = Instruction {
        place: id.place(),
        action,
    };
    let subject = parking(id.shard, id.service);
    let stored = connection.put(&subject, Vec::new(), instruction.write()).await?;
    Ok(stored.sequence)
}

async fn log(connection: &Connection, shard: Shard) -> Result<jetstream::stream::Stream<()>> {
    let name = stream::name(shard);
    Ok(connection.jetstream().get_stream_no_info(&name).await?)
}

async fn next(messages: &mut jetstream::consumer::pull::Ordered, shard: Shard) -> Result<jetstream::Message> {
    let name = stream::name(shard);
    let next = timeout(MESSAGE_WITHIN, messages.next()).await;
    let next = next.with_context(|| format!("stream {name}: no message within {MESSAGE_WITHIN:?}"))?;
    Ok(next.with_context(|| format!("stream {name}: the reader ended"))??)
}

fn stored_at(message: &jetstream::Message) -> Result<Timestamp> {
    let info = message
        .info()
        .map_err(|error| anyhow!("a message has no position: {error}"))?;
    Ok(Timestamp::from_nanosecond(info.published.unix_timestamp_nanos())?)
}
