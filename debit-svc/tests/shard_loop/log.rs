//! One shard's log in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use tokio::sync::Notify;
use wallet_contract::envelope;
use wallet_contract::event::Kind;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, envelopes};
use wallet_engine::bus::{self, Append, Bus, Head, Message, Notice, Reader};

use super::{LOOKS, NOW, PATIENCE};

/// One shard's log in memory.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Stored>);

#[derive(Debug)]
pub(crate) struct Stored {
    messages: Mutex<Vec<Message>>,
    /// How many of them readers can see: a connection may be slow.
    come: AtomicUsize,
    changed: Notify,
}

impl Default for Log {
    fn default() -> Self {
        Self(Arc::new(Stored {
            messages: Mutex::default(),
            come: AtomicUsize::new(usize::MAX),
            changed: Notify::new(),
        }))
    }
}

impl Log {
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.0
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on readers see this many messages.
    pub(crate) fn deliver_up_to(&self, many: usize) {
        self.0.come.store(many, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Stores a message that is no service's.
    pub(crate) fn store(&self, subject: String, payload: Bytes) {
        self.push(subject, payload, None);
    }

    /// Stores a message, and returns its sequence.
    pub(crate) fn push(&self, subject: String, payload: Bytes, writer: Option<String>) -> u64 {
        let mut messages = self.0.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = messages.len() as u64 + 1;
        messages.push(Message {
            subject,
            payload,
            sequence,
            at_us: NOW.get(),
            traceparent: None,
            event_id: None,
            writer,
        });
        self.0.changed.notify_waiters();
        sequence
    }

    /// Waits until debit-svc has published events of exactly these kinds.
    pub(crate) async fn expect_events(&self, kinds: &[Kind]) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.published() != kinds {
            ensure!(
                tokio::time::Instant::now() < deadline,
                "{:?} is published, not {kinds:?}",
                self.published()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Gives the loop time for a few checks of what is due, and expects no new event.
    pub(crate) async fn expect_no_more(&self, why: &str) -> Result<()> {
        let before = self.published();
        tokio::time::sleep(LOOKS).await;
        ensure!(self.published() == before, "{why}: {:?}", self.published());
        Ok(())
    }

    /// The kinds of debit-svc's events, in order.
    pub(crate) fn published(&self) -> Vec<Kind> {
        let messages = self.messages();
        let ours = messages
            .iter()
            .filter(|message| message.subject == envelopes(Shard(0), Service::Debit, Shard(0)));
        let events = ours.flat_map(|message| envelope::split(&message.payload).unwrap_or_default());
        let kinds = events
            .filter_map(|json| envelope::read(json).ok())
            .map(|event| event.fact.kind());
        kinds.collect()
    }
}

pub(crate) struct LogReader {
    log: Log,
    position: usize,
}

impl Reader for LogReader {
    async fn take(&mut self, _max_weight: usize) -> Result<Vec<Message>, bus::Error> {
        loop {
            let stored = self.log.0.changed.notified();
            let mut messages = self.log.messages();
            messages.truncate(self.log.0.come.load(Ordering::SeqCst));
            let messages = messages.split_off(self.position.min(messages.len()));
            if !messages.is_empty() {
                self.position += messages.len();
                return Ok(messages);
            }
            stored.await;
        }
    }
}

impl Bus for Log {
    type Reader = LogReader;

    async fn ready(&self, _shard: Shard, _known: bus::Known) -> Result<(), bus::Error> {
        Ok(())
    }

    async fn check(&self, _shard: Shard, _whole_from: u64) -> Result<(), bus::Error> {
        Ok(())
    }

    async fn read(&self, _shard: Shard, position: u64) -> Result<LogReader, bus::Error> {
        Ok(LogReader {
            log: self.clone(),
            position: usize::try_from(position).unwrap_or(usize::MAX),
        })
    }

    async fn head(&self, _shard: Shard) -> Result<Head, bus::Error> {
        Ok(Head {
            sequence: self.messages().len() as u64,
            clock_us: NOW.get(),
        })
    }

    async fn append(&self, message: &Append) -> Result<Option<u64>, bus::Error> {
        let (last, _) = self.last(message.shard, &message.subject).await?;
        if last != message.after {
            return Ok(None);
        }
        let (subject, payload) = (message.subject.clone(), message.payload.clone());
        Ok(Some(self.push(subject, payload, Some(message.writer.clone()))))
    }

    async fn on(
        &self,
        _shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        _max_weight: usize,
    ) -> Result<Vec<Message>, bus::Error> {
        let mut messages = self.messages();
        messages
            .retain(|message| message.subject == subject && (after + 1..=until).contains(&message.sequence));
        Ok(messages)
    }

    async fn last(&self, _shard: Shard, subject: &str) -> Result<(u64, Option<Message>), bus::Error> {
        let mut messages = self.messages();
        messages.retain(|message| message.subject == subject);
        let end = messages.last().map_or(0, |last| last.sequence);
        Ok((
            end,
            messages.into_iter().rfind(|message| message.writer.is_some()),
        ))
    }

    async fn notify(&self, _notice: Notice) -> Result<(), bus::Error> {
        Ok(())
    }
}
