//! One batch: drop repeats, load rows, decide in memory, commit.

use jiff::Timestamp;
use tracing::{debug, warn};
use wallet_contract::decider::{Decider, Heard, Input};
use wallet_contract::event::{Event, Source};

use super::{Context, Decided, Ended};
use crate::batch::{self, Batch, Moment};
use crate::bus::Message;
use crate::store::{Commit, Progress, Store};

/// How much that is due is decided at once.
pub(super) const DUE: usize = 2_000;

/// Decides on what stands in the log.
pub(super) async fn messages<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    progress: &mut Progress,
    messages: &[Message],
) -> Result<Decided, Ended> {
    let taken = (context.clock)();
    let batch = batch::read::<S::Core>(messages, context.service, context.place, progress.at_us);
    let position = messages.last().map(|message| message.sequence);
    let at_us = messages.iter().map(|message| message.at_us).max();
    let after = Progress {
        position: position.unwrap_or(progress.position),
        at_us: progress.at_us.max(at_us.unwrap_or(0)),
        ..*progress
    };
    handle(store, context, progress, after, batch, taken).await
}

/// Decides on what is due. A clock that goes back behind the log does not: what is due by the log's time is due.
pub(super) async fn due<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    progress: &mut Progress,
) -> Result<Decided, Ended> {
    let taken = (context.clock)();
    let now_us = taken.as_microsecond().max(progress.at_us);
    let due = store.due(now_us, i64::try_from(DUE).unwrap_or(i64::MAX)).await?;
    if due.is_empty() {
        return Ok(Decided::default());
    }
    let after = *progress;
    handle(store, context, progress, after, batch::due(due, now_us), taken).await
}

async fn handle<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    progress: &mut Progress,
    mut after: Progress,
    mut batch: Batch<'_>,
    taken: Timestamp,
) -> Result<Decided, Ended> {
    let place = context.place;
    let causes: Vec<_> = batch
        .heard
        .iter()
        .map(|heard| heard.input.as_cause().id)
        .collect();
    let repeats = batch::without_repeats(&mut batch.heard, store.known(&causes).await?);

    let mut keys = <S::Core as Decider>::Keys::default();
    for heard in &batch.heard {
        S::Core::touches(&heard.input, place, &mut keys);
    }
    let mut state = store.load(&keys).await?;
    let source = Source {
        service: context.service,
        shard: place.shard,
    };
    let moment = Moment {
        source,
        taken,
        now: (context.clock)(),
    };
    let mut events = batch::decide::<S::Core>(&mut state, &batch.heard, place, moment);
    events.extend(batch::parked(&batch.parked, moment));
    let outgoing = batch::outgoing(&events, place, progress.last_no);
    let decisions = batch::decisions(&batch.heard, &events, progress.last_no);

    after.last_no = outgoing.last().map_or(progress.last_no, |event| event.no);
    store
        .commit(Commit {
            progress: after,
            heard: &batch.heard,
            decisions: &decisions,
            state: &state,
            events: &outgoing,
            parked: &batch.parked,
        })
        .await?;
    *progress = after;
    let notices = store.notices(&state, &repeats).await?;

    log(&batch, &events, &repeats);
    count(context, progress, &batch, events.len(), repeats.len(), taken);
    Ok(Decided {
        events: outgoing,
        notices,
    })
}

fn count<B>(
    context: &Context<B>,
    progress: &Progress,
    batch: &Batch<'_>,
    events: usize,
    repeats: usize,
    taken: Timestamp,
) {
    let metrics = &context.metrics;
    metrics.inputs.inc_by(batch.heard.len() as u64);
    metrics.repeats.inc_by(repeats as u64);
    metrics.events.inc_by(events as u64);
    metrics.set_aside.inc_by(batch.parked.len() as u64);
    metrics
        .position
        .set(i64::try_from(progress.position).unwrap_or(i64::MAX));
    let took = (context.clock)().duration_since(taken);
    metrics.batch_seconds.observe(took.as_secs_f64());
}

/// Each line of a flow bears its trace and transfer. At `debug`, since a busy service decides thousands a second; what
/// was set aside is a warning, for a person must look.
fn log(batch: &Batch<'_>, events: &[Event], repeats: &[Heard<'_>]) {
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
            Input::Due(_) => "due",
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
