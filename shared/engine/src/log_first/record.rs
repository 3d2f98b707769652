//! The record: our own decisions, as the log of our shard holds them.

use std::collections::VecDeque;

use wallet_contract::envelope::{self, Unreadable};
use wallet_contract::event::Event;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_ENVELOPE_BYTES;

use super::Log;
use crate::bus;
use crate::store::Outgoing;

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

/// A decision that is in the record.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) event: Event,
    pub(super) json: String,
    /// Its place in our own log. The place of what it answers is the event's.
    pub(super) at: LogPlace,
}

/// The part of the record that a database lacks, read as it is needed.
#[derive(Debug)]
pub(super) struct Record<'a, L> {
    log: &'a L,
    shard: Shard,
    subject: &'a str,
    /// The database has all events up to here.
    known: LogPlace,
    /// The last message that was read.
    read: u64,
    /// The opening of this tenure, where the record ends.
    opening: u64,
    pub(super) ahead: VecDeque<Recorded>,
}

/// Why the record can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Log(#[from] bus::Error),
    #[error("message {0} on our own subject can't be read, perhaps because a newer version wrote it: {1}")]
    Unreadable(u64, Unreadable),
    #[error("event {0}, which the database has, is not in the log of shard {1}: it has lost data")]
    Missing(EventId, Shard),
}

impl<'a, L: Log> Record<'a, L> {
    /// The record after a place up to which the database has all events, up to the opening.
    pub(super) fn after(log: &'a L, shard: Shard, subject: &'a str, known: LogPlace, opening: u64) -> Self {
        Self {
            log,
            shard,
            subject,
            known,
            // The known event may be followed by more in its message.
            read: known.sequence.saturating_sub(1),
            opening,
            ahead: VecDeque::new(),
        }
    }

    /// Whether nothing is left of it.
    pub(super) fn is_done(&self) -> bool {
        self.ahead.is_empty() && self.read >= self.opening
    }

    /// Skips the events that the database has: up to its last one, which must be there.
    pub(super) async fn skip_to(&mut self, last: Option<EventId>) -> Result<(), Failed> {
        let Some(last) = last else { return Ok(()) };
        // The last event itself may be at the known place.
        self.known = LogPlace::message(self.read);
        loop {
            while let Some(event) = self.ahead.pop_front() {
                if event.event.id == last {
                    return Ok(());
                }
            }
            if self.read >= self.opening {
                return Err(Failed::Missing(last, self.shard));
            }
            self.read_on().await?;
        }
    }

    /// Reads on until the answers to message `sequence` are complete.
    pub(super) async fn reach(&mut self, sequence: u64) -> Result<(), Failed> {
        let answers = |recorded: &Recorded| recorded.event.place.sequence;
        while self.ahead.back().map_or(0, answers) <= sequence && self.read < self.opening {
            self.read_on().await?;
        }
        Ok(())
    }

    async fn read_on(&mut self) -> Result<(), Failed> {
        let messages = self
            .log
            .on(self.shard, self.subject, self.read, self.opening, READ)
            .await?;
        let Some(last) = messages.last() else {
            self.read = self.opening;
            return Ok(());
        };
        self.read = last.sequence;
        for message in messages.iter().filter(|message| message.writer.is_some()) {
            let bad = |bad| Failed::Unreadable(message.sequence, bad);
            for (element, json) in (0..).zip(envelope::split(&message.payload).map_err(bad)?) {
                let at = LogPlace::element(message.sequence, element);
                if at > self.known {
                    let event = envelope::read(json).map_err(bad)?;
                    let json = json.to_owned();
                    self.ahead.push_back(Recorded { event, json, at });
                }
            }
        }
        Ok(())
    }
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
