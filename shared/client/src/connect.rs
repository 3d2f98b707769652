//! The way to NATS: a connection that is known to be good, and requests that are known to stand in the log.
//!
//! A request is published without its shard, and the server's mapping inserts it. A server without the mapping says so
//! (nobody listens there, or nobody may speak there); then the shard is computed here, from the number that stands with
//! the streams. A request that was not acknowledged is published again: its id makes that harmless.

mod server;
mod streams;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use async_nats::jetstream::context::{self, GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::{Client, jetstream};
use bytes::Bytes;
use tokio::sync::{OnceCell, broadcast};
use tokio::time::{Instant, sleep};
use wallet_contract::headers::TRACEPARENT;
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream;
use wallet_contract::subject::Verb;
use wallet_nats::Lost;

pub use server::{connect, route};

/// How often it is tried in all.
const ATTEMPTS: u32 = 3;
/// The servers of a cluster that have lost a stream's leader wait for four to nine seconds until they elect another.
const ELECTED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks whether they have.
const ELECTION: Duration = Duration::from_millis(250);

/// A connection to a NATS server that is new enough and has `JetStream`.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    context: jetstream::Context,
    host: String,
    lost: Lost,
    shards: OnceCell<Shards>,
    without_mapping: AtomicBool,
    denials: broadcast::Sender<String>,
}

/// The error of a request that may or may not stand in the log.
#[derive(Debug)]
pub struct NoAck(String);

impl fmt::Display for NoAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoAck {}

/// Why one attempt to publish did not work.
enum Attempt {
    NoStream,
    Denied(String),
    NoAck(String),
    Failed(anyhow::Error),
}

impl Connection {
    /// The NATS client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// `JetStream` on this connection.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.context
    }

    /// Where the server is, without a password.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What the server refuses to do for this user, as it says it.
    pub fn denials(&self) -> broadcast::Receiver<String> {
        self.denials.subscribe()
    }

    /// The number of shards, as it is recorded with the streams.
    pub async fn shards(&self) -> Result<Shards> {
        let read = async || {
            let host = &self.host;
            self.recorded_shards().await?.with_context(|| {
                format!("there is no wallet on the NATS server at {host}: start the services (`wallet up`), they make the streams")
            })
        };
        self.shards.get_or_try_init(read).await.copied()
    }

    /// The number of shards as it is recorded; nothing if there are no streams yet.
    pub async fn recorded_shards(&self) -> Result<Option<Shards>> {
        let (name, host) = (stream::name(Shard(0)), &self.host);
        let found = match self.context.get_stream(&name).await {
            Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(code) if code.code() == 404) =>
            {
                return Ok(None);
            }
            found => found,
        };
        let found = found.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(code) => anyhow!("stream {name} at {host}: {code}"),
            GetStreamErrorKind::Request | GetStreamErrorKind::EmptyName | GetStreamErrorKind::InvalidStreamName => {
                anyhow!("stream {name} at {host} can't be asked ({error}): has this user JetStream, and the right to $JS.API.STREAM.INFO.{name}?")
            }
        })?;
        let recorded = found.cached_info().config.metadata.get(stream::SHARDS_KEY);
        let recorded = recorded.with_context(|| {
            format!(
                "stream {name} at {host} has no {:?} in its metadata: it is not a wallet's",
                stream::SHARDS_KEY
            )
        })?;
        let strange = || {
            format!(
                "stream {name} at {host} has {:?} {recorded:?}",
                stream::SHARDS_KEY
            )
        };
        Ok(Some(Shards::new(recorded.parse().with_context(strange)?)?))
    }

    /// Puts a request into the log of its account's shard and says where it stands.
    ///
    /// `body` is published as it is; it need not be a sound request.
    pub async fn request(
        &self,
        verb: Verb,
        account: &AccountId,
        body: impl Into<Bytes>,
        traceparent: Option<&str>,
    ) -> Result<PublishAck> {
        let body = body.into();
        let headers = traceparent.map(|value| (TRACEPARENT, value.to_owned()));
        let headers: Vec<_> = headers.into_iter().collect();
        let limit = self.client.server_info().max_payload;
        if body.len() > limit {
            bail!(
                "a request of {} bytes: the NATS server at {} takes at most {limit}",
                body.len(),
                self.host
            );
        }
        if !self.without_mapping.load(Ordering::Relaxed) {
            let subject = verb.unmapped_subject(account);
            match self.publish(&subject, &headers, &body).await {
                Ok(ack) => return Ok(ack),
                Err(Attempt::NoStream) => {}
                Err(Attempt::Denied(text)) if text.contains(&format!("\"{subject}\"")) => {}
                Err(attempt) => return Err(self.explain(attempt, verb, account)),
            }
        }
        let subject = verb.subject(self.shards().await?.of(account), account);
        let published = self.deliver(&subject, &headers, &body).await;
        let ack = published.map_err(|attempt| self.explain(attempt, verb, account))?;
        self.without_mapping.store(true, Ordering::Relaxed);
        Ok(ack)
    }

    /// Puts a message into a shard's log, on a subject that the server need not map.
    pub async fn put(
        &self,
        subject: &str,
        headers: Vec<(&'static str, String)>,
        body: impl Into<Bytes>,
    ) -> Result<PublishAck> {
        let (host, body) = (&self.host, body.into());
        let published = self.deliver(subject, &headers, &body).await;
        published.map_err(|attempt| match attempt {
            Attempt::NoStream => anyhow!("no stream on the NATS server at {host} takes {subject}: are the services running?"),
            Attempt::Denied(text) => anyhow!("this user may not publish on {subject}: use an operator's. The NATS server at {host} says: {text}"),
            Attempt::NoAck(text) => NoAck(format!("the NATS server at {host} did not acknowledge what was put on {subject} ({text}): ask again, it does no harm twice")).into(),
            Attempt::Failed(error) => error.context(format!("the NATS server at {host} did not take what was put on {subject}")),
        })
    }

    fn explain(&self, attempt: Attempt, verb: Verb, account: &AccountId) -> anyhow::Error {
        let (host, verb) = (&self.host, verb.token());
        match attempt {
            Attempt::NoStream => {
                anyhow!("no stream on the NATS server at {host} takes requests for {account}: are the services running? `wallet doctor` says what is missing")
            }
            Attempt::Denied(text) => {
                anyhow!("this user may not {verb} with {account}'s authority; the NATS server at {host} says: {text}")
            }
            Attempt::NoAck(text) => NoAck(format!("the NATS server at {host} did not acknowledge the request ({text}), so it may or may not stand in the log: repeating it with the same id is safe")).into(),
            Attempt::Failed(error) => error.context(format!("the NATS server at {host} did not take the request")),
        }
    }

    /// Publishes to a stream that is there; while its servers elect a new leader, nobody listens for it.
    async fn deliver(
        &self,
        subject: &str,
        headers: &[(&'static str, String)],
        body: &Bytes,
    ) -> Result<PublishAck, Attempt> {
        let deadline = Instant::now() + ELECTED_WITHIN;
        loop {
            match self.publish(subject, headers, body).await {
                Err(Attempt::NoStream) if Instant::now() < deadline => sleep(ELECTION).await,
                other => return other,
            }
        }
    }

    /// Publishes until it is acknowledged, a few times at most.
    async fn publish(
        &self,
        subject: &str,
        headers: &[(&'static str, String)],
        body: &Bytes,
    ) -> Result<PublishAck, Attempt> {
        let mut attempts = 1;
        loop {
            match self.publish_once(subject, headers, body).await {
                Err(Attempt::NoAck(_)) if attempts < ATTEMPTS => attempts += 1,
                other => return other,
            }
        }
    }

    async fn publish_once(
        &self,
        subject: &str,
        headers: &[(&'static str, String)],
        body: &Bytes,
    ) -> Result<PublishAck, Attempt> {
        let mut message = PublishMessage::build()
            .header("content-type", "application/json")
            .payload(body.clone());
        for (name, value) in headers {
            message = message.header(*name, value.as_str());
        }
        // Verb and account stand at the end of the subject, whether the server has mapped it or not.
        let end = subject
            .rmatch_indices('.')
            .nth(2)
            .map_or(subject, |(at, _)| &subject[at..]);
        let end = format!("{end}\"");
        let mut denials = self.denials();
        let acked = async {
            self.context
                .send_publish(subject.to_owned(), message)
                .await?
                .await
        };
        tokio::select! {
            acked = acked => acked.map_err(attempt),
            denied = denied(&mut denials, &end) => Err(Attempt::Denied(denied)),
            () = self.lost.next() => Err(Attempt::NoAck("the connection was lost".to_owned())),
        }
    }
}

fn attempt(error: context::PublishError) -> Attempt {
    match error.kind() {
        PublishErrorKind::StreamNotFound => Attempt::NoStream,
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => Attempt::NoAck(error.to_string()),
        PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::WrongLastSequence
        | PublishErrorKind::MaxAckPending
        | PublishErrorKind::MaxPayloadExceeded
        | PublishErrorKind::Other => Attempt::Failed(error.into()),
    }
}

/// Waits until the server refuses something whose name ends, or goes on, like this.
pub async fn denied(denials: &mut broadcast::Receiver<String>, what: &str) -> String {
    loop {
        match denials.recv().await {
            Ok(text) if text.contains("Permissions Violation") && text.contains(what) => return text,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            // The connection itself is gone; who waits for something else will learn of it.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
