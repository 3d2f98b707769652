//! A service on one shard: what it remembers, and what it decides on each input.
//!
//! A mind is a value. The result of an input depends on the mind and the input alone, so it is computed once and cached; most
//! states of the world differ only in which minds they combine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use wallet_contract::event::{Event, Source};
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_engine::batch::{self, Moment};
use wallet_invariants::rows::{Accounts, invariant_floors, one_end, sum};
use wallet_kernel::{Heard, Input, Place};

use crate::core::{Alarm, Core};
use crate::interned::Interned;
use crate::message::Number;

/// The time of every input: one hour after the start of 1970. Due times are separate.
const NOW_US: i64 = 3_600_000_000;

/// The memory of one service on one shard: its rows, its inbox, its event store.
#[derive(Debug)]
struct Mind<C: Core> {
    state: C::State,
    inbox: BTreeSet<EventId>,
    said: Vec<(Number, Event)>,
    /// What it has heard at one end of a transfer only: plus credits to its payees, minus what has left its payers for good.
    one_end: i128,
    seen: Arc<Seen>,
}

/// The visible part of a mind, independent of the core's type.
#[derive(Debug, Default)]
pub struct Seen {
    /// The accounts.
    pub accounts: Accounts,
    /// All its money, less what it knows at one end of a transfer only: zero in the sum over all shards.
    pub money: i128,
    /// The events it has decided, in the order of their numbers.
    pub said: Vec<Number>,
    /// Everything that can become due.
    pub alarms: Vec<Alarm>,
    /// Whether something has begun and not ended.
    pub is_busy: bool,
    /// Whether no account is below its floor, and the accounts agree with the transfers.
    pub is_sound: bool,
}

/// The result of an input: the next mind, and the event it decided, if any.
pub(crate) type Step = (u32, Option<Number>);

/// An input: a message, or one of the alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ear {
    /// The message with this number.
    Message(Number),
    /// The index of the alarm among the mind's alarms.
    Alarm(usize),
}

/// All minds that a service can have on one shard.
#[derive(Debug)]
pub(crate) struct Minds<C: Core> {
    place: Place,
    known: Interned<Mind<C>>,
    steps: RwLock<BTreeMap<(u32, Ear), Step>>,
}

impl<C: Core> Minds<C> {
    /// Mind number 0 knows nothing.
    pub(crate) fn new(place: Place) -> Self {
        let minds = Self {
            place,
            known: Interned::default(),
            steps: RwLock::default(),
        };
        minds.number(C::State::default(), BTreeSet::new(), Vec::new(), 0);
        minds
    }

    pub(crate) fn seen(&self, mind: u32) -> Arc<Seen> {
        Arc::clone(&self.known.get(mind).seen)
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The result of an input to `mind`. `input` looks up a message, `number` assigns a number to a decided event.
    pub(crate) fn hear(
        &self,
        mind: u32,
        ear: Ear,
        input: impl FnOnce(Number) -> Input,
        number: impl FnOnce(&Event) -> Number,
    ) -> Step {
        let known = self
            .steps
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(mind, ear))
            .copied();
        if let Some(step) = known {
            return step;
        }
        let before = self.known.get(mind);
        let (at_us, input) = match ear {
            Ear::Message(message) => (NOW_US, input(message)),
            Ear::Alarm(which) => {
                let (at_us, due) = before.seen.alarms[which].clone();
                (at_us, Input::Due(due))
            }
        };
        let step = self.step(&before, mind, input, at_us, number);
        self.steps
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((mind, ear), step);
        step
    }

    /// One batch of one input, as the runtime handles it.
    fn step(
        &self,
        before: &Mind<C>,
        mind: u32,
        input: Input,
        at_us: i64,
        number: impl FnOnce(&Event) -> Number,
    ) -> Step {
        let known = before.inbox.iter().filter(|_| C::INBOX).map(|id| id.0).collect();
        let mut heard = vec![Heard {
            input,
            raw: "".into(),
            place: LogPlace::START,
            at_us,
        }];
        batch::without_repeats(&mut heard, known);
        let Some(input) = heard.first().map(|heard| heard.input.clone()) else {
            return (mind, None);
        };
        let mut state = before.state.clone();
        let said: Vec<&Event> = before.said.iter().map(|(_, event)| event).collect();
        C::load(&mut state, &input, self.place, &said);
        let now = Timestamp::from_microsecond(at_us).expect("an expiry is a time");
        let moment = Moment {
            source: Source {
                service: C::SERVICE,
                shard: self.place.shard,
            },
            taken: now,
            now,
            after: 0,
        };
        let event = batch::play::<C>(&mut state, &heard, self.place, moment).pop();
        C::forget(&mut state);
        let mut inbox = before.inbox.clone();
        let first = inbox.insert(input.as_cause().id);
        let one_end = if first { one_end(&input, self.place) } else { 0 };
        let mut said = before.said.clone();
        let number = event.map(|event| {
            let number = number(&event);
            said.push((number, event));
            number
        });
        said.sort_by_key(|(number, _)| *number);
        (self.number(state, inbox, said, before.one_end + one_end), number)
    }

    fn number(
        &self,
        state: C::State,
        inbox: BTreeSet<EventId>,
        said: Vec<(Number, Event)>,
        one_end: i128,
    ) -> u32 {
        let numbers: Vec<Number> = said.iter().map(|(number, _)| *number).collect();
        let text = format!("{state:?} {inbox:?} {numbers:?}");
        self.known.number(text, || Mind {
            seen: Arc::new(Seen::of::<C>(&state, numbers, one_end)),
            state,
            inbox,
            said,
            one_end,
        })
    }
}

impl Seen {
    fn of<C: Core>(state: &C::State, said: Vec<Number>, one_end: i128) -> Self {
        let accounts = C::accounts(state);
        Self {
            money: if accounts.is_empty() {
                0
            } else {
                sum(&accounts) - one_end
            },
            said,
            alarms: C::alarms(state),
            is_busy: C::is_busy(state),
            is_sound: invariant_floors(&accounts).is_ok() && C::is_consistent(state),
            accounts,
        }
    }
}
