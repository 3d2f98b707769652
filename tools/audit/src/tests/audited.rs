//! Breaks valid logs, and asserts what the audit finds in them.

use wallet_contract::event::Kind;
use wallet_contract::shard::Shard;

use super::script::Script;
use crate::audit::Audit;
use crate::books::Books;
use crate::entry::{self, Message};
use crate::report::{Breaches, Counts, Invariant};

impl Script {
    pub(super) fn audit(&self) -> (Counts, Books, Breaches) {
        self.read().finish()
    }

    /// An audit that has read all logs.
    pub(super) fn read(&self) -> Audit {
        let mut audit = Audit::new(self.shards);
        // The second log first, so that credits must wait for debits that are read later.
        for shard in [Shard(1), Shard(0)] {
            for message in &self.logs[usize::from(shard.0)] {
                audit.take(shard, message.sequence, entry::read(message, shard));
            }
        }
        audit
    }

    #[track_caller]
    pub(super) fn breaks(&self, invariant: Invariant, words: &str) {
        let (counts, _, breaches) = self.audit();
        let (count, texts) = breaches.of(invariant);
        assert!(count > 0, "{} holds: {breaches:?} {counts:?}", invariant.name());
        assert!(texts.iter().any(|text| text.contains(words)), "{texts:#?}");
    }

    #[track_caller]
    pub(super) fn holds(&self, invariant: Invariant) {
        let (_, _, breaches) = self.audit();
        assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
    }

    /// Asserts that there is no breach; returns the counts and the books.
    #[track_caller]
    pub(super) fn holds_all(&self) -> (Counts, Books) {
        let (counts, books, breaches) = self.audit();
        for invariant in Invariant::ALL {
            assert_eq!(breaches.of(invariant), (0, &[][..]), "{}", invariant.name());
        }
        (counts, books)
    }

    /// Removes the events of a kind, renumbering the rest.
    pub(super) fn without(mut self, kind: Kind) -> Self {
        for log in &mut self.logs {
            log.retain(|message| !String::from_utf8_lossy(&message.payload).contains(kind.name()));
            renumber(log);
        }
        self
    }

    /// Appends a copy of everything.
    pub(super) fn twice(mut self) -> Self {
        for log in &mut self.logs {
            log.extend_from_within(..);
            renumber(log);
        }
        self
    }

    /// Edits the text of the events of a kind that contain `old`.
    pub(super) fn with(mut self, kind: Kind, (old, new): (&str, &str), shards: &[u16]) -> Self {
        for shard in shards {
            for message in &mut self.logs[usize::from(*shard)] {
                let text = String::from_utf8_lossy(&message.payload).into_owned();
                if text.contains(kind.name()) {
                    message.payload = text.replace(old, new).into_bytes().into();
                }
            }
        }
        self
    }
}

fn renumber(log: &mut [Message]) {
    for (sequence, message) in (1..).zip(log) {
        message.sequence = sequence;
    }
}
