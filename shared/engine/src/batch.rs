//! The pure part of the loop: from inputs to decisions.
//!
//! | part | does |
//! |---|---|
//! | `parking` | parked rows, and the events that report them and how they were resolved |
//! | `following` | follows an operator's instruction: handles a parked message after all, or its replacement |
//!
//! The rest decides, and prepares the decisions for the store.

mod following;
mod parking;

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Cause, Event, Fact, Origin, Resolved, Source};
use wallet_contract::log::LogPlace;
use wallet_kernel::{Decider, Due, Heard, Input, Place};

pub use following::resume;
pub use parking::{About, WAITS, mended, of, parked, resolved};
pub(crate) use parking::{park_instruction, unread};

use crate::store::{Blocked, Outgoing, ParkedRow};

/// What a run of messages means to one service.
#[derive(Debug, Default)]
pub struct Batch<'m> {
    /// The readable inputs that concern the service, in log order.
    pub heard: Vec<Heard<'m>>,
    /// What can't be read, and what waits for it.
    pub parked: Vec<ParkedRow>,
    /// Rows that were parked earlier and are now resolved, each with its resolution.
    pub resolved: Vec<(ParkedRow, Resolved)>,
    /// Transfers and accounts that no longer have a parked message.
    pub released: Blocked,
    /// Whether the inputs come from an operator's instruction, which no other service reads.
    pub mended: bool,
}

impl<'m> Batch<'m> {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.heard.is_empty() && self.parked.is_empty() && self.resolved.is_empty()
    }

    /// A batch of a single input.
    pub fn of(heard: Heard<'m>) -> Self {
        Self {
            heard: vec![heard],
            ..Self::default()
        }
    }
}

/// Removes inputs that were handled before, or that occur twice in this batch, and returns them.
pub fn without_repeats<'m>(heard: &mut Vec<Heard<'m>>, mut known: BTreeSet<Uuid>) -> Vec<Heard<'m>> {
    let repeats = heard.extract_if(.., |input| !known.insert(input.input.as_cause().id.0));
    repeats.collect()
}

/// When and where a batch is decided.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The service and shard that decide.
    pub source: Source,
    /// When the batch was taken from the log.
    pub taken: Timestamp,
    /// When it is decided.
    pub now: Timestamp,
    /// The last handled message of the log, after which deadlines are decided.
    pub after: u64,
}

impl Moment {
    fn event(self, fact: Fact, cause: Cause, place: LogPlace) -> Event {
        Event::new(fact, cause, self.origin(place))
    }

    fn origin(self, place: LogPlace) -> Origin {
        Origin {
            source: self.source,
            place,
            time: self.now,
            work_us: self.work_us(),
        }
    }

    /// The position that a decision on an input answers.
    fn place_of(self, heard: &Heard<'_>) -> LogPlace {
        match heard.input {
            Input::Due(_) => LogPlace::message(self.after),
            Input::Request(_) | Input::Event(_) => heard.place,
        }
    }

    /// How long the batch has been worked on.
    fn work_us(self) -> u32 {
        let work = self.now.duration_since(self.taken).as_micros();
        u32::try_from(work.max(0)).unwrap_or(u32::MAX)
    }
}

/// Plays a batch through the core in the order of the log, and returns what it decided.
pub fn play<C: Decider>(
    state: &mut C::State,
    heard: &[Heard<'_>],
    place: Place,
    moment: Moment,
) -> Vec<Event> {
    let mut events = Vec::with_capacity(heard.len());
    for input in heard {
        let decision = C::decide(state, input, place);
        let event =
            decision.map(|fact| moment.event(fact, C::cause(state, &input.input), moment.place_of(input)));
        C::hear(state, input, place);
        if let Some(event) = event {
            C::evolve(state, &event, place);
            events.push(event);
        }
    }
    events
}

/// Deadlines as a batch of inputs. They are in no log.
pub fn due(due: Vec<Due>, now_us: i64) -> Batch<'static> {
    let heard = due.into_iter().map(|due| Heard {
        input: Input::Due(due),
        raw: "".into(),
        place: LogPlace::START,
        at_us: now_us,
    });
    Batch {
        heard: heard.collect(),
        ..Batch::default()
    }
}

/// Numbers events, and writes them as they will be stored and appended.
pub fn outgoing(events: &[Event], place: Place, last_no: i64) -> Vec<Outgoing> {
    let numbered = (last_no.saturating_add(1)..).zip(events).map(|(no, event)| {
        let (first, then) = event.fact.destinations(place.shard, place.shards);
        Outgoing {
            no,
            id: event.id,
            first,
            then,
            json: envelope::write(event),
        }
    });
    numbered.collect()
}
