//! The pure middle of the loop: from messages to inputs, from inputs to decisions.
//!
//! | part | does |
//! |---|---|
//! | [`read`] | reads messages as a service hears them; sets aside what can't be read, and what must wait behind that |
//! | `parking` | tells what was set aside, and what became of it |
//! | `following` | hears it after all, or what stands for it, when an operator says so |
//!
//! The rest decides, and writes what was decided.

mod following;
mod parking;
mod reading;

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Cause, Event, Fact, Resolved, Source};
use wallet_kernel::{Decider, Due, Heard, Input, Place};

pub use following::resume;
pub use parking::{mended, parked, resolved};
pub use reading::{WAITS, of, read, set_aside, set_aside_whole};

use crate::store::{Blocked, Outgoing, ParkedRow};

/// What a run of messages says to one service.
#[derive(Debug, Default)]
pub struct Batch<'m> {
    /// What can be read and concerns it, in the order of the log.
    pub heard: Vec<Heard<'m>>,
    /// What can't be read, and what waits behind that.
    pub parked: Vec<ParkedRow>,
    /// What was set aside before, and is now no longer: as it stood there, and what became of it.
    pub resolved: Vec<(ParkedRow, Resolved)>,
    /// Of what nothing is set aside any more.
    pub released: Blocked,
    /// Whether what is heard stands in an operator's instruction, where nobody else hears it.
    pub mended: bool,
}

impl<'m> Batch<'m> {
    /// Whether there is nothing to do about it.
    pub fn says_nothing(&self) -> bool {
        self.heard.is_empty() && self.parked.is_empty() && self.resolved.is_empty()
    }

    /// One input by itself.
    pub fn of(heard: Heard<'m>) -> Self {
        Self {
            heard: vec![heard],
            ..Self::default()
        }
    }
}

/// Takes out what was handled before, or stands twice in this batch, and gives it back.
pub fn without_repeats<'m>(heard: &mut Vec<Heard<'m>>, mut known: BTreeSet<Uuid>) -> Vec<Heard<'m>> {
    let repeats = heard.extract_if(.., |input| !known.insert(input.input.as_cause().id.0));
    repeats.collect()
}

/// When and where a batch is decided.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Who decides.
    pub source: Source,
    /// When the batch was taken from the log.
    pub taken: Timestamp,
    /// When it is decided.
    pub now: Timestamp,
}

impl Moment {
    fn event(self, fact: Fact, cause: Cause) -> Event {
        Event::new(fact, cause, self.source, self.now, self.work_us())
    }

    /// How long the batch has been worked at.
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
        let event = decision.map(|fact| moment.event(fact, C::cause(state, &input.input)));
        C::hear(state, input, place);
        if let Some(event) = event {
            C::evolve(state, &event, place);
            events.push(event);
        }
    }
    events
}

/// What is due, as it is heard. It stands in no log.
pub fn due(due: Vec<Due>, now_us: i64) -> Batch<'static> {
    let heard = due.into_iter().map(|due| Heard {
        input: Input::Due(due),
        raw: "".into(),
        sequence: 0,
        index: 0,
        at_us: now_us,
        committed_us: None,
    });
    Batch {
        heard: heard.collect(),
        ..Batch::default()
    }
}

/// The number of the event that was decided on each input, if one was; events are numbered from behind `last_no`.
pub fn decisions(heard: &[Heard<'_>], events: &[Event], last_no: i64) -> Vec<Option<i64>> {
    let mut numbered = (last_no.saturating_add(1)..).zip(events).peekable();
    let mut number = |heard: &Heard<'_>| {
        let cause = heard.input.as_cause().id;
        numbered
            .next_if(|(_, event)| event.cause == cause)
            .map(|(no, _)| no)
    };
    heard.iter().map(&mut number).collect()
}

/// Numbers events and writes them as they will be stored and published.
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
