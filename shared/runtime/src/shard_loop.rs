//! The loop of one (service, shard).
//!
//! | step | what | if it fails |
//! |---|---|---|
//! | acquire | take the shard's tenure, or stand by | try again |
//! | republish | what was committed and perhaps not published | try for ever |
//! | take | what is there behind our position, up to a limit | read again from the position |
//! | decide | drop repeats, load rows, decide in memory | – |
//! | commit | rows, events, inbox, position: one transaction, checked against the tenure | begin again from the database |
//! | publish | one envelope per destination, while the next batch is decided | try for ever |
//!
//! Every failure leads back to `acquire`, which reads everything anew from the database: there is one way to start.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Source};
use wallet_contract::subject::Service;

use crate::batch::{self, Moment};
use crate::bus::{self, Bus, Message, Notice, Reader};
use crate::clock::Clock;
use crate::metrics::ShardMetrics;
use crate::outbox;
use crate::sql_store::TENURE_MS;
use crate::status::{Board, State};
use crate::store::{self, Commit, Outgoing, Progress, Store, Tenure};

/// How much of the log one transaction takes (see [`Message::weight`]): more costs memory and gains little.
const BATCH_WEIGHT: usize = 2 * 1024 * 1024;
/// How many decided batches may wait to be published.
const UNPUBLISHED_BATCHES: usize = 1;
/// How many stored events are published again at once.
const REPUBLISH: i64 = 2_000;
/// How often a stand-by looks whether it is needed.
const STANDBY: Duration = Duration::from_millis(500);
/// Between two tries to work.
const RETRY: Duration = Duration::from_secs(1);
/// A tenure is renewed three times before it would run out.
const RENEW: Duration = Duration::from_millis(TENURE_MS.unsigned_abs() / 3);

/// Everything a loop needs besides its store.
#[derive(Debug)]
pub struct Context<B> {
    /// Who works.
    pub service: Service,
    /// On what.
    pub place: Place,
    /// The log.
    pub bus: B,
    /// What time it is.
    pub clock: Clock,
    /// Where to write how it goes.
    pub board: Board,
    /// What to count.
    pub metrics: ShardMetrics,
    /// When to stop.
    pub stop: CancellationToken,
}

/// Why a tenure ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Bus(#[from] bus::Error),
}

/// Works on a shard until it is told to stop.
pub async fn run<S: Store, B: Bus>(mut store: S, context: Context<B>) {
    let shard = context.place.shard;
    while !context.stop.is_cancelled() {
        let pause = match store.acquire().await {
            Ok(Tenure::Ours(progress)) => match tenure(&mut store, &context, progress).await {
                Ok(()) => break,
                Err(ended) => {
                    error!(%shard, "shard {shard}: {ended}; trying again");
                    context.board.set(shard, State::Failed(ended.to_string()));
                    RETRY
                }
            },
            Ok(Tenure::Held { by, expires_in_ms }) => {
                stand_by(&context, &by, expires_in_ms);
                STANDBY
            }
            Err(error) => {
                error!(%shard, "shard {shard}: {error}; trying again");
                context.board.set(shard, State::Failed(error.to_string()));
                RETRY
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = context.stop.cancelled() => {}
        }
    }
}

fn stand_by<B>(context: &Context<B>, by: &str, expires_in_ms: i64) {
    let shard = context.place.shard;
    let state = State::Standby(format!(
        "{by} works on this shard; its lease runs {expires_in_ms} ms yet"
    ));
    let known = context
        .board
        .read()
        .get(&shard)
        .is_some_and(|(state, _)| matches!(state, State::Standby(_)));
    if !known {
        info!(%shard, holder = by, "shard {shard}: standing by, {by} works on it");
    }
    context.board.set(shard, state);
}

/// One tenure: comes back in order when told to stop, else with what ended it.
async fn tenure<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    progress: Progress,
) -> Result<(), Ended> {
    let Context {
        place, bus, board, ..
    } = context;
    bus.ready(place.shard, progress.position).await?;
    let published = AtomicI64::new(progress.published);
    republish(store, context, progress, &published).await?;
    let reader = bus.read(place.shard, progress.position).await?;
    board.set(place.shard, State::Working);
    board.advance(place.shard, progress.position);
    info!(shard = %place.shard, position = progress.position, "shard {}: at work from {}", place.shard, progress.position);

    let (decided, to_publish) = mpsc::channel(UNPUBLISHED_BATCHES);
    let deciding = decide(store, context, progress, reader, &published, decided);
    let publishing = publish(context, &published, to_publish);
    tokio::try_join!(deciding, publishing)?;
    store.release(published.load(Ordering::Acquire)).await?;
    info!(shard = %place.shard, "shard {}: stopped in order", place.shard);
    Ok(())
}

/// Publishes what was committed; some of it may stand in the log already, and is dropped by the inboxes there.
async fn republish<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    progress: Progress,
    published: &AtomicI64,
) -> Result<(), Ended> {
    let mut after = progress.published;
    while after < progress.last_no {
        let events = store.events(after, REPUBLISH).await?;
        let Some(last) = events.last() else { break };
        after = last.no;
        info!(shard = %context.place.shard, events = events.len(), "publishing again up to event {after}");
        outbox::publish(&context.bus, context.service, &events).await?;
        published.store(after, Ordering::Release);
        store.renew(after).await?;
    }
    Ok(())
}

/// A batch on its way out.
struct Decided {
    events: Vec<Outgoing>,
    notices: Vec<Notice>,
}

async fn decide<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    mut progress: Progress,
    mut reader: B::Reader,
    published: &AtomicI64,
    decided: mpsc::Sender<Decided>,
) -> Result<(), Ended> {
    let mut renew = interval(RENEW);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let messages = tokio::select! {
            biased;
            () = context.stop.cancelled() => return Ok(()),
            _ = renew.tick() => {
                store.renew(published.load(Ordering::Acquire)).await?;
                continue;
            }
            messages = reader.take(BATCH_WEIGHT) => messages?,
        };
        progress.published = published.load(Ordering::Acquire);
        let batch = handle(store, context, &mut progress, &messages).await?;
        context.board.advance(context.place.shard, progress.position);
        if !batch.events.is_empty() || !batch.notices.is_empty() {
            context
                .metrics
                .outbox_lag
                .set(progress.last_no - published.load(Ordering::Acquire));
            let closed = |_| bus::Error::Nats("the publisher ended".to_owned());
            decided.send(batch).await.map_err(closed)?;
        }
    }
}

async fn handle<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    progress: &mut Progress,
    messages: &[Message],
) -> Result<Decided, Ended> {
    let Context {
        service,
        place,
        metrics,
        ..
    } = context;
    let taken = (context.clock)();
    let mut batch = batch::read::<S::Core>(messages, *service, *place, progress.at_us);
    let causes: Vec<_> = batch
        .heard
        .iter()
        .map(|heard| heard.input.as_cause().id)
        .collect();
    let repeats = batch::without_repeats(&mut batch.heard, store.known(&causes).await?);

    let mut keys = <S::Core as Decider>::Keys::default();
    for heard in &batch.heard {
        S::Core::touches(&heard.input, *place, &mut keys);
    }
    let mut state = store.load(&keys).await?;
    let source = Source {
        service: *service,
        shard: place.shard,
    };
    let moment = Moment {
        source,
        taken,
        now: (context.clock)(),
    };
    let mut events = batch::decide::<S::Core>(&mut state, &batch.heard, *place, moment);
    events.extend(batch::parked(&batch.parked, moment));
    let outgoing = batch::outgoing(&events, *place, progress.last_no);

    progress.position = messages
        .last()
        .map_or(progress.position, |message| message.sequence);
    progress.at_us = messages
        .iter()
        .map(|message| message.at_us)
        .fold(progress.at_us, i64::max);
    progress.last_no = outgoing.last().map_or(progress.last_no, |event| event.no);
    let (heard, parked) = (&batch.heard, &batch.parked);
    store
        .commit(Commit {
            progress: *progress,
            heard,
            state: &state,
            events: &outgoing,
            parked,
        })
        .await?;
    let notices = store.notices(&state, &repeats).await?;

    log(&batch, &events, &repeats);
    metrics.inputs.inc_by(batch.heard.len() as u64);
    metrics.repeats.inc_by(repeats.len() as u64);
    metrics.events.inc_by(events.len() as u64);
    metrics.parked.inc_by(batch.parked.len() as u64);
    metrics
        .position
        .set(i64::try_from(progress.position).unwrap_or(i64::MAX));
    metrics
        .batch_seconds
        .observe((context.clock)().duration_since(taken).as_secs_f64());
    Ok(Decided {
        events: outgoing,
        notices,
    })
}

async fn publish<B: Bus>(
    context: &Context<B>,
    published: &AtomicI64,
    mut to_publish: mpsc::Receiver<Decided>,
) -> Result<(), Ended> {
    while let Some(batch) = to_publish.recv().await {
        let began = (context.clock)();
        for notice in batch.notices {
            if let Err(error) = context.bus.tell(notice).await {
                // Who waits asks again; the books have it.
                debug!(%error, "could not tell: {error}");
            }
        }
        let Some(last) = batch.events.last() else { continue };
        outbox::publish(&context.bus, context.service, &batch.events).await?;
        published.store(last.no, Ordering::Release);
        context.metrics.outbox_lag.set(0);
        context
            .metrics
            .publish_seconds
            .observe((context.clock)().duration_since(began).as_secs_f64());
    }
    Ok(())
}

/// Each line of a flow bears its trace and transfer. At `debug`, since a busy service decides thousands a second; what
/// was set aside is a warning, for a person must look.
fn log(batch: &batch::Batch<'_>, events: &[Event], repeats: &[Heard<'_>]) {
    for parked in &batch.parked {
        let (sequence, subject) = (parked.sequence, &parked.subject);
        warn!(
            sequence,
            subject, "parked message {sequence} on {subject}: {}", parked.detail
        );
    }
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    for heard in repeats {
        let cause = heard.input.as_cause();
        let what = match &heard.input {
            Input::Request(request) => request.verb.token(),
            Input::Event(event) => event.fact.kind(),
        };
        debug!(trace_id = %cause.trace, transfer_id = %cause.transfer, sequence = heard.sequence, "{what} is known already");
    }
    for event in events {
        let (kind, cause) = (event.fact.kind(), event.cause);
        match event.fact.refusal() {
            Some(refusal) => {
                debug!(trace_id = %event.trace, transfer_id = %event.transfer, %cause, reason = %refusal.reason, "{kind}: {refusal}");
            }
            None => debug!(trace_id = %event.trace, transfer_id = %event.transfer, %cause, "{kind}"),
        }
    }
}
