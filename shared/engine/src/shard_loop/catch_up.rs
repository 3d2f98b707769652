//! Catches up: applies the record, up to the opening of the tenure, to the part of the log that the database lacks.

use wallet_contract::event::Source;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::parking::{Action, Instruction, Replacement};
use wallet_kernel::Decider;

use super::elements::elements;
use super::live::{self, Live};
use super::merge::{self, Merged};
use super::record::{From, Record};
use super::tenure::{BATCH_WEIGHT, Ended};
use crate::batch;
use crate::bus::{Bus, Message, Reader as _};
use crate::store::{Commit, Outgoing, Progress, Store};

/// Where catching up ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Until {
    /// The message on our own subject where the record ends: the opening of a tenure.
    pub(super) own: u64,
    /// The last decision of the record, if it ends within that message or before it.
    pub(super) last: Option<EventId>,
    /// The place in the log up to which messages are handled, even if nothing was decided on the last of them.
    pub(super) place: LogPlace,
}

impl Until {
    fn is_reached<L: Bus>(&self, record: &Record<'_, L>, progress: Progress) -> bool {
        record.is_done() && progress.place() >= self.place
    }

    /// The last message that the record may answer.
    fn message(&self) -> u64 {
        self.own.max(self.place.sequence)
    }
}

/// Applies the record up to its end. Returns the messages that were taken and are yet to be handled.
pub(super) async fn catch_up<S: Store, L: Bus>(
    live: &mut Live<'_, S, L>,
    reader: &mut L::Reader,
    until: Until,
) -> Result<Vec<Message>, Ended> {
    let context = live.context;
    let shard = context.place.shard;
    let from = From {
        log: &context.bus,
        source: Source {
            service: context.service,
            shard,
        },
        subject: live.subject,
        end: until.own,
        last: until.last,
    };
    let last = live.store.last_event().await?;
    let mut record = Record::after(from, live.progress.own, last, live.store.event_table()).await?;
    record.ahead.was_healed |= !live.skips.is_empty();
    let mut rest: Vec<Message> = Vec::new();
    while !until.is_reached(&record, live.progress) {
        if rest.is_empty() {
            context.board.starting(
                shard,
                format!(
                    "catches up from {}, to message {}",
                    live.progress.place(),
                    until.message()
                ),
            );
            rest = reader.take(BATCH_WEIGHT).await?;
        }
        let count = live::runs(context, &rest).next().map_or(0, <[Message]>::len);
        let recorded = rest.partition_point(|message| message.sequence <= until.message());
        if recorded == 0 && !rest.is_empty() {
            break;
        }
        let run: Vec<Message> = rest.drain(..count.min(recorded)).collect();
        let Some(last) = run.last() else { continue };
        record.reach(last.sequence).await?;
        if until.is_reached(&record, live.progress) {
            rest.splice(..0, run);
            break;
        }
        let left = merge_run(live, &mut record, &run, until).await?;
        rest.splice(..0, run[left..].iter().cloned());
        if left == run.len() && run.last().is_some_and(|last| last.sequence == until.message()) {
            break;
        }
    }
    merge::applied_all(&record.ahead)?;
    Ok(rest)
}

/// Applies the record to a run of messages, as far as it goes. Returns the index of the first message that is not completely handled.
async fn merge_run<S: Store, L: Bus>(
    live: &mut Live<'_, S, L>,
    record: &mut Record<'_, L>,
    run: &[Message],
    until: Until,
) -> Result<usize, Ended> {
    let (context, place) = (live.context, live.context.place);
    if let Some((message, instruction)) = live::instruction(context, run) {
        let is_whole = merge_instruction(live, record, message, &instruction).await?;
        return Ok(usize::from(is_whole));
    }
    let mut merged = Merged::default();
    let (mut after, mut handled) = (live.progress, 0);
    'run: for message in run {
        let at_us = after.at_us.max(message.at_us);
        let elements = if live.skips.cover(message) {
            Vec::new()
        } else {
            elements(message, context.service, place.shard)
        };
        for element in elements {
            let at = element.place;
            if at <= live.progress.place() {
                continue;
            }
            merged.deadlines(&mut record.ahead, at, at_us)?;
            if until.is_reached(record, after) {
                break 'run;
            }
            merged.element::<S::Core>(element, &mut record.ahead, at_us, place, &mut live.blocked)?;
            after = after.at(at, at_us);
            if until.is_reached(record, after) {
                break 'run;
            }
        }
        handled += 1;
        let next = LogPlace::element(message.sequence + 1, 0);
        merged.deadlines(&mut record.ahead, next, at_us)?;
        after = after.at(LogPlace::message(message.sequence), at_us);
        if until.is_reached(record, after) {
            break;
        }
    }
    apply(live, merged, after).await?;
    Ok(handled)
}

/// Applies the record to an instruction. Returns whether it is completely followed.
async fn merge_instruction<S: Store, L: Bus>(
    live: &mut Live<'_, S, L>,
    record: &mut Record<'_, L>,
    message: &Message,
    instruction: &Instruction,
) -> Result<bool, Ended> {
    let place = live.context.place;
    let at_us = live.progress.at_us.max(message.at_us);
    let answers = merge::answers(&mut record.ahead, message.sequence);
    let rows = live.store.parked(instruction.place).await?;
    let rows = if matches!(instruction.action, Action::Replace(Replacement::Text(_))) {
        rows
    } else {
        merge::those_resolved(rows, &answers)
    };
    let last = answers.last().map(|last| last.event.place);
    let batch = batch::resume::<S::Core>(&rows, instruction, message, place, at_us, &live.blocked);
    live.blocked.remove(&batch.released);
    let mut merged = Merged::default();
    merged.instruction(batch, answers)?;
    let whole = LogPlace::message(message.sequence);
    let reached = if record.is_done() {
        last.unwrap_or(whole)
    } else {
        whole
    };
    let after = live.progress.at(reached, at_us);
    apply(live, merged, after).await?;
    Ok(after.within.is_none())
}

/// Writes what the record says, as if it had just been decided.
async fn apply<S: Store, L: Bus>(
    live: &mut Live<'_, S, L>,
    merged: Merged<'_>,
    mut after: Progress,
) -> Result<(), Ended> {
    let place = live.context.place;
    let mut causes = Vec::new();
    let mut keys = <S::Core as Decider>::Keys::default();
    for step in &merged.steps {
        causes.push(step.heard.input.as_cause().id);
        S::Core::touches(&step.heard.input, place, &mut keys);
    }
    let (mut known, mut state) = live.store.find(&causes, &keys).await?;
    let (mut heard, mut decisions) = (Vec::new(), Vec::new());
    let number = |index: usize| live.progress.last_no + 1 + i64::try_from(index).unwrap_or(i64::MAX);
    for step in merged.steps {
        if !known.insert(step.heard.input.as_cause().id.0) {
            continue;
        }
        S::Core::hear(&mut state, &step.heard, place);
        if let Some(answer) = step.answer {
            S::Core::evolve(&mut state, &merged.events[answer].event, place);
        }
        decisions.push(step.answer.map(number));
        heard.push(step.heard);
    }
    let events: Vec<Outgoing> = (0..)
        .zip(&merged.events)
        .map(|(index, recorded)| {
            let (first, then) = recorded.event.fact.destinations(place.shard, place.shards);
            Outgoing {
                no: number(index),
                id: recorded.event.id,
                first,
                then,
                json: recorded.json.clone(),
            }
        })
        .collect();
    after.last_no = events.last().map_or(after.last_no, |last| last.no);
    let own = merged.events.iter().filter_map(|recorded| recorded.at).max();
    after.own = own.unwrap_or(after.own);
    let commit = Commit {
        progress: after,
        heard: &heard,
        decisions: &decisions,
        state: &state,
        events: &events,
        parked: &merged.parked,
        resolved: &merged.resolved,
    };
    live.store.write(commit).await?;
    live.store.settle().await?;
    live.settled(after);
    Ok(())
}
