//! Asks the services what they have stored, then reads the streams.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use tokio::time::timeout;
use uuid::Uuid;
use wallet_audit::entry::{self, What};
use wallet_audit::live;
use wallet_client::api::Api;
use wallet_client::api::healing::{RecordedRequest, Store};
use wallet_client::connect::Connection;
use wallet_contract::headers;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream::{self, Settings};
use wallet_contract::subject::{Service, Verb, is_a_services};
use wallet_contract::trace::TraceId;

use super::plan::{Decision, Known, Message, Position, Publish, Recorded, Stored, Stream};

/// Timeout for the next message of a stream: it exists, so it only has to arrive.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);

/// Clients of the three services.
#[derive(Debug)]
pub struct Services {
    /// In the order of [`Service::ALL`].
    pub each: [(Service, Api); 3],
}

impl Services {
    /// The client of one service.
    pub fn of(&self, service: Service) -> &Api {
        let [(_, debit), (_, credit), (_, ledger)] = &self.each;
        match service {
            Service::Debit => debit,
            Service::Credit => credit,
            Service::Ledger => ledger,
        }
    }
}

/// Reads everything about each shard.
pub async fn known(connection: &Connection, services: &Services) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    for (service, api) in &services.each {
        let store = api.store().await?;
        if store.service != service.name() {
            bail!(
                "{} answers at {}, not {service}: check the addresses",
                store.service,
                api.url()
            );
        }
        known.resize_with(store.shards.len().max(known.len()), Known::default);
        take_store(*service, api, &store, &mut known).await?;
    }
    let shards = Shards::new(u16::try_from(known.len())?)?;
    for (shard, known) in (0..).zip(&mut known) {
        known.recorded = recorded(services.of(Service::Ledger), shard).await?;
    }
    for (shard, known) in (0..).zip(&mut known) {
        // A higher number of replicas is fine.
        let settings = stream::settings(Shard(shard), shards, 1);
        known.stream = read_stream(connection, Shard(shard), &settings).await?;
    }
    Ok(known)
}

async fn take_store(service: Service, api: &Api, store: &Store, known: &mut [Known]) -> Result<()> {
    for shard in &store.shards {
        let inconsistent = || {
            format!(
                "{service} reports a shard {}, but fewer shards than that",
                shard.shard
            )
        };
        let known_here = known
            .get_mut(usize::from(shard.shard))
            .with_context(inconsistent)?;
        known_here.positions.push(Position {
            service,
            position: shard.position,
            at_us: shard.at.as_microsecond(),
            whole_from: shard.whole_from,
        });
        let mut after = 0;
        loop {
            let page = api.decisions(shard.shard, after).await?;
            for decision in page.events {
                let at = Stored {
                    service,
                    shard: shard.shard,
                    no: decision.no,
                };
                for to in &decision.to {
                    let stream = known.get_mut(usize::from(*to));
                    stream
                        .with_context(|| format!("an event for shard {to}, which does not exist"))?
                        .decisions
                        .push(Decision {
                            at,
                            is_local: *to == shard.shard,
                            id: decision.id,
                            cause: decision.cause,
                            at_us: decision.time.as_microsecond(),
                            answers: decision.answers,
                        });
                }
            }
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
    }
    Ok(())
}

async fn recorded(ledger: &Api, shard: u16) -> Result<Vec<Recorded>> {
    let (mut recorded, mut after) = (Vec::new(), 0);
    loop {
        let page = ledger.recorded(shard, after).await?;
        for record in page.records {
            let request = record
                .request
                .as_ref()
                .map(|request| again(shard, record.id, request));
            recorded.push(Recorded {
                id: record.id,
                request: request.transpose()?,
            });
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(recorded),
        }
    }
}

/// Rebuilds a recorded request for publishing. Its id stays the same, because it is derived from account, client id, verb and
/// content.
fn again(shard: u16, id: Uuid, request: &RecordedRequest) -> Result<Publish> {
    let verb = Verb::ALL.into_iter().find(|verb| verb.token() == request.verb);
    let verb = verb.with_context(|| {
        format!(
            "the ledger has recorded a request with the unknown verb {:?}",
            request.verb
        )
    })?;
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        (headers::EVENT_ID, request.transfer.to_string()),
    ];
    if let Some(trace) = &request.trace {
        let trace: TraceId = trace.parse().context("the ledger returned an invalid trace id")?;
        headers.push((
            headers::TRACEPARENT,
            trace.traceparent(wallet_contract::id::EventId(id)),
        ));
    }
    Ok(Publish {
        subject: verb.subject(
            Shard(shard),
            &request
                .account
                .parse()
                .context("the ledger returned an invalid account")?,
        ),
        headers,
        body: request.body.get().as_bytes().to_vec(),
    })
}

async fn read_stream(connection: &Connection, shard: Shard, settings: &Settings) -> Result<Option<Stream>> {
    let name = stream::name(shard);
    let Some(found) = connection.stream(shard).await? else {
        return Ok(None);
    };
    let wrong = settings.differences(&found.config);
    if !wrong.is_empty() {
        let wrong = wrong.join("; ");
        bail!(
            "stream {name} has wrong settings: {wrong}. Correct them first: the stream could lose what is restored"
        );
    }
    let mut read = Stream {
        first: found.state.first,
        last: found.state.last,
        begins: found.must_hold_from(1),
        messages: Vec::new(),
    };
    if found.state.messages == 0 {
        return Ok(Some(read));
    }
    let log = connection.jetstream().get_stream_no_info(&name).await?;
    let mut messages = live::reader(&log, read.first).await?;
    // Not until the last sequence, whose message may be missing.
    while (read.messages.len() as u64) < found.state.messages {
        let next = timeout(MESSAGE_WITHIN, messages.next()).await;
        let next = next.with_context(|| format!("stream {name}: no message within {MESSAGE_WITHIN:?}"))?;
        let message = next.with_context(|| format!("stream {name}: the reader ended"))??;
        read.messages.push(message_of(&message, shard)?);
    }
    Ok(Some(read))
}

fn message_of(message: &async_nats::jetstream::Message, shard: Shard) -> Result<Message> {
    let info = message
        .info()
        .map_err(|error| anyhow::anyhow!("a message has no position: {error}"))?;
    let at_us = i64::try_from(info.published.unix_timestamp_nanos() / 1000).unwrap_or_default();
    let received = live::received(message)?;
    let entries = entry::read(&received, shard);
    let ids = entries.iter().filter_map(|entry| match &entry.what {
        What::Request { id, .. } => Some(id.0),
        What::Event(event, _) => Some(event.id.0),
        What::Unreadable(_) => None,
    });
    let ids: Vec<Uuid> = ids.collect();
    let from_client = !is_a_services(&received.subject);
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(received.traceparent.map(|value| (headers::TRACEPARENT, value)));
    headers.extend(received.event_id.map(|value| (headers::EVENT_ID, value)));
    let request = from_client.then(|| Publish {
        subject: received.subject,
        headers,
        body: received.payload.to_vec(),
    });
    Ok(Message {
        sequence: received.sequence,
        at_us,
        ids,
        request,
    })
}
