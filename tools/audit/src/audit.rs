//! The audit: replays all shards' logs into books of its own, and names every breach of an invariant.
//!
//! It is pure and independent of the services: it shares only the contract's readers with them. Logs are processed in their own
//! order and merged by cause: a credit in the payee's log waits until its debit in the payer's log has been booked, so that the
//! sums are right after every single booking. The caller bounds how much is waiting ([`Audit::waiting`]).

mod booking;
mod end;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wallet_contract::event::{Event, Fact, MovementFact, RequestFact};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::Verb;

use super::books::{AccountNo, Books};
use super::entry::{Entry, What};
use super::flow::{End, Flow, Step};
use super::report::{Breaches, Counts, Invariant};

/// What is kept about a request or event, for each log that holds it.
///
/// An id is looked up in one log at a time: a request that is in two logs, one of them not its account's, is decided in both, and
/// the two refusals have the same id. They differ in their source, and id and source together identify an event.
#[derive(Clone, Copy, Debug)]
struct Node {
    digest: u64,
    /// The services that have decided on it, one bit for each: a service decides once on a cause.
    decided: u8,
}

/// One shard's log.
#[derive(Debug, Default)]
struct Log {
    last: u64,
    waiting: VecDeque<Entry>,
    nodes: BTreeMap<EventId, Node>,
    flows: BTreeMap<(TransferId, AccountNo), Flow>,
    undecided: BTreeMap<EventId, (LogPlace, TransferId, Verb)>,
    unreadable: BTreeMap<LogPlace, String>,
    parked: BTreeSet<LogPlace>,
}

/// The replay of all logs.
#[derive(Debug)]
pub struct Audit {
    shards: Shards,
    logs: Vec<Log>,
    books: Books,
    /// Events that a second log must hold, and does not yet hold.
    halves: BTreeMap<EventId, Shard>,
    counts: Counts,
    breaches: Breaches,
    /// Whether every request has had time to end.
    at_rest: bool,
}

/// The position at which an event is being processed.
#[derive(Clone, Copy)]
struct Here<'e> {
    shard: Shard,
    place: LogPlace,
    event: &'e Event,
}

impl Here<'_> {
    fn description(&self) -> String {
        let Self { shard, place, event } = self;
        format!(
            "{} of transfer {} ({})",
            event.fact.kind(),
            event.transfer,
            located(*shard, *place)
        )
    }
}

fn located(shard: Shard, place: LogPlace) -> String {
    format!("shard {shard}, {place}")
}

impl Audit {
    /// An audit of `shards` empty logs.
    pub fn new(shards: Shards) -> Self {
        Self {
            shards,
            logs: shards.all().map(|_| Log::default()).collect(),
            books: Books::default(),
            halves: BTreeMap::new(),
            counts: Counts::default(),
            breaches: Breaches::default(),
            at_rest: true,
        }
    }

    /// Declares that transfers are still in progress, so that unfinished ones are not breaches.
    pub fn set_busy(&mut self) {
        self.at_rest = false;
    }

    /// Sets the first message of `shard`'s log, if it is not 1: a log that was recreated after a loss continues its numbering.
    pub fn set_start(&mut self, shard: Shard, first: u64) {
        if let Some(log) = self.log_mut(shard) {
            log.last = first.saturating_sub(1);
        }
    }

    /// How much of `shard`'s log has been read and can't be booked yet. Feed the log with the smallest amount.
    pub fn waiting(&self, shard: Shard) -> usize {
        self.log(shard).map_or(0, |log| log.waiting.len())
    }

    /// Processes the next message of `shard`'s log, split into its entries.
    pub fn take(&mut self, shard: Shard, sequence: u64, entries: Vec<Entry>) {
        self.counts.messages += 1;
        let Some(log) = self.logs.get_mut(usize::from(shard.0)) else {
            return;
        };
        let expected = log.last + 1;
        if sequence != expected {
            let gap = || format!("the log of shard {shard} continues at message {sequence}, not {expected}");
            self.breaches.add(Invariant::NothingDropped, gap);
        }
        log.last = sequence;
        log.waiting.extend(entries);
        self.process_ready();
    }

    /// Whether nothing is pending: each request is decided, each event is in all its logs.
    pub fn is_quiet(&self) -> bool {
        self.halves.is_empty()
            && self
                .logs
                .iter()
                .all(|log| log.undecided.is_empty() && log.waiting.is_empty())
            // The ledger has ended it, and its event may still be on its way.
            && !self.logs.iter().flat_map(|log| log.flows.values()).any(|flow| matches!(flow.end(), End::Running))
    }

    fn log(&self, shard: Shard) -> Option<&Log> {
        self.logs.get(usize::from(shard.0))
    }

    fn log_mut(&mut self, shard: Shard) -> Option<&mut Log> {
        self.logs.get_mut(usize::from(shard.0))
    }

    /// Books entries until every log is empty or waits for another.
    fn process_ready(&mut self) {
        let mut progress = true;
        while progress {
            progress = false;
            for shard in self.shards.all() {
                while !self.waits(shard) {
                    let Some(entry) = self.log_mut(shard).and_then(|log| log.waiting.pop_front()) else {
                        break;
                    };
                    self.enter(shard, &entry);
                    progress = true;
                }
            }
        }
    }

    /// Whether the next entry of a log is a credit whose debit has not been booked.
    fn waits(&self, shard: Shard) -> bool {
        let Some(log) = self.log(shard) else { return false };
        let Some(Entry {
            what: What::Event(event, _),
            ..
        }) = log.waiting.front()
        else {
            return false;
        };
        let Fact::Movement(movement, MovementFact::AccountCredited) = &event.fact else {
            return false;
        };
        if log.nodes.contains_key(&event.id) || self.shards.of(&movement.payee) != shard {
            return false;
        }
        let payer = self.books.find(&movement.payer);
        let home = self.log(self.shards.of(&movement.payer));
        let flow = payer
            .zip(home)
            .and_then(|(payer, home)| home.flows.get(&(event.transfer, payer)));
        !flow.is_some_and(|flow| flow.has(Step::Debited))
    }

    /// Books entries that still wait because their cause never came.
    fn process_rest(&mut self) {
        while let Some(shard) = self.shards.all().find(|shard| self.waiting(*shard) > 0) {
            if let Some(entry) = self.log_mut(shard).and_then(|log| log.waiting.pop_front()) {
                self.enter(shard, &entry);
            }
            self.process_ready();
        }
    }

    fn enter(&mut self, shard: Shard, entry: &Entry) {
        let place = entry.place;
        match &entry.what {
            What::Request {
                id, transfer, verb, ..
            } => {
                let Some(log) = self.log_mut(shard) else { return };
                if log.nodes.contains_key(id) {
                    self.counts.repeats += 1;
                } else {
                    log.nodes.insert(
                        *id,
                        Node {
                            digest: 0,
                            decided: 0,
                        },
                    );
                    log.undecided.insert(*id, (place, *transfer, *verb));
                    self.counts.requests += 1;
                }
            }
            What::Event(event, digest) => self.event(Here { shard, place, event }, *digest),
            What::Unreadable(detail) => {
                if let Some(log) = self.log_mut(shard) {
                    log.unreadable.insert(place, detail.clone());
                }
            }
        }
    }

    fn event(&mut self, here: Here<'_>, digest: u64) {
        let (shard, event) = (here.shard, here.event);
        let (first, then) = event.fact.destinations(event.source.shard, self.shards);
        if shard != first && Some(shard) != then {
            self.breaches.add(Invariant::Causes, || {
                format!("{} is in the wrong log", here.description())
            });
        }
        let Some(log) = self.log_mut(shard) else { return };
        if let Some(known) = log.nodes.get(&event.id) {
            if known.digest == digest {
                self.counts.copies += 1;
            } else {
                let twice = || format!("{} has the id {} of another event", here.description(), event.id);
                self.breaches.add(Invariant::Causes, twice);
            }
            return;
        }
        log.nodes.insert(event.id, Node { digest, decided: 0 });
        self.cause(here, first);
        if let Some(other) = then.map(|then| if shard == first { then } else { first }) {
            self.match_halves(here, other, digest);
        }
        if shard == first {
            self.counts.events += 1;
            self.book(here);
        }
    }

    /// The cause must precede the event in the same log, and have led to nothing else there.
    fn cause(&mut self, here: Here<'_>, first: Shard) {
        let rooted = match &here.event.fact {
            Fact::Account(..) => true,
            Fact::Movement(_, fact) => match fact {
                // The payee's log starts with it; the request is at home, and so must be this event's other half.
                MovementFact::AccountDebited
                | MovementFact::FundsReserved(_)
                | MovementFact::ReservationReleased(..) => here.shard == first,
                MovementFact::DebitReversed(_)
                | MovementFact::AccountCredited
                | MovementFact::CreditRefused(_)
                | MovementFact::CreditPromised(_)
                | MovementFact::ConfirmationDeferred
                | MovementFact::ReversalGranted
                | MovementFact::TransferSettled => true,
            },
            // It is a cause itself.
            Fact::Request(_, RequestFact::RequestRecalled(..)) => false,
            Fact::Request(..) => true,
            // The cause is a position in the log.
            Fact::Message(_) => false,
        };
        if !rooted {
            return;
        }
        let cause = here.event.cause;
        let by = 1 << here.event.source.service as u8;
        let Some(log) = self.log_mut(here.shard) else {
            return;
        };
        log.undecided.remove(&cause);
        let breach = match log.nodes.get_mut(&cause) {
            None => Some(format!(
                "{}: its cause {cause} is not before it in the log",
                here.description()
            )),
            Some(node) if node.decided & by != 0 => Some(format!(
                "{}: its cause {cause} already has a decision",
                here.description()
            )),
            Some(node) => {
                node.decided |= by;
                None
            }
        };
        if let Some(breach) = breach {
            self.breaches.add(Invariant::Causes, || breach);
        }
    }

    /// An event that two logs must hold must be identical in both.
    fn match_halves(&mut self, here: Here<'_>, other: Shard, digest: u64) {
        let id = here.event.id;
        match self.log(other).and_then(|log| log.nodes.get(&id)) {
            None => {
                self.halves.insert(id, other);
            }
            Some(node) => {
                let is_same = node.digest == digest;
                self.halves.remove(&id);
                if !is_same {
                    let differs = || format!("{} differs in shard {other}", here.description());
                    self.breaches.add(Invariant::Causes, differs);
                }
            }
        }
    }
}
