//! Decides on the elements after the record: decide, write, append, commit, tell.

use std::collections::BTreeMap;

use bytes::Bytes;
use tokio::sync::watch;
use tracing::debug;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Source};
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::parking::Instruction;
use wallet_contract::subject::parking;
use wallet_kernel::{Decider, Due, Heard, Input};

use super::append::append;
use super::caution::Caution;
use super::elements::{Element, What, elements};
use super::merge::is_recall;
use super::record::{Decision, cut};
use super::skips::Skips;
use super::tenure::Ended;
use super::{Context, report};
use crate::batch::{self, Batch, Moment, WAITS};
use crate::bus::{Append, Bus, Message};
use crate::horizon::Horizon;
use crate::store::{Blocked, Commit, Progress, Store};

/// How many deadlines are decided at once.
pub(super) const DUE: usize = 2_000;

/// The work of a tenure.
pub(super) struct Live<'a, S, L> {
    pub(super) store: &'a mut S,
    pub(super) context: &'a Context<L>,
    pub(super) caution: &'a mut Caution,
    pub(super) progress: Progress,
    /// The place in the database. What follows, up to `progress`, was read and does not concern the service.
    pub(super) stored: LogPlace,
    /// Transfers and accounts with a parked message: inputs about them wait.
    pub(super) blocked: Blocked,
    /// The time up to which the log is handled.
    pub(super) horizon: Horizon,
    /// Our own subject.
    pub(super) subject: &'a str,
    /// This tenure.
    pub(super) writer: &'a str,
    /// The last message on our own subject.
    pub(super) end: u64,
    /// The number of the last committed event.
    pub(super) committed: watch::Sender<i64>,
    /// Messages to skip.
    pub(super) skips: Skips,
}

/// Splits messages into the runs that are handled together: an instruction about a parked message is a run of its own.
pub(super) fn runs<'m, B>(
    context: &Context<B>,
    messages: &'m [Message],
) -> impl Iterator<Item = &'m [Message]> {
    let told = parking(context.place.shard, context.service);
    messages.chunk_by(move |one, next| one.subject != told && next.subject != told)
}

/// An operator's instruction to this service about a message that it has parked.
pub(super) fn instruction<'m, B>(
    context: &Context<B>,
    run: &'m [Message],
) -> Option<(&'m Message, Instruction)> {
    let [message] = run else { return None };
    let is_told = message.subject == parking(context.place.shard, context.service);
    let told = is_told.then(|| Instruction::read(&message.payload).ok())??;
    Some((message, told))
}

impl<S: Store, L: Bus> Live<'_, S, L> {
    /// Renews the lease and writes the progress.
    pub(super) async fn keep(&mut self) -> Result<(), Ended> {
        self.store.renew(self.progress).await?;
        self.stored = self.progress.place();
        let shard = self.context.place.shard;
        self.context.board.advance(shard, self.progress.position);
        Ok(())
    }

    /// Notes that a batch is committed.
    pub(super) fn settled(&mut self, progress: Progress) {
        self.progress = progress;
        self.stored = progress.place();
        let (board, shard) = (&self.context.board, self.context.place.shard);
        board.advance(shard, progress.position);
        self.context.meter.handled(progress.position);
        self.committed.send_replace(progress.last_no);
    }

    /// Decides on messages of the log. Those that caution applies to are handled element by element.
    pub(super) async fn log(&mut self, messages: &[Message]) -> Result<(), Ended> {
        for run in runs(self.context, messages) {
            let careful = run.partition_point(|message| self.caution.is_due(message.sequence));
            let (suspicious, run) = run.split_at(careful);
            for message in suspicious {
                self.one_by_one(message).await?;
            }
            let Some(last) = run.last() else { continue };
            self.caution.begin_many(last.sequence);
            let after = self.after(run);
            if let Some((message, told)) = instruction(self.context, run) {
                self.follow(message, &told, after).await?;
            } else {
                let batch = self.read(run);
                self.handle(after, batch).await?;
            }
            self.caution.succeed();
        }
        Ok(())
    }

    /// The progress after these messages.
    fn after(&self, run: &[Message]) -> Progress {
        let at_us = run.iter().map(|message| message.at_us).max();
        let last = run
            .last()
            .map_or(self.progress.position, |message| message.sequence);
        self.progress
            .at(LogPlace::message(last), at_us.unwrap_or_default())
    }

    /// Reads messages as inputs; parks what can't be read, and what must wait for a parked message.
    fn read<'m>(&mut self, run: &'m [Message]) -> Batch<'m> {
        let (service, shard) = (self.context.service, self.context.place.shard);
        let mut batch = Batch::default();
        let mut at_us = self.progress.at_us;
        for message in run {
            at_us = at_us.max(message.at_us);
            if self.skips.cover(message) {
                continue;
            }
            for element in elements(message, service, shard) {
                if element.place > self.progress.place() {
                    self.hear(element, at_us, None, &mut batch);
                }
            }
        }
        batch
    }

    /// Adds an element to a batch: to be handled, or to be parked.
    fn hear<'m>(&mut self, element: Element<'m>, at_us: i64, why: Option<&str>, batch: &mut Batch<'m>) {
        let about = element.about();
        let waits = about
            .as_ref()
            .is_some_and(|about| self.blocked.holds(about.0, about.1.as_deref()));
        let concerns = match &element.what {
            What::Input(input, _) => S::Core::concerns(input, self.context.place),
            What::Unreadable { .. } => true,
        };
        if !concerns {
            return;
        }
        let detail = match (&element.what, why) {
            (What::Unreadable { detail, .. }, _) => Some(detail.clone()),
            (What::Input(..), Some(why)) => Some(why.to_owned()),
            (What::Input(..), None) => waits.then(|| WAITS.to_owned()),
        };
        if let Some(detail) = detail {
            let row = element.parked(&detail, about, at_us);
            self.blocked.add(Blocked::by([&row]));
            batch.parked.push(row);
            return;
        }
        if let What::Input(input, raw) = element.what {
            batch.heard.push(Heard {
                input: *input,
                raw,
                place: element.place,
                at_us,
            });
        }
    }

    /// Follows an operator's instruction.
    async fn follow(&mut self, message: &Message, told: &Instruction, after: Progress) -> Result<(), Ended> {
        let rows = self.store.parked(told.place).await?;
        let place = self.context.place;
        let batch = batch::resume::<S::Core>(&rows, told, message, place, after.at_us, &self.blocked);
        if batch.is_empty() {
            report::changes_nothing(message, told);
        }
        self.blocked.remove(&batch.released);
        self.handle(after, batch).await
    }

    /// Handles a message element by element. Each has a commit of its own.
    async fn one_by_one(&mut self, message: &Message) -> Result<(), Ended> {
        let run = std::slice::from_ref(message);
        let whole = LogPlace::message(message.sequence);
        let after = self.after(run);
        if let Some((message, told)) = instruction(self.context, run) {
            let condemned = self.caution.reason_to_park(whole).map(str::to_owned);
            self.caution.begin_one(whole);
            match condemned {
                Some(why) => {
                    let batch = Batch {
                        parked: vec![batch::park_instruction(message, after.at_us, &why)],
                        ..Batch::default()
                    };
                    self.handle(after, batch).await?;
                }
                None => self.follow(message, &told, after).await?,
            }
            self.caution.succeed();
            return Ok(());
        }
        for element in elements(message, self.context.service, self.context.place.shard) {
            let at = element.place;
            if at <= self.progress.place() {
                continue;
            }
            let condemned = self.caution.reason_to_park(at).map(str::to_owned);
            let mut batch = Batch::default();
            self.hear(element, after.at_us, condemned.as_deref(), &mut batch);
            self.caution.begin_one(at);
            self.handle(self.progress.at(at, after.at_us), batch).await?;
            self.caution.succeed();
        }
        self.progress = self.progress.at(whole, after.at_us);
        Ok(())
    }

    /// Decides on the deadlines due by the time up to which the log is handled, and returns how many there were.
    pub(super) async fn due(&mut self) -> Result<usize, Ended> {
        // A deadline is decided after a whole message: after a part of one, the rest comes first.
        if self.progress.within.is_some() {
            return Ok(0);
        }
        let now_us = (self.context.clock)().as_microsecond();
        if self.due_by(now_us, 1).await?.is_empty() {
            return Ok(0);
        }
        match self.context.bus.head(self.context.place.shard).await {
            Ok(head) => self.horizon.ask(head, self.progress.position),
            Err(error) => debug!(%error, "what is due must wait: {error}"),
        }
        let passed_us = self.horizon.passed_us(self.progress.at_us);
        let due = self.due_by(passed_us, DUE).await?;
        let many = due.len();
        if many > 0 {
            self.handle(self.progress, batch::due(due, passed_us)).await?;
        }
        Ok(many)
    }

    async fn due_by(&mut self, time_us: i64, many: usize) -> Result<Vec<Due>, Ended> {
        let limit = many.saturating_add(self.blocked.transfers.len());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut due = self.store.due(time_us.max(self.progress.at_us), limit).await?;
        due.retain(|due| !self.blocked.holds(due.transfer.id.0, None));
        Ok(due)
    }

    /// Decides on a batch and puts it into the log and the database.
    async fn handle(&mut self, mut after: Progress, mut batch: Batch<'_>) -> Result<(), Ended> {
        if batch.is_empty() {
            // If these messages are read again, they are skipped again.
            self.progress = after;
            return Ok(());
        }
        let taken = (self.context.clock)();
        let place = self.context.place;
        let causes: Vec<_> = batch
            .heard
            .iter()
            .map(|heard| heard.input.as_cause().id)
            .collect();
        let mut keys = <S::Core as Decider>::Keys::default();
        for heard in &batch.heard {
            S::Core::touches(&heard.input, place, &mut keys);
        }
        let (known, mut state) = self.store.find(&causes, &keys).await?;
        let repeats = batch::without_repeats(&mut batch.heard, known);
        let moment = Moment {
            source: Source {
                service: self.context.service,
                shard: place.shard,
            },
            taken,
            now: (self.context.clock)(),
            after: self.progress.position,
        };
        let events = decide::<S::Core>(&mut state, &batch, place, moment);
        let outgoing = batch::outgoing(&events, place, self.progress.last_no);
        let decisions = numbers(&batch.heard, &events, self.progress.last_no);
        let joins = joins(&batch, &events);
        after.last_no = outgoing.last().map_or(after.last_no, |event| event.no);
        let commit = Commit {
            progress: after,
            heard: &batch.heard,
            decisions: &decisions,
            state: &state,
            events: &outgoing,
            parked: &batch.parked,
            resolved: &batch.resolved,
        };
        self.store.write(commit).await?;
        let decided: Vec<Decision> = outgoing
            .into_iter()
            .zip(joins)
            .map(|(outgoing, joins)| Decision { outgoing, joins })
            .collect();
        let began = (self.context.clock)();
        let own = self.append(&decided).await?;
        if own.is_some() {
            let took = (self.context.clock)().duration_since(began);
            self.context.meter.appended(took);
        }
        self.store.settle().await?;
        self.store.observe(&batch.heard, &state);
        after.own = own.unwrap_or(after.own);
        self.settled(after);
        report::log(&batch, &events, &repeats);
        report::count(self.context, &batch, events.len(), repeats.len(), taken);
        for notice in self.store.notices(&state, &repeats).await? {
            if let Err(error) = self.context.bus.notify(notice).await {
                // A caller that is waiting will ask again; the ledger has the outcome.
                debug!(%error, "could not notify: {error}");
            }
        }
        Ok(())
    }

    /// Appends decisions to the record, and returns the place of the last of them.
    async fn append(&mut self, decided: &[Decision]) -> Result<Option<LogPlace>, Ended> {
        let shard = self.context.place.shard;
        let mut own = None;
        for events in cut(decided, self.context.limits) {
            let message = Append {
                shard,
                subject: self.subject.to_owned(),
                payload: Bytes::from(envelope::join(events.iter().map(|event| &*event.json))),
                writer: self.writer.to_owned(),
                after: self.end,
            };
            let report = |hindered| self.context.board.publishes(shard, shard, hindered);
            self.end = append(&self.context.bus, message, report).await?;
            let last = u32::try_from(events.len()).unwrap_or(u32::MAX).saturating_sub(1);
            own = Some(LogPlace::element(self.end, last));
        }
        Ok(own)
    }
}

/// Decides on a batch. The decisions are in the order of the places that they answer.
fn decide<C: Decider>(
    state: &mut C::State,
    batch: &Batch<'_>,
    place: wallet_kernel::Place,
    moment: Moment,
) -> Vec<Event> {
    // The cause of a decision must come before the decision.
    let mut events = if batch.mended {
        batch::mended(&batch.heard, moment)
    } else {
        Vec::new()
    };
    events.extend(batch::play::<C>(state, &batch.heard, place, moment));
    events.extend(batch::parked(&batch.parked, moment));
    events.extend(batch::resolved(&batch.resolved, moment));
    events.sort_by_key(|event| event.place);
    events
}

/// The number of the event decided on each input, if any.
fn numbers(heard: &[Heard<'_>], events: &[Event], last_no: i64) -> Vec<Option<i64>> {
    let numbered = (last_no + 1..).zip(events).filter(|(_, event)| !is_recall(event));
    let numbers: BTreeMap<EventId, i64> = numbered.map(|(no, event)| (event.cause, no)).collect();
    let number = |heard: &Heard<'_>| numbers.get(&heard.input.as_cause().id).copied();
    heard.iter().map(number).collect()
}

/// For each event, whether it must be in the same envelope as the one before it: there must be all answers to an element, or none. An
/// instruction to retry or discard is followed as a whole.
fn joins(batch: &Batch<'_>, events: &[Event]) -> Vec<bool> {
    let whole = !batch.resolved.is_empty() && !batch.mended;
    let deadlines = batch
        .heard
        .first()
        .is_some_and(|heard| matches!(heard.input, Input::Due(_)));
    let mut before = None;
    let joins = events.iter().map(|event| {
        let same = before == Some(event.place) && !deadlines;
        let first = before.is_none();
        before = Some(event.place);
        !first && (whole || same)
    });
    joins.collect()
}
