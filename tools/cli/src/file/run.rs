//! Runs a file: one loop that starts transfers, receives outcomes, and repeats silent requests.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::Subscriber;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt;
use futures_util::stream::{FuturesUnordered, SelectAll, select_all};
use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;
use wallet_client::clock;
use wallet_client::connect::{Connection, denied};
use wallet_client::outcome::{self, Outcome};
use wallet_client::request::Request;
use wallet_client::{Error, FIRST_REPEAT};
use wallet_contract::id::AccountId;
use wallet_terminal::eprintln;

use crate::file::plan::Plan;
use crate::file::{End, Ended};

/// How often deadlines are checked.
const TICK: Duration = Duration::from_millis(100);

/// How long a permission error of the server may take to reach us.
const DENIAL_WITHIN: Duration = Duration::from_millis(20);
/// The prefix of all outcome subjects.
const OUTCOMES: &str = "wallet.outcome.";

/// Concurrency, and the time limit per transfer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many transfers may be in progress at once.
    pub in_flight: usize,
    /// How long to wait for each one's outcome.
    pub timeout: Duration,
}

/// A transfer in progress.
struct Flight {
    index: usize,
    deadline: Instant,
    repeat_at: Instant,
    pause: Duration,
}

/// Sends all requests, and returns how each ended. `progress` receives the number of ended ones.
///
/// Ctrl-C stops it: transfers in progress then count as silent, the rest as not started.
pub async fn play(
    connection: &Connection,
    requests: &[Request],
    limits: Limits,
    mut progress: impl FnMut(usize),
) -> Result<Vec<End>> {
    // Before the first subscription, so that its permission error is received.
    let mut denials = connection.denials();
    let mut outcomes = listen(connection, requests).await?;
    // A later request has been answered, so the server has by now accepted or refused the subscriptions.
    connection.shards().await?;
    if let Ok(text) = timeout(DENIAL_WITHIN, denied(&mut denials, OUTCOMES)).await {
        bail!(
            "nothing was sent: this NATS user may not subscribe to the outcomes of all payers in the file: {text}"
        );
    }
    let mut run = Run {
        connection,
        requests,
        limits,
        began_at: clock::now(),
        plan: Plan::new(requests.iter().filter_map(accounts)),
        flights: BTreeMap::new(),
        publishing: FuturesUnordered::new(),
        ends: requests.iter().map(|_| End::NotStarted).collect(),
        ended: 0,
    };
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        run.start_ready();
        if run.flights.is_empty() {
            return Ok(run.ends);
        }
        tokio::select! {
            message = outcomes.next() => {
                let message = message.context("the connection to NATS was closed")?;
                run.handle(outcome::read(&message.payload)?);
            }
            Some((index, published)) = run.publishing.next() => run.published(index, published),
            _ = tick.tick() => run.handle_timeouts(),
            _ = &mut stop => {
                eprintln!("stopped; run the file again to continue where this run ended");
                run.give_up();
                return Ok(run.ends);
            }
        }
        progress(run.ended);
    }
}

fn accounts(request: &Request) -> Option<[&AccountId; 2]> {
    request.movement().map(|(payee, _)| [&request.account, payee])
}

/// One subscription per payer: a client may only subscribe to its own outcomes.
async fn listen(connection: &Connection, requests: &[Request]) -> Result<SelectAll<Subscriber>> {
    let payers: BTreeSet<&AccountId> = requests.iter().map(|request| &request.account).collect();
    let mut subscribers = Vec::new();
    for payer in payers {
        let subject = format!("{OUTCOMES}{payer}.*");
        let subscriber = connection.client().subscribe(subject.clone()).await;
        subscribers.push(subscriber.with_context(|| format!("subscribing to {subject}"))?);
    }
    Ok(select_all(subscribers))
}

type Publishing<'a> = Pin<Box<dyn Future<Output = (usize, Result<PublishAck, Error>)> + Send + 'a>>;

struct Run<'a> {
    connection: &'a Connection,
    requests: &'a [Request],
    limits: Limits,
    began_at: Timestamp,
    plan: Plan,
    /// By account and id, as in outcomes.
    flights: BTreeMap<(String, Uuid), Flight>,
    publishing: FuturesUnordered<Publishing<'a>>,
    ends: Vec<End>,
    ended: usize,
}

impl Run<'_> {
    fn start_ready(&mut self) {
        while self.flights.len() < self.limits.in_flight {
            let Some(index) = self.plan.start() else { return };
            let now = Instant::now();
            let flight = Flight {
                index,
                deadline: now + self.limits.timeout,
                repeat_at: now + FIRST_REPEAT,
                pause: FIRST_REPEAT,
            };
            self.flights.insert(self.key(index), flight);
            self.publish(index);
        }
    }

    fn key(&self, index: usize) -> (String, Uuid) {
        let request = &self.requests[index];
        (request.account.to_string(), request.id.0)
    }

    fn publish(&self, index: usize) {
        let (connection, request) = (self.connection, &self.requests[index]);
        self.publishing
            .push(Box::pin(async move { (index, connection.send(request).await) }));
    }

    /// A request without acknowledgement may be in the log all the same: only its outcome, or a timeout, can tell.
    fn published(&mut self, index: usize, published: Result<PublishAck, Error>) {
        match published {
            Ok(_) => {}
            Err(Error::NotAcknowledged { .. }) => {}
            Err(error) => {
                if self.flights.remove(&self.key(index)).is_some() {
                    let id = self.requests[index].id;
                    self.end(index, End::NotSent(format!("request {id}: {error}")));
                }
            }
        }
    }

    fn handle(&mut self, outcome: Outcome) {
        // Others may pay from the same account concurrently, even under the same id, and a repeat is answered twice.
        let key = (outcome.account.clone(), outcome.id);
        let is_ours = |flight: &Flight| outcome.answers(self.requests[flight.index].request);
        if !self.flights.get(&key).is_some_and(is_ours) {
            return;
        }
        let Some(flight) = self.flights.remove(&key) else {
            return;
        };
        let earlier = outcome.is_earlier(flight.pause > FIRST_REPEAT, self.began_at);
        self.end(flight.index, End::Ended(Ended::received(outcome, earlier)));
        self.plan.ended(flight.index);
    }

    fn end(&mut self, index: usize, end: End) {
        self.ends[index] = end;
        self.ended += 1;
    }

    fn handle_timeouts(&mut self) {
        let now = Instant::now();
        let late: Vec<_> = self
            .flights
            .iter()
            .filter(|(_, f)| f.deadline <= now)
            .map(|(key, _)| key.clone())
            .collect();
        for key in late {
            if let Some(flight) = self.flights.remove(&key) {
                self.end(flight.index, End::NoOutcome);
            }
        }
        let mut repeat = Vec::new();
        for flight in self.flights.values_mut().filter(|flight| flight.repeat_at <= now) {
            flight.pause *= 2;
            flight.repeat_at = now + flight.pause;
            repeat.push(flight.index);
        }
        for index in repeat {
            self.publish(index);
        }
    }

    fn give_up(&mut self) {
        for flight in std::mem::take(&mut self.flights).into_values() {
            self.end(flight.index, End::NoOutcome);
        }
    }
}
