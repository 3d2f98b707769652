//! The record: our own decisions, as the log of our shard holds them.

use std::collections::{BTreeMap, VecDeque};

use wallet_contract::envelope::{self, Unreadable};
use wallet_contract::event::{Event, Source};
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_ENVELOPE_BYTES;
use wallet_contract::subject::healed;

use crate::bus::{self, Bus, Message};
use crate::store::{self, Events, Outgoing};

/// How many bytes of the record are read at once.
const READ: usize = 1024 * 1024;

/// The largest envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Events.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: MAX_ENVELOPE_BYTES,
            events: envelope::MAX_EVENTS,
        }
    }
}

/// A decision to be appended.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) outgoing: Outgoing,
    /// Whether it must be in the same envelope as the one before it: they answer one input, so there must be both or neither.
    pub(super) joins: bool,
}

impl Decision {
    /// A decision that need not stay with another.
    pub(super) fn alone(outgoing: Outgoing) -> Self {
        Self {
            outgoing,
            joins: false,
        }
    }
}

/// Splits decisions into envelopes. A group that must stay together may exceed the limits.
pub(super) fn cut(decisions: &[Decision], limits: Limits) -> Vec<Vec<&Outgoing>> {
    let mut envelopes: Vec<Vec<&Outgoing>> = Vec::new();
    let mut bytes = 0_usize;
    for group in decisions.chunk_by(|_, next| next.joins) {
        let size: usize = group
            .iter()
            .map(|decision| decision.outgoing.json.len() + 1)
            .sum();
        let group = group.iter().map(|decision| &decision.outgoing);
        match envelopes.last_mut() {
            Some(envelope)
                if bytes + size <= limits.bytes && envelope.len() + group.len() <= limits.events =>
            {
                envelope.extend(group);
                bytes += size;
            }
            _ => {
                envelopes.push(group.collect());
                bytes = size;
            }
        }
    }
    envelopes
}

/// Splits events into envelopes.
pub fn envelopes(events: &[Outgoing], limits: Limits) -> Vec<Vec<Outgoing>> {
    let decisions: Vec<Decision> = events.iter().cloned().map(Decision::alone).collect();
    let cut = cut(&decisions, limits);
    cut.into_iter()
        .map(|envelope| envelope.into_iter().cloned().collect())
        .collect()
}

/// A decision that is in the record.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) event: Event,
    pub(super) json: String,
    /// Its place in our own log; none if it was lost there and restored. The place of what it answers is the event's.
    pub(super) at: Option<LogPlace>,
}

/// The part of the record that a database lacks, read as it is needed.
#[derive(Debug)]
pub(super) struct Record<'a, L> {
    log: &'a L,
    shard: Shard,
    subject: &'a str,
    /// The last message that was read.
    read: u64,
    /// The message on our own subject where the record ends.
    end: u64,
    /// The decision where it ends, if before that message.
    stop: Option<EventId>,
    /// The last decision that the database has.
    last: Option<(EventId, LogPlace)>,
    /// Whether that one was seen in the log.
    is_seen: bool,
    /// Decisions that were restored after a loss, in the order of their places. They are few, so they are read at once.
    restored: VecDeque<Recorded>,
    pub(super) ahead: Ahead,
}

/// Decisions that are yet to be applied.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// In the order of their places.
    pub(super) queue: VecDeque<Recorded>,
    /// Decisions, by cause, whose places the log has passed: it has lost their causes there, which were restored after them.
    pub(super) astray: BTreeMap<EventId, Vec<Recorded>>,
    /// Whether anything was restored, so that there may be such.
    pub(super) was_healed: bool,
}

impl Ahead {
    /// Keeps a decision until its cause is met.
    pub(super) fn keep(&mut self, recorded: Recorded) {
        self.astray
            .entry(recorded.event.cause)
            .or_default()
            .push(recorded);
    }

    /// Whether a decision waits for its cause.
    pub(super) fn is_kept(&self, id: EventId) -> bool {
        self.astray.values().flatten().any(|kept| kept.event.id == id)
    }

    /// Whether all is applied.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.astray.is_empty()
    }
}

/// Why the record can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Log(#[from] bus::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("message {0} on our own subject can't be read, perhaps because a newer version wrote it: {1}")]
    Unreadable(u64, Unreadable),
    #[error("the last event in the database can't be read, perhaps because a newer version wrote it: {0}")]
    Last(Unreadable),
    #[error(
        "event {0}, which the database has, is not in the log of shard {1}: it has lost data; nothing is changed until \
         `wallet heal` has restored it"
    )]
    Missing(EventId, Shard),
}

/// What a record is read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct From<'a, L> {
    pub(super) log: &'a L,
    /// The service and shard whose record it is.
    pub(super) source: Source,
    /// Our own subject.
    pub(super) subject: &'a str,
    /// The message on it where the record ends: the opening of this tenure.
    pub(super) end: u64,
    /// The last decision of the record, if it ends before that message.
    pub(super) last: Option<EventId>,
}

impl<'a, L: Bus> Record<'a, L> {
    /// The decisions that a database lacks. It has all up to the place `known` in our own log, and none after `last`.
    pub(super) async fn after<E: Events>(
        from: From<'a, L>,
        known: LogPlace,
        last: Option<Outgoing>,
        mut table: E,
    ) -> Result<Self, Failed> {
        let last = match last {
            Some(last) => {
                let place = envelope::read(&last.json).map_err(Failed::Last)?.place;
                Some((last.id, place))
            }
            None => None,
        };
        let shard = from.source.shard;
        let mut record = Self {
            log: from.log,
            shard,
            subject: from.subject,
            // The known event may be followed by more in its message.
            read: known.sequence.saturating_sub(1),
            end: from.end,
            stop: from.last,
            is_seen: last.is_none(),
            last,
            restored: VecDeque::new(),
            ahead: Ahead::default(),
        };
        record.restored = record.restored(from.source).await?;
        record.ahead.was_healed = !record.restored.is_empty();
        if last.is_some() && record.is_seen {
            // It was lost, and places in our own log may have been used again since.
            record.read = 0;
        }
        // Several deadlines may be decided at one place, and not all of them are in the database.
        while !record.is_seen && record.read < record.end {
            record.read_on().await?;
        }
        if let (false, Some((id, _))) = (record.is_seen, last) {
            return Err(Failed::Missing(id, shard));
        }
        if record.stop.is_some() && record.stop == last.map(|(id, _)| id) {
            record.stop();
        }
        let at_last = |recorded: &Recorded| last.is_some_and(|(_, place)| recorded.event.place == place);
        for queue in [&mut record.restored, &mut record.ahead.queue] {
            let mut kept = VecDeque::new();
            for recorded in queue.drain(..) {
                if !at_last(&recorded) || table.number(recorded.event.id).await?.is_none() {
                    kept.push_back(recorded);
                }
            }
            *queue = kept;
        }
        Ok(record)
    }

    /// Whether nothing is left of it.
    pub(super) fn is_done(&self) -> bool {
        self.ahead.is_empty() && self.read >= self.end && self.restored.is_empty()
    }

    /// The restored decisions that the database may lack.
    async fn restored(&mut self, source: Source) -> Result<VecDeque<Recorded>, Failed> {
        let subject = healed(self.shard, source.service, source.shard);
        let (mut read, mut found) = (0, BTreeMap::new());
        loop {
            let messages = self.log.on(self.shard, &subject, read, self.end, READ).await?;
            let Some(last) = messages.last() else { break };
            read = last.sequence;
            for message in messages.iter().filter(|message| message.writer.is_some()) {
                for recorded in decisions(message, None)? {
                    self.is_seen |= self.is_last(&recorded);
                    if self.is_new(&recorded) {
                        found.entry(recorded.event.id).or_insert(recorded);
                    }
                }
            }
        }
        let mut found: Vec<Recorded> = found.into_values().collect();
        found.sort_by_key(|recorded| recorded.event.place);
        Ok(found.into())
    }

    fn is_last(&self, recorded: &Recorded) -> bool {
        self.last.is_some_and(|(id, _)| recorded.event.id == id)
    }

    /// Whether the database may lack a decision.
    fn is_new(&self, recorded: &Recorded) -> bool {
        self.last
            .is_none_or(|(id, place)| recorded.event.place >= place && recorded.event.id != id)
    }

    /// Reads on until the answers to message `sequence` are complete.
    pub(super) async fn reach(&mut self, sequence: u64) -> Result<(), Failed> {
        let answers = |recorded: &Recorded| recorded.event.place.sequence;
        while self.ahead.queue.back().map_or(0, answers) <= sequence && !self.is_read() {
            self.read_on().await?;
        }
        Ok(())
    }

    fn is_read(&self) -> bool {
        self.read >= self.end && self.restored.is_empty()
    }

    async fn read_on(&mut self) -> Result<(), Failed> {
        let messages = if self.read < self.end {
            self.log
                .on(self.shard, self.subject, self.read, self.end, READ)
                .await?
        } else {
            Vec::new()
        };
        let Some(last) = messages.last() else {
            self.read = self.end;
            self.ahead.queue.append(&mut self.restored);
            return Ok(());
        };
        self.read = last.sequence;
        for message in messages.iter().filter(|message| message.writer.is_some()) {
            for recorded in decisions(message, Some(message.sequence))? {
                self.is_seen |= self.is_last(&recorded);
                let id = recorded.event.id;
                if self.is_new(&recorded) {
                    self.take(recorded);
                }
                if self.stop == Some(id) {
                    self.read = self.end;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Ends the record at what the database has.
    fn stop(&mut self) {
        self.read = self.end;
        self.restored.clear();
        self.ahead.queue.clear();
    }

    /// Adds a decision, after the restored ones that precede it.
    fn take(&mut self, recorded: Recorded) {
        let place = recorded.event.place;
        while let Some(before) = self.restored.pop_front_if(|next| next.event.place <= place) {
            // Where messages were lost in the middle, all decisions were restored, even those that were not lost.
            if before.event.id != recorded.event.id {
                self.ahead.queue.push_back(before);
            }
        }
        self.ahead.queue.push_back(recorded);
    }
}

/// The decisions in a message, which is our own message `own` or a restored one.
fn decisions(message: &Message, own: Option<u64>) -> Result<Vec<Recorded>, Failed> {
    let bad = |bad| Failed::Unreadable(message.sequence, bad);
    let elements = envelope::split(&message.payload).map_err(bad)?;
    let read = (0..).zip(elements).map(|(element, json)| {
        Ok(Recorded {
            event: envelope::read(json).map_err(bad)?,
            json: json.to_owned(),
            at: own.map(|sequence| LogPlace::element(sequence, element)),
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn decision(no: i64, size: usize, joins: bool) -> Decision {
        let outgoing = Outgoing {
            no,
            id: EventId(Uuid::from_u128(7)),
            first: Shard(0),
            then: None,
            json: "x".repeat(size),
        };
        Decision { outgoing, joins }
    }

    fn check(decisions: &[(usize, bool)], expected: &[&[i64]]) {
        let decisions: Vec<Decision> = (1..)
            .zip(decisions)
            .map(|(no, (size, joins))| decision(no, *size, *joins))
            .collect();
        let limits = Limits {
            bytes: 100,
            events: 3,
        };
        let cut = cut(&decisions, limits);
        let numbers: Vec<Vec<i64>> = cut
            .iter()
            .map(|envelope| envelope.iter().map(|event| event.no).collect())
            .collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn an_envelope_has_limits_and_never_splits_the_answers_to_one_input() {
        check(&[], &[]);
        check(&[(10, false), (80, false), (20, false)], &[&[1, 2], &[3]]);
        check(&[(1, false); 4], &[&[1, 2, 3], &[4]]);
        check(
            &[(1, false), (1, false), (1, false), (1, true)],
            &[&[1, 2], &[3, 4]],
        );
        check(&[(200, false), (200, true), (1, false)], &[&[1, 2], &[3]]);
    }
}
