//! Appends to subjects with one writer, and reads one subject of a stream.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, ReplayPolicy, pull};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt;
use wallet_contract::envelope::{self, CONTENT_TYPE};
use wallet_contract::shard::Shard;
use wallet_contract::skip::Skip;
use wallet_contract::stream;
use wallet_contract::subject::{Service, healed, skipped};
use wallet_engine::bus::{Append, Error, Message};
use wallet_engine::shard_loop::{Limits, record};
use wallet_engine::store::Outgoing;

use super::reader::message;
use super::{JetStream, WRITER, nats};

/// The writer of restored messages.
const HEALER: &str = "wallet heal";
/// The server removes a consumer that nobody has read from for this long.
const ABANDONED: Duration = Duration::from_secs(5);
/// How long to wait for a message that is in the stream.
const MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// How far back a message with a writer is searched for at once, in messages of the whole stream. There are messages without one only if
/// a client forges them.
const BACK: u64 = 10_000;
/// The size of the messages that are read at once to find it.
const BACK_WEIGHT: usize = 1024 * 1024;

/// One subject of a shard's stream.
pub(super) struct On<'a> {
    pub(super) shard: Shard,
    pub(super) subject: &'a str,
    pub(super) from: DeliverPolicy,
}

impl JetStream {
    async fn consumer(&self, on: &On<'_>) -> Result<Consumer<pull::Config>, Error> {
        let stream = self.context.get_stream_no_info(stream::name(on.shard)).await;
        let stream = stream.map_err(nats)?;
        let created = stream.create_consumer(pull::Config {
            description: Some("reads one subject".to_owned()),
            deliver_policy: on.from,
            filter_subject: on.subject.to_owned(),
            ack_policy: AckPolicy::None,
            replay_policy: ReplayPolicy::Instant,
            inactive_threshold: ABANDONED,
            num_replicas: 1,
            memory_storage: true,
            ..pull::Config::default()
        });
        created.await.map_err(nats)
    }

    /// Messages on a subject, up to a sequence and about a weight.
    pub(super) async fn take_on(
        &self,
        on: &On<'_>,
        until: u64,
        max_weight: usize,
    ) -> Result<Vec<Message>, Error> {
        let consumer = self.consumer(on).await?;
        let mut pending = consumer.cached_info().num_pending;
        let mut taken = Vec::new();
        if pending == 0 {
            return Ok(taken);
        }
        let pull = consumer
            .stream()
            .max_messages_per_batch(512)
            .max_bytes_per_batch(stream::MAX_PAYLOAD_BYTES)
            .expires(MESSAGE_WITHIN);
        let mut messages = pull.messages().await.map_err(nats)?;
        let mut weight = 0_usize;
        while pending > 0 && weight < max_weight {
            let next = tokio::time::timeout(MESSAGE_WITHIN, messages.next()).await;
            let next = next.map_err(|_| nats(format_args!("no message on {}", on.subject)))?;
            let Some(next) = next else { break };
            let next = next.map_err(nats)?;
            pending = next.info().map_err(nats)?.pending;
            let next = message(next)?;
            if next.sequence > until {
                break;
            }
            weight = weight.saturating_add(next.payload.len().max(1));
            taken.push(next);
        }
        Ok(taken)
    }

    pub(super) async fn append_once(&self, append: &Append) -> Result<Option<u64>, Error> {
        let message = PublishMessage::build()
            .header("content-type", CONTENT_TYPE)
            .header(WRITER, append.writer.as_str())
            .expected_last_subject_sequence(append.after)
            .payload(append.payload.clone());
        let sent = self.context.send_publish(append.subject.clone(), message).await;
        match sent.map_err(nats)?.await {
            Ok(stored) => Ok(Some(stored.sequence)),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(None),
            Err(error) => Err(nats(error)),
        }
    }

    /// The last message on a subject, and the last one with a writer.
    pub(super) async fn last_on(&self, shard: Shard, subject: &str) -> Result<(u64, Option<Message>), Error> {
        let on = |from| On { shard, subject, from };
        let last = self
            .take_on(&on(DeliverPolicy::LastPerSubject), u64::MAX, 1)
            .await?;
        let Some(last) = last.into_iter().next() else {
            return Ok((0, None));
        };
        let end = last.sequence;
        if last.writer.is_some() {
            return Ok((end, Some(last)));
        }
        let mut until = end;
        while until > 0 {
            let mut after = until.saturating_sub(BACK);
            let (from, mut found) = (after, None);
            loop {
                let start_sequence = after.saturating_add(1);
                let read = on(DeliverPolicy::ByStartSequence { start_sequence });
                let read = self.take_on(&read, until, BACK_WEIGHT).await?;
                let Some(last) = read.last() else { break };
                after = last.sequence;
                found = read
                    .into_iter()
                    .rfind(|message| message.writer.is_some())
                    .or(found);
            }
            if found.is_some() {
                return Ok((end, found));
            }
            until = from;
        }
        Ok((end, None))
    }
}

impl JetStream {
    /// Says in the log of a shard what `service` skips.
    pub async fn skip(&self, service: Service, shard: Shard, skip: Skip) -> Result<(), Error> {
        let message = PublishMessage::build()
            .header(WRITER, HEALER)
            .payload(serde_json::to_vec(&skip).map_err(nats)?.into());
        let sent = self.context.send_publish(skipped(shard, service), message).await;
        self.unless_lost(async { sent.map_err(nats)?.await.map_err(nats) })
            .await?;
        Ok(())
    }

    /// Puts events of `service` on shard `from` back into the log of shard `to`, in this order.
    pub async fn restore(
        &self,
        service: Service,
        from: Shard,
        to: Shard,
        events: &[Outgoing],
    ) -> Result<(), Error> {
        let subject = healed(to, service, from);
        for envelope in record::envelopes(events, Limits::default()) {
            let message = PublishMessage::build()
                .header("content-type", CONTENT_TYPE)
                .header(WRITER, HEALER)
                .payload(envelope::join(envelope.iter().map(|event| &*event.json)).into());
            let stored = async {
                let sent = self.context.send_publish(subject.clone(), message).await;
                sent.map_err(nats)?.await.map_err(nats)
            };
            self.unless_lost(stored).await?;
        }
        Ok(())
    }
}
