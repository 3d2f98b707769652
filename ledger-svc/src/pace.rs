//! Counts how transfers end, and measures how long they and the steps of each flow take. This happens after each commit, from
//! what the batch has in memory, so a transfer costs no extra statement and no extra lock.
//!
//! A step lasts from when the log of the flow's home stored its cause to when it stored the event: publishing, waiting and work
//! together. A transfer lasts from its request in the log to the decision that ends it. The time for which a reservation waits for
//! its payer counts towards neither, and an expiry is not a step. After a restart or a take-over, or if very many flows are in
//! progress, the beginning of a transfer may no longer be in memory; it is then looked up in the books a moment later.

mod late;
mod recent;

use std::collections::BTreeMap;

use ledger_core::{Ledger, State, Status};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::mpsc;
use wallet_contract::event::{Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::subject::Verb;
use wallet_db::Pool;
use wallet_engine::observer::Observer;
use wallet_kernel::{Heard, Input};
use wallet_runtime::metrics::{Durations, Metrics, seconds};

use self::recent::Recent;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct Step {
    /// The service that took the step.
    service: &'static str,
    /// The event's type, shortened.
    event: &'static str,
}

/// The metrics, of all shards.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    transfers: Family<Outcome, Counter>,
    transfer_seconds: Family<Outcome, Durations>,
    step_seconds: Family<Step, Durations>,
}

/// Observes one shard.
#[derive(Debug)]
pub(crate) struct Pace {
    meters: Meters,
    recent: Recent,
    late: mpsc::Sender<TransferKey>,
}

impl Meters {
    /// Registers the metrics.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let ended = "Transfers that have ended, by outcome";
        let took = "Time from a transfer's request in the log to the decision that ended it, without the time it waited for its payer";
        let step = "Time from an event's cause in the log to the event itself";
        let meters = Self {
            transfers: metrics.whole("transfers", ended, Family::default()),
            transfer_seconds: metrics.whole("transfer_duration_seconds", took, Family::default()),
            step_seconds: metrics.whole("step_duration_seconds", step, Family::default()),
        };
        // An end that has never happened counts 0, rather than being absent.
        for status in Status::ENDS.into_iter().filter(|status| *status != Status::Done) {
            let outcome = status.word();
            let _ = meters.transfers.get_or_create(&Outcome { outcome });
            let _ = meters.transfer_seconds.get_or_create(&Outcome { outcome });
        }
        meters
    }

    /// The observer of a shard, with a task that looks up what is not in memory.
    pub(crate) fn of(&self, pool: &Pool) -> Pace {
        Pace {
            meters: self.clone(),
            recent: Recent::default(),
            late: late::start(pool.clone(), self.transfer_seconds.clone()),
        }
    }
}

impl Observer<Ledger> for Pace {
    fn begin(&mut self) {
        self.recent = Recent::default();
    }

    fn committed(&mut self, heard: &[Heard<'_>], state: &State) {
        let mut steps: BTreeMap<Step, Vec<f64>> = BTreeMap::new();
        for input in heard {
            if let Some((step, took)) = self.hear(input) {
                steps.entry(step).or_default().push(took);
            }
        }
        for (step, took) in steps {
            self.meters.step_seconds.get_or_create(&step).observe_all(took);
        }
        self.end(state);
    }
}

impl Pace {
    /// Remembers an input. Returns which step it is and how long that took, if known.
    fn hear(&mut self, heard: &Heard<'_>) -> Option<(Step, f64)> {
        let at_us = heard.at_us;
        match &heard.input {
            Input::Due(_) => None,
            Input::Request(request) => {
                let flow = recent::flow(request.transfer, &request.account);
                self.ask(flow, request.verb, request.id, at_us);
                None
            }
            Input::Event(event) => self.hear_event(event, at_us),
        }
    }

    /// A request, or an event that stands for one.
    fn ask(&mut self, flow: u64, verb: Verb, id: EventId, at_us: i64) {
        match verb {
            Verb::Confirm | Verb::Cancel => self.recent.go_on(flow, id, at_us),
            Verb::Transfer
            | Verb::Reserve
            | Verb::Reverse
            | Verb::Open
            | Verb::Freeze
            | Verb::Unfreeze
            | Verb::Close => self.recent.begin(flow, id, at_us),
        }
    }

    fn hear_event(&mut self, event: &Event, at_us: i64) -> Option<(Step, f64)> {
        let flow = recent::flow(event.transfer, &event.fact.account());
        if let Fact::Request(_, RequestFact::RequestRecalled(verb, ..)) = &event.fact {
            self.ask(flow, *verb, event.id, at_us);
            return None;
        }
        let caused_us = self.recent.step(flow, event.cause, event.id, at_us);
        self.wait(flow, event, at_us, caused_us);
        if matches!(
            event.fact,
            Fact::Movement(_, MovementFact::TransferSettled)
                | Fact::Request(_, RequestFact::TransferFailed(..))
        ) {
            self.recent.forget(flow);
        }
        // The cause of an expiry is the hold, and no service was slow since then.
        let caused_us = caused_us.filter(|_| !is_expiry(&event.fact));
        let step = Step {
            service: event.source.service.name(),
            event: event.fact.kind().short(),
        };
        Some((step, seconds(caused_us?, at_us)))
    }

    /// Records when a reservation begins to wait for its payer, and until when it waited.
    fn wait(&mut self, flow: u64, event: &Event, at_us: i64, caused_us: Option<i64>) {
        let fact = &event.fact;
        if matches!(fact, Fact::Movement(_, MovementFact::CreditPromised(terms)) if !terms.auto_confirm) {
            self.recent.wait(flow, at_us);
        } else if is_expiry(fact) {
            let taken_us = event
                .time
                .as_microsecond()
                .saturating_sub(i64::from(event.work_us));
            self.recent.waited(flow, Some(taken_us));
        } else if is_confirm_or_cancel(fact) {
            self.recent.waited(flow, caused_us);
        }
    }

    /// Counts the flows that ended in this batch.
    fn end(&mut self, state: &State) {
        let mut ended: BTreeMap<Status, (u64, Vec<f64>)> = BTreeMap::new();
        for ((key, verb), ended_flow) in state.ended() {
            let flow = recent::flow(key.id, &key.payer);
            if *verb != Verb::Transfer {
                self.recent.forget(flow);
                continue;
            }
            let (count, took) = ended.entry(ended_flow.status).or_default();
            *count += 1;
            match self.recent.took(flow, ended_flow.ended_us.unwrap_or_default()) {
                Some((from_us, to_us)) => took.push(seconds(from_us, to_us)),
                None => drop(self.late.try_send(key.clone())),
            }
        }
        for (status, (count, took)) in ended {
            let outcome = Outcome {
                outcome: status.word(),
            };
            self.meters.transfers.get_or_create(&outcome).inc_by(count);
            self.meters
                .transfer_seconds
                .get_or_create(&outcome)
                .observe_all(took);
        }
    }
}

/// Whether a reservation was released because its time was up.
fn is_expiry(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Movement(_, MovementFact::ReservationReleased(Failure::Expired, _))
    )
}

/// Whether a confirm or cancel took effect on a reservation.
fn is_confirm_or_cancel(fact: &Fact) -> bool {
    let is_debit =
        matches!(fact, Fact::Movement(movement, MovementFact::AccountDebited) if movement.reserved.is_some());
    is_debit
        || matches!(
            fact,
            Fact::Movement(_, MovementFact::ReservationReleased(Failure::Cancelled, _))
        )
}
