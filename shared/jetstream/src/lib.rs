//! The engine's bus on NATS `JetStream`, as `wallet-db` is its store. The client does without this crate: it only publishes requests.
//!
//! | part | does |
//! |---|---|
//! | `append` | appends to subjects with one writer, and reads one subject |
//! | `connect` | connects, and logs the connection's events |
//! | `streams` | creates a shard's stream, or checks the existing one |
//! | `reader` | reads it from our own position on |
//! | `roll_call` | asks all instances of all services for their state |
//!
//! This module itself sends outcomes.

mod append;
mod connect;
mod reader;
mod roll_call;
mod streams;

pub use reader::Reader;

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;
use tracing::warn;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream;
use wallet_engine::bus::{Append, Bus, Error, Head, Known, Loss, Message, Notice, Reader as _};
use wallet_nats::Lost;

use self::append::On;

/// Timeout for reading a message that is in the stream.
const MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// Timeout for asking where a stream ends: the lease must be renewed meanwhile.
const HEAD_WITHIN: Duration = Duration::from_millis(500);
/// The header with the tenure that writes a message: see [`Message::writer`].
const WRITER: &str = "wallet-writer";

/// The part of the stream info that the library omits, and its context.
#[derive(Deserialize)]
struct Answer {
    state: End,
    ts: Timestamp,
}

#[derive(Deserialize)]
struct End {
    last_seq: u64,
}

/// A connection to NATS that knows the shards' streams.
#[derive(Clone, Debug)]
pub struct JetStream {
    context: Context,
    lost: Lost,
    shards: Shards,
    replicas: usize,
}

impl JetStream {
    /// The last sequence of `shard`'s stream.
    pub async fn last_sequence(&self, shard: Shard) -> Result<u64, Error> {
        let stream = self.context.get_stream(stream::name(shard)).await.map_err(nats)?;
        Ok(stream.cached_info().state.last_sequence)
    }

    /// The last sequence of `shard`'s stream, and when that message was stored, microseconds since 1970.
    pub async fn end(&self, shard: Shard) -> Result<(u64, i64), Error> {
        let stream = self.context.get_stream(stream::name(shard)).await.map_err(nats)?;
        let state = &stream.cached_info().state;
        let stored_us = state.last_timestamp.unix_timestamp_nanos() / 1_000;
        Ok((state.last_sequence, i64::try_from(stored_us).unwrap_or(0)))
    }

    /// When the message at `position` of `shard`'s stream was stored, microseconds since 1970; none if it is missing.
    pub async fn stored_at(&self, shard: Shard, position: u64) -> Result<Option<i64>, Error> {
        let message = self.message(shard, position).await?;
        Ok(message.map(|message| message.at_us))
    }

    /// The message at `position` of `shard`'s stream; none if it is missing.
    pub async fn message(&self, shard: Shard, position: u64) -> Result<Option<Message>, Error> {
        let stream = self.context.get_stream(stream::name(shard)).await.map_err(nats)?;
        let state = &stream.cached_info().state;
        if position == 0 || !(state.first_sequence..=state.last_sequence).contains(&position) {
            return Ok(None);
        }
        let mut reader = Reader::open(&self.context, shard, position - 1).await?;
        let taken = timeout(MESSAGE_WITHIN, reader.take(1)).await;
        match taken.map_err(|_| nats(format_args!("message {position} of shard {shard} did not arrive")))? {
            Ok(taken) => Ok(taken.into_iter().next()),
            // The message is missing.
            Err(Error::Gap { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the server of the current connection meets the requirements.
    fn check_server(&self) -> Result<(), Error> {
        let info = self.context.client().server_info();
        wallet_nats::check(&info, &info.server_name).map_err(connect::bus_error)
    }

    /// Checks that `shard`'s stream has the required settings and holds what we have read.
    async fn look(&self, shard: Shard, known: Known) -> Result<(), Error> {
        self.check_server()?;
        self.open_stream(shard, known).await?;
        let Known { position, at_us, .. } = known;
        let found_us = self.stored_at(shard, position).await?;
        if found_us.is_some_and(|found_us| found_us > at_us) {
            let (stream, how) = (stream::name(shard), Loss::Other { position });
            return Err(Error::LostData { stream, how });
        }
        Ok(())
    }

    /// Awaits a request to the server, but fails at once if the connection is lost, because no answer can come then.
    async fn unless_lost<T>(&self, request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            // Makes the order of polling deterministic.
            biased;
            answered = request => answered,
            () = self.lost.next() => Err(nats("the connection was lost")),
        }
    }

    /// Sends buffered data before shutdown; skipped while there is no connection.
    pub async fn flush(&self) {
        if self.context.client().connection_state() != State::Connected {
            return;
        }
        if let Err(error) = self.context.client().flush().await {
            warn!(%error, "NATS: {error}");
        }
    }
}

impl Bus for JetStream {
    type Reader = Reader;

    async fn ready(&self, shard: Shard, known: Known) -> Result<(), Error> {
        self.unless_lost(self.look(shard, known)).await
    }

    async fn check(&self, shard: Shard, whole_from: u64) -> Result<(), Error> {
        self.check_server()?;
        self.unless_lost(self.check_stream(shard, whole_from)).await
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<Reader, Error> {
        self.unless_lost(Reader::open(&self.context, shard, position))
            .await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        let subject = format!("STREAM.INFO.{}", stream::name(shard));
        let request = self.context.request(subject, &());
        let answer = timeout(HEAD_WITHIN, request).await;
        match answer.map_err(|_| nats("the server did not report where the stream ends"))? {
            Ok(Response::Ok(Answer { state, ts })) => Ok(Head {
                sequence: state.last_seq,
                clock_us: ts.as_microsecond(),
            }),
            Ok(Response::Err { error }) => Err(nats(error)),
            Err(error) => Err(nats(error)),
        }
    }

    async fn append(&self, message: &Append) -> Result<Option<u64>, Error> {
        self.unless_lost(self.append_once(message)).await
    }

    async fn on(
        &self,
        shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        max_weight: usize,
    ) -> Result<Vec<Message>, Error> {
        let start_sequence = after.saturating_add(1);
        let on = On {
            shard,
            subject,
            from: DeliverPolicy::ByStartSequence { start_sequence },
        };
        self.unless_lost(self.take_on(&on, until, max_weight)).await
    }

    async fn last(&self, shard: Shard, subject: &str) -> Result<(u64, Option<Message>), Error> {
        self.unless_lost(self.last_on(shard, subject)).await
    }

    async fn notify(&self, notice: Notice) -> Result<(), Error> {
        self.context
            .client()
            .publish(notice.subject, notice.payload.into())
            .await
            .map_err(nats)
    }
}

fn nats(error: impl std::fmt::Display) -> Error {
    Error::Nats(error.to_string())
}
