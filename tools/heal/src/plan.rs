//! What a shard's stream has lost, and in which order it goes back.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wallet_contract::subject::Service;

/// What the services and the stream tell of one shard.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// How far each service has read the stream.
    pub positions: Vec<Position>,
    /// All services' decisions, from all their shards, that this stream must hold.
    pub decisions: Vec<Decision>,
    /// What the ledger has recorded of this stream, in log order.
    pub recorded: Vec<Recorded>,
    /// The stream, if it exists.
    pub stream: Option<Stream>,
}

/// How far a service has read the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The service.
    pub service: Service,
    /// The sequence of the last message that it has handled.
    pub position: u64,
    /// The time of that message, in microseconds, or of an earlier one that was stored later.
    pub at_us: i64,
    /// The sequence from which the stream must hold every message.
    pub whole_from: u64,
}

/// A decision as its service stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its place in the store.
    pub at: Stored,
    /// Whether the store is this shard's, so that its cause is in this stream.
    pub is_local: bool,
    /// Its id.
    pub id: Uuid,
    /// The request or event that it is the decision on.
    pub cause: Uuid,
    /// When it was decided, microseconds.
    pub at_us: i64,
    /// Whether it can answer a request.
    pub answers: bool,
}

/// A place in a service's store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// The service whose store it is.
    pub service: Service,
    /// The shard.
    pub shard: u16,
    /// The number in the store.
    pub no: i64,
}

/// A record of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: Uuid,
    /// The client's request in publishable form, if it is one.
    pub request: Option<Publish>,
}

/// A message that this tool can publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// The subject, with its shard.
    pub subject: String,
    /// Headers, by name.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A stream as it was found.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Its first sequence.
    pub first: u64,
    /// Its last sequence.
    pub last: u64,
    /// The first sequence with which it was created.
    pub begins: u64,
    /// Its messages.
    pub messages: Vec<Message>,
}

impl Stream {
    /// How many messages after `position` are missing.
    fn missing_after(&self, position: u64) -> u64 {
        let position = position.max(self.begins.saturating_sub(1));
        let existing = self.messages.iter().filter(|message| message.sequence > position);
        self.last
            .saturating_sub(position)
            .saturating_sub(existing.count() as u64)
    }
}

/// A message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its sequence.
    pub sequence: u64,
    /// When it was stored, microseconds.
    pub at_us: i64,
    /// The ids of its requests and events.
    pub ids: Vec<Uuid>,
    /// The message itself, if a client published it.
    pub request: Option<Publish>,
}

/// The repair of a shard's stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether the stream does not exist at all.
    pub gone: bool,
    /// Whether messages are missing from its front or middle: then everything goes back, since the order of the rest is no longer
    /// meaningful.
    pub torn: bool,
    /// How many messages are lost for good, because no service had read them.
    pub unread: u64,
    /// The position to which it must reach, so that nothing reuses a sequence.
    pub reach: u64,
    /// How many positions must be filled for that.
    pub fill: u64,
    /// The items that go back, causes first.
    pub items: Vec<Item>,
    /// The services that continue after [`Plan::reach`], because messages that they have read no longer exist.
    pub moved: Vec<Service>,
}

/// An item that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A request as its client sent it.
    Request(Publish),
    /// A request whose text is lost, reconstructed from the decision on it.
    Recalled(Stored),
    /// A decision as stored.
    Event(Stored),
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.moved.is_empty()
    }
}

/// A lost item that is to be sorted into the plan.
struct Lost {
    id: Uuid,
    cause: Option<Uuid>,
    /// The ledger's record order; unrecorded items come after all recorded ones, by time.
    order: (Option<usize>, i64),
    item: Item,
}

/// Finds what is missing, and how it goes back.
pub fn plan(known: &Known) -> Plan {
    let furthest = known.positions.iter().map(|at| at.position).max().unwrap_or(0);
    let gone = known.stream.is_none() && furthest > 0;
    let stream = known.stream.as_ref();
    let torn = stream.is_some_and(|stream| is_torn(stream, &known.positions));
    let lost_by = |at: &Position| torn || stream.map_or(gone, |stream| has_lost(*at, stream));
    let moved: Vec<Position> = known.positions.iter().copied().filter(lost_by).collect();
    // A recreated stream begins one position later: otherwise it would look complete to the service with the furthest position,
    // which would continue before everything is back.
    let (reach, last) = match stream {
        Some(stream) if moved.is_empty() => (stream.last, stream.last),
        Some(stream) if torn => (furthest.max(stream.last), stream.last),
        Some(stream) => (furthest.max(stream.first.saturating_sub(1)), stream.last),
        None => (furthest + u64::from(gone), furthest + u64::from(gone)),
    };
    let (present, unread) = present(known, &moved, if torn { Void::All } else { Void::Late(reach) });
    let lost = lost(known, &present, &unread, !moved.is_empty());
    Plan {
        gone,
        torn,
        unread: stream.map_or(0, |stream| stream.missing_after(furthest)),
        reach,
        fill: reach.saturating_sub(last),
        items: in_order(lost),
        moved: moved.iter().map(|at| at.service).collect(),
    }
}

/// Whether messages are missing that a service relies on.
fn is_torn(stream: &Stream, positions: &[Position]) -> bool {
    let from = positions.iter().map(|at| at.whole_from);
    from.min()
        .is_some_and(|from| stream.missing_after(from.saturating_sub(1)) > 0)
}

/// Whether the message that a service read last is no longer in its place.
fn has_lost(at: Position, stream: &Stream) -> bool {
    if stream.last < at.position || stream.first > at.position.saturating_add(1) {
        return true;
    }
    let existing = stream
        .messages
        .binary_search_by_key(&at.position, |message| message.sequence);
    existing.is_ok_and(|index| stream.messages[index].at_us > at.at_us)
}

/// Which messages of a stream count as absent once the services have continued.
#[derive(Clone, Copy)]
enum Void {
    /// All of them.
    All,
    /// Those up to this position that a service which continues after it has not read: they came after the loss.
    Late(u64),
}

/// The ids in the stream that every service will read, and the messages that the continuing services will skip.
fn present<'k>(known: &'k Known, moved: &[Position], void: Void) -> (BTreeSet<Uuid>, Vec<&'k Message>) {
    let mut present = BTreeSet::new();
    let mut unread = Vec::new();
    for message in known.stream.iter().flat_map(|stream| &stream.messages) {
        let is_void = match void {
            Void::All => true,
            Void::Late(reach) => message.sequence <= reach && moved.iter().any(|at| message.at_us > at.at_us),
        };
        if is_void {
            unread.push(message);
        } else {
            present.extend(message.ids.iter().copied());
        }
    }
    (present, unread)
}

/// The items that are not in the stream. If the stream lacks nothing that any service had read, only decisions of this shard count: copies may be
/// on their way.
fn lost(known: &Known, present: &BTreeSet<Uuid>, unread: &[&Message], broken: bool) -> Vec<Lost> {
    let indexes = known
        .recorded
        .iter()
        .enumerate()
        .map(|(index, recorded)| (recorded.id, index));
    let indexes: BTreeMap<Uuid, usize> = indexes.collect();
    let order = |id: &Uuid, at_us| (indexes.get(id).copied(), at_us);
    let mut lost = Vec::new();
    for (id, at_us, request) in requests(known, present, unread, &indexes) {
        lost.push(Lost {
            id,
            cause: None,
            order: order(&id, at_us),
            item: Item::Request(request.clone()),
        });
    }
    if broken {
        let found: BTreeSet<Uuid> = lost.iter().map(|lost| lost.id).collect();
        for decision in recalled(known, present, &found) {
            lost.push(Lost {
                id: decision.cause,
                cause: None,
                order: order(&decision.cause, decision.at_us),
                item: Item::Recalled(decision.at),
            });
        }
    }
    for decision in &known.decisions {
        if !present.contains(&decision.id) && (broken || decision.is_local) {
            lost.push(Lost {
                id: decision.id,
                cause: Some(decision.cause),
                order: order(&decision.id, decision.at_us),
                item: Item::Event(decision.at),
            });
        }
    }
    lost
}

/// The lost requests: those that the ledger has recorded, and those in positions that it will never read.
fn requests<'k>(
    known: &'k Known,
    present: &BTreeSet<Uuid>,
    unread: &[&'k Message],
    indexes: &BTreeMap<Uuid, usize>,
) -> Vec<(Uuid, i64, &'k Publish)> {
    let recorded = known
        .recorded
        .iter()
        .filter(|recorded| !present.contains(&recorded.id));
    let recorded = recorded.filter_map(|recorded| Some((recorded.id, 0, recorded.request.as_ref()?)));
    let unread = unread.iter().filter_map(|message| {
        let new = message.ids.iter().find(|id| !indexes.contains_key(id))?;
        Some((*new, message.at_us, message.request.as_ref()?))
    });
    recorded.chain(unread).collect()
}

/// The decisions whose requests no longer exist anywhere, one for each request.
fn recalled<'k>(known: &'k Known, present: &BTreeSet<Uuid>, found: &BTreeSet<Uuid>) -> Vec<&'k Decision> {
    let decisions: BTreeSet<Uuid> = known.decisions.iter().map(|decision| decision.id).collect();
    let somewhere = |id: &Uuid| present.contains(id) || decisions.contains(id) || found.contains(id);
    let mut seen = BTreeSet::new();
    let answers = known
        .decisions
        .iter()
        .filter(|decision| decision.is_local && decision.answers);
    answers
        .filter(|decision| !somewhere(&decision.cause) && seen.insert(decision.cause))
        .collect()
}

/// Sorted by the ledger's record order, then by time; but nothing before its cause, whatever the services' clocks say.
fn in_order(mut lost: Vec<Lost>) -> Vec<Item> {
    lost.sort_by_key(|lost| (lost.order.0.unwrap_or(usize::MAX), lost.order.1));
    let indexes: BTreeMap<Uuid, usize> = lost
        .iter()
        .enumerate()
        .map(|(index, lost)| (lost.id, index))
        .collect();
    let mut taken = BTreeSet::new();
    let mut order = Vec::with_capacity(lost.len());
    for index in 0..lost.len() {
        let mut chain = vec![index];
        while let Some(cause) = chain.last().and_then(|index| lost[*index].cause) {
            match indexes.get(&cause) {
                Some(before) if !taken.contains(before) && !chain.contains(before) => chain.push(*before),
                Some(_) | None => break,
            }
        }
        order.extend(chain.into_iter().rev().filter(|index| taken.insert(*index)));
    }
    let mut items: Vec<Option<Item>> = lost.into_iter().map(|lost| Some(lost.item)).collect();
    order
        .into_iter()
        .filter_map(|index| items[index].take())
        .collect()
}
