//! One batch: drop repeats, load rows, decide in memory, commit.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tracing::{debug, info, warn};
use wallet_contract::event::{Event, Source};
use wallet_contract::log::LogPlace;
use wallet_contract::parking::Instruction;
use wallet_contract::subject::parking;
use wallet_kernel::{Decider, Due, Heard, Input};

use super::caution::Caution;
use super::publishing::Decided;
use super::{Context, Ended};
use crate::batch::{self, Batch, Moment};
use crate::bus::{Bus, Message};
use crate::horizon::Horizon;
use crate::meter::Counts;
use crate::store::{Blocked, Commit, ParkedRow, Progress, Store};

/// How many deadlines are decided at once.
pub(super) const DUE: usize = 2_000;

/// The progress of the work on a shard, in memory and in the database.
pub(super) struct LoopState {
    pub(super) progress: Progress,
    /// The position in the database. Messages after it, up to `progress.position`, were read and do not concern the service.
    pub(super) stored: u64,
    /// Transfers and accounts with a parked message: inputs about them wait.
    pub(super) blocked: Blocked,
    /// The time up to which the log is handled.
    pub(super) horizon: Horizon,
}

impl LoopState {
    /// The progress, with the number of the last published event.
    pub(super) fn as_published(&self, published: &AtomicI64) -> Progress {
        Progress {
            published: published.load(Ordering::Acquire),
            ..self.progress
        }
    }
}

/// Splits messages into the runs that are handled together: an instruction about a parked message is a run of its own.
pub(super) fn runs<'m, B>(
    context: &Context<B>,
    messages: &'m [Message],
) -> impl Iterator<Item = &'m [Message]> {
    let parking = parking(context.place.shard, context.service);
    messages.chunk_by(move |one, next| one.subject != parking && next.subject != parking)
}

/// Decides on messages in the log: one of its [`runs`]. Messages that caution applies to are handled element by element.
pub(super) async fn messages<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    loop_state: &mut LoopState,
    caution: &mut Caution,
    run: &[Message],
) -> Result<Decided, Ended> {
    let careful = run.partition_point(|message| caution.is_due(message.sequence));
    let (suspicious, run) = run.split_at(careful);
    let mut decided = Decided::default();
    for message in suspicious {
        decided.append(one_by_one(store, context, loop_state, caution, message).await?);
    }
    if let Some(last) = run.last() {
        caution.begin_many(last.sequence);
        let taken = (context.clock)();
        let rows = instruction_rows(store, context, run).await?;
        let batch = read::<S::Core, B>(context, loop_state, run, &rows);
        let after = after(loop_state, run);
        decided.append(handle(store, context, loop_state, after, batch, taken).await?);
        caution.succeed();
    }
    Ok(decided)
}

/// Handles a message element by element. The position moves past the message, and its parked elements are stored, once all elements
/// are handled; until then the inbox knows the ones that were.
async fn one_by_one<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    loop_state: &mut LoopState,
    caution: &mut Caution,
    message: &Message,
) -> Result<Decided, Ended> {
    let taken = (context.clock)();
    let run = std::slice::from_ref(message);
    let is_instruction = instruction(context, run).is_some();
    let rows = instruction_rows(store, context, run).await?;
    let condemned = caution
        .reason_to_park(LogPlace::message(message.sequence))
        .map(str::to_owned);
    let mut rest = match condemned {
        Some(why) if is_instruction => Batch {
            parked: vec![batch::park_instruction(message, loop_state.progress.at_us, &why)],
            ..Batch::default()
        },
        Some(_) | None => read::<S::Core, B>(context, loop_state, run, &rows),
    };
    let mut decided = Decided::default();
    if !is_instruction {
        for heard in std::mem::take(&mut rest.heard) {
            let place = heard.place;
            let (transfer, account) = batch::of(&heard.input);
            let why = match caution.reason_to_park(place) {
                Some(why) => why,
                None if loop_state.blocked.holds(transfer, account.as_deref()) => batch::WAITS,
                None => {
                    caution.begin_one(place);
                    let (one, unmoved) = (Batch::of(heard), loop_state.progress);
                    decided.append(handle(store, context, loop_state, unmoved, one, taken).await?);
                    caution.succeed();
                    continue;
                }
            };
            let row = batch::park_input(message, &heard, why);
            loop_state.blocked.add(Blocked::by([&row]));
            rest.parked.push(row);
        }
        rest.parked.sort_by_key(|row| row.place);
    }
    caution.begin_one(LogPlace::message(message.sequence));
    let after = after(loop_state, run);
    decided.append(handle(store, context, loop_state, after, rest, taken).await?);
    caution.succeed();
    Ok(decided)
}

/// The progress after these messages.
fn after(loop_state: &LoopState, run: &[Message]) -> Progress {
    let progress = loop_state.progress;
    let position = run.last().map(|message| message.sequence);
    let at_us = run.iter().map(|message| message.at_us).max();
    Progress {
        position: position.unwrap_or(progress.position),
        at_us: progress.at_us.max(at_us.unwrap_or(0)),
        ..progress
    }
}

/// The parked messages that an instruction is about, if the run is an instruction.
async fn instruction_rows<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    run: &[Message],
) -> Result<Vec<ParkedRow>, Ended> {
    Ok(match instruction(context, run) {
        Some((_, instruction)) => store.parked(instruction.place).await?,
        None => Vec::new(),
    })
}

/// Reads messages, or follows an instruction.
fn read<'m, C: Decider, B>(
    context: &Context<B>,
    loop_state: &mut LoopState,
    run: &'m [Message],
    rows: &'m [ParkedRow],
) -> Batch<'m> {
    let (service, place) = (context.service, context.place);
    let LoopState {
        progress, blocked, ..
    } = loop_state;
    let Some((message, instruction)) = instruction(context, run) else {
        return batch::read::<C>(run, service, place, progress.at_us, blocked);
    };
    let at_us = progress.at_us.max(message.at_us);
    let batch = batch::resume::<C>(rows, &instruction, message, place, at_us, blocked);
    if batch.is_empty() {
        let (sequence, at) = (message.sequence, instruction.place.sequence);
        warn!(
            sequence,
            "instruction {sequence} changes nothing: nothing of message {at} is parked, or it still can't be read"
        );
    }
    blocked.remove(&batch.released);
    batch
}

/// An operator's instruction to this service about a message that it has parked.
fn instruction<'m, B>(context: &Context<B>, run: &'m [Message]) -> Option<(&'m Message, Instruction)> {
    let [message] = run else { return None };
    let is_instruction = message.subject == parking(context.place.shard, context.service);
    let instruction = is_instruction.then(|| Instruction::read(&message.payload).ok())??;
    Some((message, instruction))
}

/// Decides on the deadlines due by the time up to which the log is handled: see [`Horizon`].
pub(super) async fn due<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    loop_state: &mut LoopState,
) -> Result<Decided, Ended> {
    let taken = (context.clock)();
    if due_by(store, loop_state, taken.as_microsecond(), 1)
        .await?
        .is_empty()
    {
        return Ok(Decided::default());
    }
    match context.bus.head(context.place.shard).await {
        Ok(head) => loop_state.horizon.ask(head, loop_state.progress.position),
        Err(error) => debug!(%error, "deadlines can't be decided yet: {error}"),
    }
    let passed_us = loop_state.horizon.passed_us(loop_state.progress.at_us);
    let due = due_by(store, loop_state, passed_us, DUE).await?;
    if due.is_empty() {
        return Ok(Decided::default());
    }
    let after = loop_state.progress;
    handle(
        store,
        context,
        loop_state,
        after,
        batch::due(due, passed_us),
        taken,
    )
    .await
}

/// The deadlines due by a time, or by the log's time if that is later: at least `many`, if there are as many. Those of transfers with a
/// parked message are left out until that is resolved.
async fn due_by<S: Store>(
    store: &mut S,
    loop_state: &LoopState,
    time_us: i64,
    many: usize,
) -> Result<Vec<Due>, Ended> {
    let blocked = &loop_state.blocked;
    let limit = many.saturating_add(blocked.transfers.len());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut due = store.due(time_us.max(loop_state.progress.at_us), limit).await?;
    due.retain(|due| !blocked.holds(due.transfer.id.0, None));
    Ok(due)
}

async fn handle<S: Store, B>(
    store: &mut S,
    context: &Context<B>,
    loop_state: &mut LoopState,
    mut after: Progress,
    mut batch: Batch<'_>,
    taken: Timestamp,
) -> Result<Decided, Ended> {
    let (place, progress) = (context.place, &mut loop_state.progress);
    if batch.is_empty() {
        // If these messages are read again after a crash, they are skipped again.
        *progress = after;
        return Ok(Decided::default());
    }
    let causes: Vec<_> = batch
        .heard
        .iter()
        .map(|heard| heard.input.as_cause().id)
        .collect();
    let mut keys = <S::Core as Decider>::Keys::default();
    for heard in &batch.heard {
        S::Core::touches(&heard.input, place, &mut keys);
    }
    let (known, mut state) = store.find(&causes, &keys).await?;
    let repeats = batch::without_repeats(&mut batch.heard, known);
    let source = Source {
        service: context.service,
        shard: place.shard,
    };
    let moment = Moment {
        source,
        taken,
        now: (context.clock)(),
        after: after.position,
    };
    // The cause of a decision must come before the decision.
    let mut events = if batch.mended {
        batch::mended(&batch.heard, moment)
    } else {
        Vec::new()
    };
    let before = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let decided = batch::play::<S::Core>(&mut state, &batch.heard, place, moment);
    let decisions = batch::decisions(&batch.heard, &decided, progress.last_no.saturating_add(before));
    events.extend(decided);
    events.extend(batch::parked(&batch.parked, moment));
    events.extend(batch::resolved(&batch.resolved, moment));
    let outgoing = batch::outgoing(&events, place, progress.last_no);

    after.last_no = outgoing.last().map_or(progress.last_no, |event| event.no);
    store
        .commit(Commit {
            progress: after,
            heard: &batch.heard,
            decisions: &decisions,
            state: &state,
            events: &outgoing,
            parked: &batch.parked,
            resolved: &batch.resolved,
        })
        .await?;
    *progress = after;
    loop_state.stored = after.position;
    let committed = Some((context.clock)());
    let notices = store.notices(&state, &repeats).await?;

    log(&batch, &events, &repeats);
    count(context, &batch, events.len(), repeats.len(), taken);
    Ok(Decided {
        events: outgoing,
        notices,
        committed,
    })
}

fn count<B>(context: &Context<B>, batch: &Batch<'_>, events: usize, repeats: usize, taken: Timestamp) {
    context.meter.committed(Counts {
        inputs: batch.heard.len(),
        repeats,
        events,
        parked: batch.parked.len(),
        took: (context.clock)().duration_since(taken),
    });
}

/// Each line about a flow includes its trace and transfer. At `debug`, since a busy service decides thousands a second; a parked
/// message is a warning, because someone must take a look.
fn log(batch: &Batch<'_>, events: &[Event], repeats: &[Heard<'_>]) {
    for parked in &batch.parked {
        let (sequence, subject) = (parked.place.sequence, &parked.subject);
        warn!(
            sequence,
            subject, "parked message {sequence} on {subject}: {}", parked.detail
        );
    }
    for (_, resolved) in &batch.resolved {
        let (sequence, how) = (resolved.place.sequence, resolved.how.word());
        info!(
            sequence,
            instruction = resolved.instruction,
            "parked message {sequence} was {how}"
        );
    }
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    for heard in repeats {
        let cause = heard.input.as_cause();
        let what = match &heard.input {
            Input::Request(request) => request.verb.token(),
            Input::Event(event) => event.fact.kind().name(),
            Input::Due(_) => "due",
        };
        debug!(trace_id = %cause.trace, transfer_id = %cause.transfer, sequence = heard.place.sequence, "{what} is already known");
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
