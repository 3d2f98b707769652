//! Puts messages into the log.
//!
//! A request is published without its shard, and the server's mapping inserts it. A server without the mapping says so
//! (nobody listens there, or nobody may speak there); then the shard is computed here, from the number that stands with
//! the streams. A message that was not acknowledged is published again: the ids of requests make that harmless.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use bytes::Bytes;
use tokio::time::{Instant, sleep};
use wallet_contract::headers::TRACEPARENT;
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;

use super::{Connection, denied};
use crate::Error;
use crate::request::Request;

/// How often it is tried in all.
const ATTEMPTS: u32 = 3;
/// The servers of a cluster that have lost a stream's leader wait for four to nine seconds until they elect another.
const ELECTED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks whether they have.
const ELECTION: Duration = Duration::from_millis(250);

/// Why one attempt to publish did not work.
enum Attempt {
    NoStream,
    Denied(String),
    NoAck(String),
    Failed(String),
}

impl Connection {
    /// Puts a request into the log, in a message of its own, without waiting for what comes of it.
    pub async fn send(&self, request: &Request) -> Result<PublishAck, Error> {
        let (body, trace) = (request.body.clone(), request.traceparent());
        self.request(request.verb, &request.account, body, trace.as_deref())
            .await
    }

    /// Puts a request, or an array of them, into the log of its account's shard and says where it stands.
    ///
    /// `body` is published as it is; it need not be a sound request.
    pub async fn request(
        &self,
        verb: Verb,
        account: &AccountId,
        body: impl Into<Bytes>,
        traceparent: Option<&str>,
    ) -> Result<PublishAck, Error> {
        let body = body.into();
        let headers = traceparent.map(|value| (TRACEPARENT, value.to_owned()));
        let headers: Vec<_> = headers.into_iter().collect();
        self.fits(&body)?;
        let explain = |attempt| {
            let (what, asked) = (format!("requests for {account}"), verb.token());
            self.explain(
                attempt,
                &what,
                &format!("{asked} with {account}'s authority"),
                "the request",
            )
        };
        if !self.without_mapping.load(Ordering::Relaxed) {
            let subject = verb.unmapped_subject(account);
            match self.publish(&subject, &headers, &body).await {
                Ok(ack) => return Ok(ack),
                Err(Attempt::NoStream) => {}
                Err(Attempt::Denied(text)) if text.contains(&format!("\"{subject}\"")) => {}
                Err(attempt) => return Err(explain(attempt)),
            }
        }
        let subject = verb.subject(self.shards().await?.of(account), account);
        let ack = self.deliver(&subject, &headers, &body).await.map_err(explain)?;
        self.without_mapping.store(true, Ordering::Relaxed);
        Ok(ack)
    }

    /// Puts a message into a shard's log, on a subject that the server need not map.
    pub async fn put(
        &self,
        subject: &str,
        headers: Vec<(&'static str, String)>,
        body: impl Into<Bytes>,
    ) -> Result<PublishAck, Error> {
        let body = body.into();
        self.fits(&body)?;
        let published = self.deliver(subject, &headers, &body).await;
        published.map_err(|attempt| {
            let right = format!("publish on {subject}, use an operator's");
            self.explain(attempt, subject, &right, &format!("what was put on {subject}"))
        })
    }

    fn fits(&self, body: &Bytes) -> Result<(), Error> {
        let limit = self.client.server_info().max_payload;
        if body.len() <= limit {
            return Ok(());
        }
        Err(Error::TooLarge {
            host: self.host.clone(),
            bytes: body.len(),
            limit,
        })
    }

    /// `on` is what a stream would have to take, `right` what was tried, `what` the message.
    fn explain(&self, attempt: Attempt, on: &str, right: &str, what: &str) -> Error {
        let host = self.host.clone();
        match attempt {
            Attempt::NoStream => Error::NoStream {
                host,
                what: on.to_owned(),
            },
            Attempt::Denied(told) => Error::Denied {
                host,
                what: right.to_owned(),
                told,
            },
            Attempt::NoAck(why) => Error::NotAcknowledged {
                host,
                what: what.to_owned(),
                why,
            },
            Attempt::Failed(why) => Error::NotTaken {
                host,
                what: what.to_owned(),
                why,
            },
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
            acked = acked => acked.map_err(|error| attempt(&error)),
            denied = denied(&mut denials, &end) => Err(Attempt::Denied(denied)),
            () = self.lost.next() => Err(Attempt::NoAck("the connection was lost".to_owned())),
        }
    }
}

fn attempt(error: &PublishError) -> Attempt {
    match error.kind() {
        PublishErrorKind::StreamNotFound => Attempt::NoStream,
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => Attempt::NoAck(error.to_string()),
        PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::WrongLastSequence
        | PublishErrorKind::MaxAckPending
        | PublishErrorKind::MaxPayloadExceeded
        | PublishErrorKind::Other => Attempt::Failed(error.to_string()),
    }
}
