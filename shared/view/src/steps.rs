//! The requests and events of a flow in the order in which people read them: each behind what caused it.

use uuid::Uuid;
use wallet_contract::event::Kind;
use wallet_contract::subject::{Service, Verb};

use crate::content::Content;
use crate::flow::{Event, Flow};
use crate::held;
use crate::skew::{Skew, skew};
use crate::text::span_us;
use crate::words::{self, Meaning};

/// One request or event.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place among the flow's events, which is that of the log.
    pub event: usize,
    /// Who said it.
    pub lane: Lane,
    /// On which shard it was decided; nothing for a client.
    pub decided_on: Option<u16>,
    /// The step that caused it.
    pub parent: Option<usize>,
    /// Which of the flow's requests it goes back to, counted from 0.
    pub root: usize,
    /// From the flow's first request to when this stood in the log, microseconds.
    pub at_us: i64,
    /// Where the time went; nothing for a request.
    pub times: Option<Times>,
    /// For how long the reservation waited for its payer until this, microseconds.
    pub held_us: i64,
    /// Where its times contradict the order of the log.
    pub skew: Option<Skew>,
    /// What it means for the flow.
    pub mark: Mark,
    /// What happened, in a few words.
    pub words: String,
    /// What there is to say about it.
    pub notes: Vec<String>,
    /// In which shard's log it stands.
    pub shard: u16,
    /// Where in it.
    pub sequence: u64,
    /// What it says.
    pub content: Content,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Who asks.
    Client,
    /// debit-svc.
    Debit,
    /// credit-svc.
    Credit,
    /// ledger-svc.
    Ledger,
}

/// Where a step's time went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From when the cause stood in the log to when the service took it up, less what a reservation was held in between.
    pub wait_us: i64,
    /// That the service was at work on it until it was decided.
    pub work_us: i64,
    /// From the decision to when it was committed; nothing if that is not known: the time then is in [`Self::publish_us`].
    pub commit_us: Option<i64>,
    /// From then on to when it stood in the log.
    pub publish_us: i64,
}

/// What a step means for the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One of many.
    Said,
    /// A good end.
    Good,
    /// Somebody said no.
    Refused,
    /// Something was taken back.
    Undone,
}

impl Step {
    /// When the service took its cause up, microseconds since the flow's first request; of a request, when it stood in the log.
    pub fn taken_us(&self) -> i64 {
        let Some(times) = self.times else {
            return self.at_us;
        };
        let after_us = [Some(times.work_us), times.commit_us, Some(times.publish_us)];
        after_us
            .into_iter()
            .flatten()
            .fold(self.at_us, i64::saturating_sub)
    }
}

impl Lane {
    /// All of them, from left to right.
    pub const ALL: [Self; 4] = [Self::Client, Self::Debit, Self::Credit, Self::Ledger];

    /// The name of who speaks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Debit => Service::Debit.name(),
            Self::Credit => Service::Credit.name(),
            Self::Ledger => Service::Ledger.name(),
        }
    }

    /// The lane of a service, by its name.
    pub fn of_service(name: &str) -> Option<Self> {
        Self::ALL.into_iter().skip(1).find(|lane| lane.name() == name)
    }
}

impl Mark {
    /// A sign that needs no colour.
    pub fn sign(self) -> char {
        match self {
            Self::Said => '●',
            Self::Good => '✓',
            Self::Refused => '✗',
            Self::Undone => '↺',
        }
    }

    /// A word for who can't see the sign; also a name for a style.
    pub fn word(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Undone => "undone",
        }
    }
}

/// Puts a flow's events in order.
pub fn of(flow: &Flow) -> Vec<Step> {
    let events = &flow.events;
    let mut order = Order {
        flow,
        start_us: events.first().map_or(0, Event::recorded_us),
        ids: Vec::new(),
        steps: Vec::new(),
    };
    let known = |id: Uuid| events.iter().any(|event| event.id == id);
    let begins = |event: &Event| event.cause.is_none_or(|cause| !known(cause) || cause == event.id);
    let mut others = 0;
    let roots = events.iter().enumerate().filter(|(_, event)| begins(event));
    for (index, (place, event)) in roots.enumerate() {
        // The second phase goes on with the first request.
        let goes_on = index > 0 && goes_on(event.asks()) && !order.is_refused(event);
        others += usize::from(index > 0 && !goes_on);
        order.add(place, event, None, if goes_on { 0 } else { others });
    }
    let mut steps = order.steps;
    if let Some(held) = held::of(&steps) {
        let step = &mut steps[held.step];
        step.held_us = held.us;
        step.notes
            .insert(0, format!("held for {} until then", span_us(held.us)));
        if let Some(times) = &mut step.times {
            times.wait_us = times.wait_us.saturating_sub(held.us).max(0);
        }
    }
    steps
}

struct Order<'f> {
    flow: &'f Flow,
    start_us: i64,
    ids: Vec<Uuid>,
    steps: Vec<Step>,
}

impl<'f> Order<'f> {
    /// Adds an event and everything that it led to.
    fn add(&mut self, place: usize, event: &'f Event, parent: Option<(usize, &Event)>, root: usize) {
        // A log that says that two events caused each other is broken, but it can still be shown.
        if self.ids.contains(&event.id) {
            return;
        }
        let content = Content::of(event, self.flow);
        let Meaning { mark, words, notes } = words::meaning(self.flow, event, &content, root);
        let index = self.steps.len();
        let (lane, decided_on) = source(&event.source);
        let cause = parent.map(|(_, cause)| cause);
        self.ids.push(event.id);
        self.steps.push(Step {
            event: place,
            lane,
            decided_on,
            parent: parent.map(|(index, _)| index),
            root,
            at_us: event.recorded_us().saturating_sub(self.start_us),
            times: event.cause.map(|_| times(event, cause)),
            held_us: 0,
            skew: skew(event, cause),
            mark,
            words,
            notes,
            shard: event.shard,
            sequence: event.sequence,
            content,
        });
        let flow = self.flow;
        let effects = flow.events.iter().enumerate();
        for (place, effect) in effects.filter(|(_, effect)| effect.cause == Some(event.id)) {
            self.add(place, effect, Some((index, event)), root);
        }
    }

    /// Whether a request led to nothing.
    fn is_refused(&self, request: &Event) -> bool {
        let events = self.flow.events.iter();
        let mut effects = events.filter(|event| event.cause == Some(request.id));
        effects.all(|effect| Kind::parse(&effect.kind) == Some(Kind::RequestRefused))
    }
}

/// Whether a request is the second phase of a transfer.
pub(crate) fn goes_on(verb: Option<Verb>) -> bool {
    matches!(verb, Some(Verb::Confirm | Verb::Cancel))
}

fn times(event: &Event, cause: Option<&Event>) -> Times {
    let decided_us = event.time.as_microsecond();
    let taken_us = decided_us.saturating_sub(event.work_us);
    let wait_us = cause.map_or(0, |cause| taken_us.saturating_sub(cause.recorded_us()));
    let (rest_us, commit_us) = (
        event.recorded_us().saturating_sub(decided_us).max(0),
        commit_us(event),
    );
    Times {
        wait_us: wait_us.max(0),
        work_us: event.work_us.max(0),
        commit_us,
        publish_us: rest_us.saturating_sub(commit_us.unwrap_or(0)),
    }
}

/// From the decision to the commit, within what it took in all: the log's clock may differ.
pub(crate) fn commit_us(event: &Event) -> Option<i64> {
    let rest_us = event
        .recorded_us()
        .saturating_sub(event.time.as_microsecond())
        .max(0);
    Some(rest_us.saturating_sub(event.publish_us?).clamp(0, rest_us))
}

/// Who said it, and where: a service's lane and shard, else the client's.
fn source(source: &str) -> (Lane, Option<u16>) {
    let mut parts = source.split('/').skip(1);
    let lane = parts.next().and_then(Lane::of_service).unwrap_or(Lane::Client);
    let shard = parts.next().and_then(|shard| shard.parse().ok());
    (lane, shard)
}
