//! How transfers end, how long they take, and how long each step of a flow takes: counted behind each commit, from what the
//! batch has in memory, so that no statement and no lock is added for a transfer.
//!
//! A step takes from when its cause stood in the log of the flow's home to when it stood there itself: publishing, waiting
//! and work together. A transfer takes from its request in the log to the decision that ends it. Where a transfer began is no
//! longer in memory after a restart or a take-over, or if very many are under way; then it is looked up in the books a moment
//! later.

mod recent;

use std::collections::BTreeMap;

use ledger_core::{Ledger, State, Status};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::mpsc;
use tracing::debug;
use wallet_contract::decider::{Heard, Input};
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Pool, Set};
use wallet_runtime::metrics::{Durations, Metrics, seconds};
use wallet_runtime::observer::Observer;

use self::recent::Recent;

/// How many transfers may wait to have their beginning looked up. What comes on top is counted and not timed.
const LATE: usize = 4_096;
/// How many are looked up at once.
const AT_ONCE: usize = 256;
/// Between two look-ups.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct Step {
    /// Who took it.
    service: &'static str,
    /// The event's type, in short.
    event: &'static str,
}

/// The metrics, of all shards.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    transfers: Family<Outcome, Counter>,
    transfer_seconds: Family<Outcome, Durations>,
    step_seconds: Family<Step, Durations>,
}

/// Watches one shard.
#[derive(Debug)]
pub struct Pace {
    meters: Meters,
    recent: Recent,
    late: mpsc::Sender<TransferKey>,
}

impl Meters {
    /// Registers them.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let ended = "Transfers that have ended, by how";
        let took = "From a transfer's request in the log to the decision that ended it";
        let step = "From an event's cause in the log to the event in the log";
        let meters = Self {
            transfers: metrics.whole("transfers", ended, Family::default()),
            transfer_seconds: metrics.whole("transfer_duration_seconds", took, Family::default()),
            step_seconds: metrics.whole("step_duration_seconds", step, Family::default()),
        };
        // What has never happened is 0, and not unknown.
        for status in Status::ENDS.into_iter().filter(|status| *status != Status::Done) {
            let outcome = status.word();
            let _ = meters.transfers.get_or_create(&Outcome { outcome });
            let _ = meters.transfer_seconds.get_or_create(&Outcome { outcome });
        }
        meters
    }

    /// One who watches a shard, and a task that looks up what that one does not know.
    pub(crate) fn of(&self, pool: &Pool) -> Pace {
        let (late, to_look_up) = mpsc::channel(LATE);
        tokio::spawn(look_up(to_look_up, pool.clone(), self.transfer_seconds.clone()));
        Pace {
            meters: self.clone(),
            recent: Recent::default(),
            late,
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
    /// Remembers what was heard; which step it was, and how long that took, if it is known.
    fn hear(&mut self, heard: &Heard<'_>) -> Option<(Step, f64)> {
        let at_us = heard.at_us;
        match &heard.input {
            Input::Due(_) => None,
            Input::Request(request) => {
                let flow = recent::flow(request.transfer, &request.account);
                self.recent.begin(flow, request.id, at_us);
                None
            }
            Input::Event(event) => self.hear_event(event, at_us),
        }
    }

    fn hear_event(&mut self, event: &Event, at_us: i64) -> Option<(Step, f64)> {
        let flow = recent::flow(event.transfer, &event.fact.account());
        if matches!(event.fact, Fact::RequestRecalled(..)) {
            self.recent.begin(flow, event.id, at_us);
            return None;
        }
        let caused_us = self.recent.step(flow, event.cause, event.id, at_us);
        if matches!(event.fact, Fact::TransferSettled(_) | Fact::TransferFailed(..)) {
            self.recent.forget(flow);
        }
        let step = Step {
            service: event.source.service.name(),
            event: short(event.fact.kind()),
        };
        Some((step, seconds(caused_us?, at_us)))
    }

    /// Counts what has ended with this batch.
    fn end(&mut self, state: &State) {
        let mut ended: BTreeMap<Status, (u64, Vec<f64>)> = BTreeMap::new();
        for ((key, verb), row) in state.flows.written() {
            let Some(end) = &row.end else { continue };
            let flow = recent::flow(key.id, &key.payer);
            if *verb != Verb::Transfer {
                self.recent.forget(flow);
                continue;
            }
            let (count, took) = ended.entry(end.status).or_default();
            *count += 1;
            match self.recent.began(flow) {
                Some(began_us) => took.push(seconds(began_us, end.at_us)),
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

/// `account.debited` for `wallet.account.debited.v1`.
fn short(kind: &'static str) -> &'static str {
    let kind = kind.strip_prefix("wallet.").unwrap_or(kind);
    kind.strip_suffix(".v1").unwrap_or(kind)
}

/// Times transfers by the books, until nobody sends any more.
async fn look_up(mut late: mpsc::Receiver<TransferKey>, pool: Pool, times: Family<Outcome, Durations>) {
    let mut keys = Vec::with_capacity(AT_ONCE);
    while late.recv_many(&mut keys, AT_ONCE).await > 0 {
        if let Err(error) = time(&pool, &keys, &times).await {
            debug!("{} transfers are not timed: {error}", keys.len());
        }
        keys.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

async fn time(pool: &Pool, keys: &[TransferKey], times: &Family<Outcome, Durations>) -> sqlx::Result<()> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|key| key.id.0))
        .texts("payer", keys.iter().map(|key| key.payer.as_str()));
    let sql = "SELECT f.status, f.started_us, f.ended_us FROM k CROSS JOIN flow AS f \
               WHERE f.transfer = k.id AND f.account = k.payer AND f.verb = 'transfer' AND f.ended_us IS NOT NULL";
    for row in pool.acquire().await?.select(sql, set).await? {
        let word = row.text(0)?;
        let status = Status::ENDS.into_iter().find(|status| status.word() == word);
        if let Some(status) = status {
            let outcome = Outcome {
                outcome: status.word(),
            };
            let took = seconds(row.int(1)?, row.int(2)?);
            times.get_or_create(&outcome).observe_all([took]);
        }
    }
    Ok(())
}
