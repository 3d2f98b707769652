//! Bulk: all transfers as fast as the stack accepts them.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use wallet_client::clock;
use wallet_client::connect::Connection;
use wallet_client::outcome::{self, Word};
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;
use wallet_terminal::eprintln;

use super::Bed;
use super::plan::{Load, Message, Plan};
use crate::Latency;

/// The most messages in flight, unacknowledged.
const IN_FLIGHT: usize = 32;
/// The most small requests in flight.
const SMALL_IN_FLIGHT: usize = 256;
/// The most reservations that wait to be confirmed.
const UNCONFIRMED: u64 = 10_000;
/// The interval for polling promises.
const POLL_EVERY: Duration = Duration::from_millis(10);
/// The number of payers whose outcomes are sampled.
const SAMPLED: usize = 8;

/// Publishes with a bounded number of unacknowledged messages.
pub(super) struct Sender {
    jetstream: Context,
    pending: VecDeque<PublishAckFuture>,
    limit: usize,
}

impl Sender {
    pub(super) fn new(connection: &Connection, limit: usize) -> Self {
        Self {
            jetstream: connection.jetstream().clone(),
            pending: VecDeque::with_capacity(limit),
            limit,
        }
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<()> {
        if self.pending.len() >= self.limit {
            self.acknowledged().await?;
        }
        let Message { subject, payload, .. } = message;
        let publish = PublishMessage::build().payload(payload);
        let pending = self.jetstream.send_publish(subject, publish).await;
        self.pending
            .push_back(pending.context("a message could not be sent")?);
        Ok(())
    }

    async fn acknowledged(&mut self) -> Result<()> {
        if let Some(oldest) = self.pending.pop_front() {
            oldest.await.context("a message was not acknowledged")?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<()> {
        while !self.pending.is_empty() {
            self.acknowledged().await?;
        }
        Ok(())
    }
}

/// Opens the accounts and funds them.
pub(super) async fn prepare(bed: &mut Bed<'_>, plan: &Plan) -> Result<()> {
    let mut sender = Sender::new(&bed.connection, SMALL_IN_FLIGHT);
    for account in &plan.accounts {
        let payload = format!(r#"{{"id":"{}","currency":"USD"}}"#, clock::new_id()).into();
        sender
            .send(Message {
                subject: Verb::Open.subject(bed.shards.of(account), account),
                payload,
                requests: 1,
            })
            .await?;
    }
    // What is acknowledged is in the log, and so precedes every debit of a deposit.
    sender.finish().await?;
    let mut sender = Sender::new(&bed.connection, IN_FLIGHT);
    for message in plan.deposits() {
        sender.send(message).await?;
    }
    sender.finish().await?;
    bed.until_ended(plan.accounts.len() as u64, |_| ()).await
}

/// Sends everything; returns the seconds from the first publish to the last end, and the latency of a sample.
pub(super) async fn run(bed: &mut Bed<'_>, plan: &Plan) -> Result<(f64, Latency)> {
    let sampled = plan
        .accounts
        .iter()
        .rev()
        .take(SAMPLED)
        .cloned()
        .collect::<Vec<_>>();
    let load = plan.bulk(&sampled);
    let sample = Sample::start(&bed.connection, &sampled).await?;
    let before = super::ended(&bed.api.stats().await?);
    let bar = ProgressBar::new(plan.transfers);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {human_pos}/{human_len} transfers, {per_sec}",
    )?);
    eprintln!("Sending {} messages …", load.first.len() + load.second.len());

    let began = Instant::now();
    let mut sent_at = Vec::with_capacity(load.first.len());
    let promised = Cell::new(0);
    let sender = Sender::new(&bed.connection, IN_FLIGHT);
    let sending = send(sender, &load, &promised, &mut sent_at);
    let ending = bed.until_ended(before + plan.transfers, |stats| {
        let ended = super::ended(stats).saturating_sub(before);
        promised.set(ended + stats.transfers.reserved);
        bar.set_position(ended);
    });
    tokio::try_join!(sending, ending)?;
    let seconds = began.elapsed().as_secs_f64();
    bar.finish_and_clear();
    Ok((seconds, sample.latency(&load.indexes, &sent_at)?))
}

/// Sends the transfers at once. Of reservations, it sends as many as may wait, and confirms each message once enough have been
/// promised, as clients that wait for the promise do.
async fn send(
    mut sender: Sender,
    load: &Load,
    promised: &Cell<u64>,
    sent_at: &mut Vec<Instant>,
) -> Result<()> {
    let (mut reserved, mut confirmed, mut second) = (0, 0, load.second.iter());
    let mut next = second.next();
    for message in &load.first {
        sent_at.push(Instant::now());
        sender.send(message.clone()).await?;
        reserved += message.requests;
        while next.is_some() && reserved - confirmed > UNCONFIRMED {
            confirm(&mut sender, &mut next, &mut second, &mut confirmed, promised).await?;
        }
    }
    while next.is_some() {
        confirm(&mut sender, &mut next, &mut second, &mut confirmed, promised).await?;
    }
    sender.finish().await
}

/// Sends the next confirmation if its reservations have been promised; otherwise waits a moment.
async fn confirm<'m>(
    sender: &mut Sender,
    next: &mut Option<&'m Message>,
    second: &mut std::slice::Iter<'m, Message>,
    confirmed: &mut u64,
    promised: &Cell<u64>,
) -> Result<()> {
    let Some(message) = next else { return Ok(()) };
    if *confirmed + message.requests <= promised.get() {
        sender.send(message.clone()).await?;
        *confirmed += message.requests;
        *next = second.next();
    } else {
        sleep(POLL_EVERY).await;
    }
    Ok(())
}

/// Listens for the outcomes of some payers.
pub(super) struct Sample {
    received: Arc<Mutex<BTreeMap<Uuid, Instant>>>,
    task: JoinHandle<()>,
}

impl Sample {
    pub(super) async fn start(connection: &Connection, payers: &[AccountId]) -> Result<Self> {
        let mut subjects: Vec<String> = payers
            .iter()
            .map(|payer| format!("wallet.outcome.{payer}.*"))
            .collect();
        if subjects.is_empty() {
            subjects.push("wallet.outcome.*.*".to_owned());
        }
        let mut streams = Vec::new();
        for subject in subjects {
            let stream = connection.client().subscribe(subject.clone()).await;
            streams.push(stream.with_context(|| format!("can't subscribe to {subject}"))?);
        }
        connection
            .client()
            .flush()
            .await
            .context("the subscriptions did not reach the server")?;
        let received = Arc::new(Mutex::new(BTreeMap::new()));
        let recorder = Arc::clone(&received);
        let task = tokio::spawn(async move {
            let mut outcomes = select_all(streams);
            while let Some(message) = outcomes.next().await {
                let now = Instant::now();
                let outcome = outcome::read(&message.payload);
                // Reserved is not yet the end.
                if let Some(outcome) = outcome.ok().filter(|outcome| outcome.outcome != Word::Reserved) {
                    recorder
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .entry(outcome.id)
                        .or_insert(now);
                }
            }
        });
        Ok(Self { received, task })
    }

    /// How many outcomes have arrived.
    pub(super) fn count(&self) -> usize {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// From sending a transfer's message until its outcome arrived. `places` maps transfers to messages.
    pub(super) fn latency(self, indexes: &[(Uuid, usize)], sent_at: &[Instant]) -> Result<Latency> {
        self.task.abort();
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latency = Latency::new()?;
        for (id, message) in indexes {
            if let (Some(received), Some(sent)) = (received.get(id), sent_at.get(*message)) {
                latency.record(received.duration_since(*sent));
            }
        }
        Ok(latency)
    }
}
