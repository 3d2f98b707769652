//! A tenure: open, catch up, then decide until it ends.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info};
use wallet_contract::subject::envelopes;

use super::append::{Lost, append};
use super::catch_up::{Until, catch_up};
use super::caution::Caution;
use super::live::{self, Live};
use super::merge;
use super::record;
use super::{Context, checking};
use super::{copies, skips};
use crate::bus::{self, Append, Bus, Message, Reader};
use crate::horizon::Horizon;
use crate::status::State;
use crate::store::{self, Progress, Store, TENURE_MS, Tenure};

/// The maximum weight of one transaction (see [`Message::weight`]).
pub(super) const BATCH_WEIGHT: usize = 1536 * 1024;
/// How often a stand-by checks whether it is needed.
const STANDBY: Duration = Duration::from_millis(500);
/// The pause between two attempts to work.
const RETRY: Duration = Duration::from_secs(1);
/// How often to check for due deadlines, and to write a place that moved without a commit.
const LOOK: Duration = Duration::from_millis(250);
/// A lease is renewed three times before it would expire.
const RENEW: Duration = Duration::from_millis(TENURE_MS.unsigned_abs() / 3);
/// How often an opening is tried behind messages that others have just written.
const OPENINGS: u32 = 3;

/// Why a tenure ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Append(#[from] Lost),
    #[error("{0}; its last message is not old enough to take over")]
    Deposed(String),
    #[error(transparent)]
    Record(#[from] record::Failed),
    #[error(transparent)]
    Merge(#[from] merge::Stopped),
    #[error("the rules panicked: {0}")]
    Panicked(String),
}

impl From<bus::Error> for Ended {
    fn from(error: bus::Error) -> Self {
        Self::Append(error.into())
    }
}

impl Ended {
    /// The text of the failure, if the input in hand may be to blame: the rules panicked, or a constraint refused their decision.
    fn of_the_input(&self) -> Option<String> {
        let may_be = match self {
            Self::Panicked(_) => true,
            Self::Store(error) => error.is_a_constraint(),
            Self::Append(_) | Self::Deposed(_) | Self::Record(_) | Self::Merge(_) => false,
        };
        may_be.then(|| self.to_string())
    }

    fn state(&self) -> State {
        let text = self.to_string();
        match self {
            Self::Append(Lost::Log(bus::Error::LostData { .. }))
            | Self::Record(record::Failed::Missing(..)) => State::LostData(text),
            Self::Append(Lost::Log(_) | Lost::Deposed { .. })
            | Self::Record(
                record::Failed::Log(_)
                | record::Failed::Store(_)
                | record::Failed::Unreadable(..)
                | record::Failed::Last(_),
            )
            | Self::Store(_)
            | Self::Deposed(_)
            | Self::Merge(_)
            | Self::Panicked(_) => State::Failed(text),
        }
    }
}

/// What a loop remembers from one tenure to the next.
#[derive(Debug, Default)]
struct Memory {
    tenures: u64,
    caution: Caution,
    /// The instance that has deposed us. It may still be at work.
    deposed_by: Option<String>,
}

/// Works on a shard until told to stop.
pub async fn run<S: Store, L: Bus>(mut store: S, context: Context<L>) {
    let shard = context.place.shard;
    let mut memory = Memory::default();
    while !context.stop.is_cancelled() {
        let pause = match store.acquire().await {
            Ok(Tenure::Ours(progress)) => {
                memory.tenures += 1;
                let writer = format!("{}#{}", context.instance, memory.tenures);
                let held = hold(&mut store, &context, progress, &mut memory, writer);
                match guarded(held).await {
                    Ok(()) => break,
                    Err(ended) => {
                        store.abandon().await;
                        context.meter.rest();
                        error!(%shard, "shard {shard}: {ended}; trying again");
                        context.board.set(shard, ended.state());
                        memory.caution.learn(ended.of_the_input());
                        if let Ended::Append(Lost::Deposed { by }) = &ended {
                            memory.deposed_by = Some(instance_of(by).to_owned());
                        }
                        RETRY
                    }
                }
            }
            Ok(Tenure::Held {
                by,
                expires_in_ms,
                whole_from,
            }) => {
                checking::stand_by(&context, &by, expires_in_ms, whole_from).await;
                STANDBY
            }
            Err(error) => {
                error!(%shard, "shard {shard}: {error}; trying again");
                context.board.set(shard, State::Failed(error.to_string()));
                RETRY
            }
        };
        tokio::select! {
            biased;
            () = context.stop.cancelled() => {}
            () = sleep(pause) => {}
        }
    }
}

/// The instance of a tenure.
fn instance_of(writer: &str) -> &str {
    writer.rsplit_once('#').map_or(writer, |(instance, _)| instance)
}

/// Turns a panic into one more way for a tenure to end.
async fn guarded(tenure: impl Future<Output = Result<(), Ended>>) -> Result<(), Ended> {
    let told = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no words")
            .to_owned()
    };
    let ended = AssertUnwindSafe(tenure).catch_unwind().await;
    ended.unwrap_or_else(|panic| Err(Ended::Panicked(told(panic))))
}

async fn hold<S: Store, L: Bus>(
    store: &mut S,
    context: &Context<L>,
    progress: Progress,
    memory: &mut Memory,
    writer: String,
) -> Result<(), Ended> {
    let shard = context.place.shard;
    let stored = progress.position;
    let (progress, skips) = skips::after(context, progress).await?;
    let mut known = progress.known();
    if progress.position > stored {
        // Whatever message is there was not read, so its time tells nothing.
        known.at_us = i64::MAX;
    }
    context.bus.ready(shard, known).await?;
    let subject = envelopes(shard, context.service, shard);
    let opening = open(context, &subject, &writer, memory.deposed_by.as_deref()).await?;
    memory.deposed_by = None;
    let (committed, changed) = watch::channel(progress.last_no);
    let events = store.event_table();
    let mut live = Live {
        blocked: store.blocked().await?,
        store,
        context,
        caution: &mut memory.caution,
        progress,
        stored: progress.place(),
        horizon: Horizon::default(),
        subject: &subject,
        writer: &writer,
        end: opening,
        committed,
        skips,
    };
    let until = Until {
        own: opening,
        ..Until::default()
    };
    let work = async {
        let mut reader = context.bus.read(shard, progress.position).await?;
        let rest = catch_up(&mut live, &mut reader, until).await?;
        copies::check(context, events.clone()).await?;
        context.board.set(shard, State::Working);
        context.meter.pending(shard, 0);
        context.board.advance(shard, live.progress.position);
        info!(%shard, place = %live.progress.place(), "shard {shard}: at work after {}", live.progress.place());
        tokio::select! {
            biased;
            done = consume(&mut live, reader, rest) => done?,
            failed = copies::send(context, events, &writer, changed) => return Err(failed.into()),
        }
        live.store.release(live.progress).await?;
        Ok(())
    };
    tokio::select! {
        biased;
        done = work => done,
        unfit = checking::until_unfit(context, progress.whole_from) => Err(unfit.into()),
    }
}

/// Appends the opening of the tenure, and returns its sequence.
async fn open<L: Bus>(
    context: &Context<L>,
    subject: &str,
    writer: &str,
    deposed_by: Option<&str>,
) -> Result<u64, Ended> {
    let shard = context.place.shard;
    let mut tries = 0;
    loop {
        let (after, last) = context.bus.last(shard, subject).await?;
        let rival = last.filter(|last| last.writer.as_deref().map(instance_of) == deposed_by);
        if let Some(rival) = rival.filter(|_| deposed_by.is_some()) {
            let age_us = context
                .bus
                .head(shard)
                .await?
                .clock_us
                .saturating_sub(rival.at_us);
            if age_us < 2 * TENURE_MS * 1000 {
                return Err(Ended::Deposed(rival.writer.unwrap_or_default()));
            }
        }
        let opening = Append {
            shard,
            subject: subject.to_owned(),
            payload: Bytes::from_static(b"[]"),
            writer: writer.to_owned(),
            after,
        };
        let report = |hindered| context.board.publishes(shard, shard, hindered);
        match append(&context.bus, opening, report).await {
            Ok(sequence) => return Ok(sequence),
            // A message of an earlier tenure was stored late.
            Err(Lost::Deposed { .. }) if tries < OPENINGS => tries += 1,
            Err(lost) => return Err(lost.into()),
        }
    }
}

/// Consumes the log until the loop is stopped.
async fn consume<S: Store, L: Bus>(
    live: &mut Live<'_, S, L>,
    mut reader: L::Reader,
    rest: Vec<Message>,
) -> Result<(), Ended> {
    let mut renew = interval(RENEW);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    live.log(&rest).await?;
    loop {
        let context = live.context;
        tokio::select! {
            // No randomness in the loop: a simulation must be able to replay it step by step.
            biased;
            () = context.stop.cancelled() => return Ok(()),
            _ = renew.tick() => live.keep().await?,
            _ = look.tick() => {
                if live.due().await? >= live::DUE {
                    // There may be more.
                    look.reset_immediately();
                }
                if live.stored < live.progress.place() {
                    live.keep().await?;
                }
            }
            messages = reader.take(BATCH_WEIGHT) => live.log(&messages?).await?,
        }
    }
}
