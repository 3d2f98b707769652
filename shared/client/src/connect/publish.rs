//! Publishes messages to the log.
//!
//! A request is published without its shard, and the server's subject mapping inserts it. If the server has no mapping, it
//! reports that nobody listens on the subject or that nobody may publish there; then the shard is computed here, from the number
//! recorded with the streams. A message that was not acknowledged is published again, which the requests' ids make harmless.

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

/// The number of attempts in all.
const ATTEMPTS: u32 = 3;
/// If a cluster loses a stream's leader, its servers take four to nine seconds to elect another.
const ELECTED_WITHIN: Duration = Duration::from_secs(10);
/// The polling interval during an election.
const ELECTION: Duration = Duration::from_millis(250);

/// The header that every message has.
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");

/// Why one attempt to publish failed.
enum Attempt {
    NoStream,
    Denied(String),
    NoAck(String),
    Failed(String),
}

impl Connection {
    /// Publishes a request in a message of its own, without waiting for its outcome.
    pub async fn send(&self, request: &Request) -> Result<PublishAck, Error> {
        let (body, trace) = (request.body.clone(), request.traceparent());
        self.request(request.verb, &request.account, body, trace.as_deref())
            .await
    }

    /// Publishes a request, or an array of them, to the log of its account's shard, and returns its position.
    ///
    /// `body` is published as it is; it need not be a valid request.
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
        self.fits(&headers, &body)?;
        let explain = |attempt| {
            let (what, verb) = (format!("requests for {account}"), verb.token());
            self.explain(
                attempt,
                &what,
                &format!("{verb} with {account}'s authority"),
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

    /// Publishes a message to a shard's log, on a subject that needs no mapping.
    pub async fn put(
        &self,
        subject: &str,
        headers: Vec<(&'static str, String)>,
        body: impl Into<Bytes>,
    ) -> Result<PublishAck, Error> {
        let body = body.into();
        self.fits(&headers, &body)?;
        let published = self.deliver(subject, &headers, &body).await;
        published.map_err(|attempt| {
            let right = format!("publish on {subject}, so use an operator's");
            self.explain(attempt, subject, &right, &format!("what was put on {subject}"))
        })
    }

    fn fits(&self, headers: &[(&'static str, String)], body: &Bytes) -> Result<(), Error> {
        let (bytes, limit) = (size(headers, body), self.client.server_info().max_payload);
        if bytes <= limit {
            return Ok(());
        }
        Err(Error::TooLarge {
            host: self.host.clone(),
            bytes,
            limit,
        })
    }

    /// `on` is the subject that a stream would have to accept, `right` the attempted operation, `what` the message.
    fn explain(&self, attempt: Attempt, on: &str, right: &str, what: &str) -> Error {
        let host = self.host.clone();
        match attempt {
            Attempt::NoStream => Error::NoStream {
                host,
                what: on.to_owned(),
            },
            Attempt::Denied(reason) => Error::Denied {
                host,
                what: right.to_owned(),
                reason,
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

    /// Publishes to an existing stream; during a leader election, nobody listens on its subjects.
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

    /// Publishes until acknowledged, with a limited number of attempts.
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
            .header(CONTENT_TYPE.0, CONTENT_TYPE.1)
            .payload(body.clone());
        for (name, value) in headers {
            message = message.header(*name, value.as_str());
        }
        // The verb and the account end the subject, whether it was mapped or not.
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

/// The size that the server compares with its limit: the body, and the headers in NATS's form, a line for each.
fn size(headers: &[(&'static str, String)], body: &Bytes) -> usize {
    let given = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let lines = given
        .chain([CONTENT_TYPE])
        .map(|(name, value)| name.len() + ": ".len() + value.len() + "\r\n".len());
    "NATS/1.0\r\n".len() + lines.sum::<usize>() + "\r\n".len() + body.len()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_count_towards_the_size() {
        let check = |headers: &[(&'static str, String)], message: &str| {
            assert_eq!(
                size(headers, &Bytes::from_static(b"{}")),
                message.len(),
                "{message:?}"
            );
        };
        check(&[], "NATS/1.0\r\ncontent-type: application/json\r\n\r\n{}");
        check(
            &[(TRACEPARENT, "00-1-2-01".to_owned())],
            "NATS/1.0\r\ntraceparent: 00-1-2-01\r\ncontent-type: application/json\r\n\r\n{}",
        );
    }
}
