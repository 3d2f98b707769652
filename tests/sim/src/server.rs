//! The simulated log server: one totally ordered stream for each shard.
//!
//! A message is *stored* once it has its sequence, and *durable* once its publisher may be told so. Readers see only durable
//! messages. When the server crashes, messages that were stored but not durable are gone; their publishers, and all readers,
//! get a broken connection.
//!
//! Durable messages are never lost by chance, as `sync_interval: always` promises. A server that syncs only periodically, or a
//! disk, can lose messages that were acknowledged and read: [`Log::lose`]. The stream then ends before its readers' positions
//! and has to be healed from the services' event stores; `tests/plays/loss.rs` shows what happens until somebody does so.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;
use wallet_contract::shard::Shard;
use wallet_engine::bus::{Append, Head, Message};

use crate::entry::Stored;

/// One shard's stream.
#[derive(Debug)]
pub(crate) struct Log {
    shard: Shard,
    stored: Vec<Stored>,
    durable: usize,
    /// How often the server has crashed.
    generation: u64,
    /// The latest time the server has reported to anybody or stored a message at, in microseconds since 1970.
    told_us: i64,
    changed: Arc<Notify>,
}

/// A message published and not yet acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unacknowledged {
    pub(crate) sequence: usize,
    generation: u64,
}

impl Log {
    pub(crate) fn new(shard: Shard) -> Self {
        Self {
            shard,
            stored: Vec::new(),
            durable: 0,
            generation: 0,
            told_us: 0,
            changed: Arc::default(),
        }
    }

    pub(crate) fn store(&mut self, subject: String, payload: Bytes, at_us: i64) -> Unacknowledged {
        self.push(subject, payload, at_us, None)
    }

    /// Stores a message if the last one on its subject is the one that it names.
    pub(crate) fn append(&mut self, append: &Append, at_us: i64) -> Option<Unacknowledged> {
        let last = self
            .stored
            .iter()
            .rfind(|stored| stored.message.subject == append.subject);
        if last.map_or(0, |stored| stored.message.sequence) != append.after {
            return None;
        }
        let (subject, payload, writer) = (
            append.subject.clone(),
            append.payload.clone(),
            append.writer.clone(),
        );
        Some(self.push(subject, payload, at_us, Some(writer)))
    }

    fn push(
        &mut self,
        subject: String,
        payload: Bytes,
        at_us: i64,
        writer: Option<String>,
    ) -> Unacknowledged {
        let message = Message {
            writer,
            subject,
            payload,
            sequence: self.stored.len() as u64 + 1,
            at_us,
            traceparent: None,
            event_id: None,
        };
        self.told_us = self.told_us.max(at_us);
        self.stored.push(Stored::read(message, self.told_us, self.shard));
        Unacknowledged {
            sequence: self.stored.len(),
            generation: self.generation,
        }
    }

    /// The last stored message.
    pub(crate) fn last(&self) -> Unacknowledged {
        Unacknowledged {
            sequence: self.stored.len(),
            generation: self.generation,
        }
    }

    /// The end of the stream, as reported at this time.
    pub(crate) fn head(&mut self, clock_us: i64) -> Head {
        self.told_us = self.told_us.max(clock_us);
        Head {
            sequence: self.durable as u64,
            clock_us,
        }
    }

    /// Makes everything up to a message durable and returns what has become so; nothing if the server has crashed since.
    pub(crate) fn acknowledge(&mut self, published: Unacknowledged) -> Option<&[Stored]> {
        if published.generation != self.generation {
            return None;
        }
        let before = self.durable;
        self.durable = self.durable.max(published.sequence);
        self.changed.notify_waiters();
        self.stored.get(before..self.durable)
    }

    /// The server crashes. Returns the number of messages lost.
    pub(crate) fn crash(&mut self) -> usize {
        let lost = self.stored.len().saturating_sub(self.durable);
        self.stored.truncate(self.durable);
        self.generation += 1;
        self.changed.notify_waiters();
        lost
    }

    /// The server crashes and comes back without its last durable messages, which are returned.
    pub(crate) fn lose(&mut self, many: usize) -> Vec<Stored> {
        self.durable = self.durable.saturating_sub(many);
        let lost = self.stored.split_off(self.durable);
        self.crash();
        lost
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Notifies when something was stored, or the server has crashed.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// The durable messages on a subject.
    pub(crate) fn on(&self, subject: &str) -> impl DoubleEndedIterator<Item = &Message> {
        let messages = self.durable().iter().map(|stored| &stored.message);
        messages.filter(move |message| message.subject == subject)
    }

    /// The messages that readers see.
    pub(crate) fn durable(&self) -> &[Stored] {
        self.stored.get(..self.durable).unwrap_or_default()
    }
}
