//! The requests and events of a flow in reading order: each after its cause.

use uuid::Uuid;
use wallet_contract::event::Kind;

use crate::content::Content;
use crate::flow::{Event, Flow};
use crate::held;
use crate::skew::skew;
use crate::step::goes_on;
pub use crate::step::{Lane, Mark, Step, Times};
use crate::text::span_us;
use crate::words::{self, Meaning};

/// Puts a flow's events in reading order.
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
        // The second phase belongs to the first request.
        let goes_on = index > 0 && goes_on(event.request_verb()) && !order.is_refused(event);
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
        // A log in which two events cause each other is broken, but must still be displayed.
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

fn times(event: &Event, cause: Option<&Event>) -> Times {
    let decided_us = event.time.as_microsecond();
    let taken_us = decided_us.saturating_sub(event.work_us);
    let wait_us = cause.map_or(0, |cause| taken_us.saturating_sub(cause.recorded_us()));
    Times {
        wait_us: wait_us.max(0),
        work_us: event.work_us.max(0),
        publish_us: event.recorded_us().saturating_sub(decided_us).max(0),
    }
}

/// The lane and shard of a source; the client's lane for anything but a service.
fn source(source: &str) -> (Lane, Option<u16>) {
    let mut parts = source.split('/').skip(1);
    let lane = parts.next().and_then(Lane::of_service).unwrap_or(Lane::Client);
    let shard = parts.next().and_then(|shard| shard.parse().ok());
    (lane, shard)
}
