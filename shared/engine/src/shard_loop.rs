//! The loop of one (service, shard).
//!
//! | step | what | if it fails |
//! |---|---|---|
//! | acquire | take the shard's tenure, or stand by | try again |
//! | republish | publish what was committed and perhaps not published | retry for ever |
//! | take | take messages after our position, up to a limit; periodically, what is due by the log's time | read again from the position |
//! | decide | drop repeats, load rows, decide in memory | – |
//! | commit | write rows, events, inbox and position in one transaction, which checks the tenure | begin again from the database |
//! | publish | send one envelope per destination, while the next batch is decided | retry for ever |
//!
//! Meanwhile the loop periodically checks that the stream is still intact (`checking`); a stand-by does, too.
//!
//! Every failure, including a panic, leads back to `acquire`, which reads everything again from the database: there is only one way
//! to start. If an input may have caused the failure, the messages in question are then handled element by element, and an element
//! that fails by itself is parked (`caution`).

pub(crate) mod caution;
pub(crate) mod checking;
mod publishing;
mod work;

use std::any::Any;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info};
use wallet_contract::stream;
use wallet_contract::subject::Service;
use wallet_kernel::Place;

use crate::bus::{self, Bus, Message, Reader};
use crate::clock::Clock;
use crate::horizon::Horizon;
use crate::meter::Meter;
use crate::outbox::Publisher;
use crate::status::{Board, State};
use crate::store::{self, Progress, Store, TENURE_MS, Tenure};
use caution::Caution;
use publishing::{Decided, hand_over, publish, republish};
use work::LoopState;

/// The maximum weight of one transaction (see [`Message::weight`]). More costs memory and gains little.
const BATCH_WEIGHT: usize = 1536 * 1024;
/// After a batch within this range of weights the loop rests for twice as long as the batch took: there is load, and what arrives in
/// the meantime shares one commit. A lighter batch shows no load; after a heavier one more is already waiting.
const REST: Range<usize> = 16 * 1024..BATCH_WEIGHT / 4 * 3;
/// The number of decided batches that may wait to be published.
const UNPUBLISHED_BATCHES: usize = 1;
/// How often a stand-by checks whether it is needed.
const STANDBY: Duration = Duration::from_millis(500);
/// The pause between two attempts to work.
const RETRY: Duration = Duration::from_secs(1);
/// How often to check for due deadlines, and to write a position that moved without a commit.
const LOOK: Duration = Duration::from_millis(250);
/// A tenure is renewed three times before it would expire.
const RENEW: Duration = Duration::from_millis(TENURE_MS.unsigned_abs() / 3);

/// Everything that a loop needs besides its store.
#[derive(Debug)]
pub struct Context<B> {
    /// The service.
    pub service: Service,
    /// The shard.
    pub place: Place,
    /// The log.
    pub bus: B,
    /// The clock.
    pub clock: Clock,
    /// Where to report the loop's state.
    pub board: Board,
    /// Counts the work.
    pub meter: Box<dyn Meter>,
    /// Cancelled to stop the loop.
    pub stop: CancellationToken,
    /// The runtime to publish on, if the store blocks the loop's thread; otherwise publishing runs between the loop's own steps.
    pub publish_on: Option<Handle>,
}

impl<B> Context<B> {
    fn publisher(&self) -> Publisher<'_, B> {
        Publisher {
            bus: &self.bus,
            service: self.service,
            shard: self.place.shard,
            board: &self.board,
        }
    }
}

/// Why a tenure ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Bus(#[from] bus::Error),
    #[error("the rules panicked: {0}")]
    Panicked(String),
}

impl Ended {
    /// Whether the input in hand may be to blame: the rules panicked, or a constraint refused their decision.
    fn may_be_the_input(&self) -> bool {
        match self {
            Self::Panicked(_) => true,
            Self::Store(error) => error.is_a_constraint(),
            Self::Bus(_) => false,
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Bus(bus::Error::LostData { .. }) => State::LostData(self.to_string()),
            Self::Bus(bus::Error::Nats(_) | bus::Error::Unfit(_) | bus::Error::Gap { .. })
            | Self::Store(_)
            | Self::Panicked(_) => State::Failed(self.to_string()),
        }
    }
}

/// Works on a shard until told to stop.
pub async fn run<S: Store, B: Bus>(mut store: S, context: Context<B>) {
    let context = Arc::new(context);
    let shard = context.place.shard;
    let mut caution = Caution::default();
    while !context.stop.is_cancelled() {
        let pause = match store.acquire().await {
            Ok(Tenure::Ours(progress)) => {
                match guarded(tenure(&mut store, &context, progress, &mut caution)).await {
                    Ok(()) => break,
                    Err(ended) => {
                        context.meter.rest();
                        error!(%shard, "shard {shard}: {ended}; retrying");
                        context.board.set(shard, ended.state());
                        caution.learn(ended.may_be_the_input().then(|| ended.to_string()));
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
                error!(%shard, "shard {shard}: {error}; retrying");
                context.board.set(shard, State::Failed(error.to_string()));
                RETRY
            }
        };
        tokio::select! {
            // No randomness in the loop: a simulation must be able to replay it step by step.
            biased;
            () = context.stop.cancelled() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Turns a panic into one more way for a tenure to end. An instance that was paused while another took over may load rows that
/// already include its batch, and a sum over them may overflow. Without this the loop would be gone, and the board would still
/// report it as working.
async fn guarded(tenure: impl Future<Output = Result<(), Ended>>) -> Result<(), Ended> {
    let message = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message")
            .to_owned()
    };
    let ended = AssertUnwindSafe(tenure).catch_unwind().await;
    ended.unwrap_or_else(|panic| Err(Ended::Panicked(message(panic))))
}

/// One tenure. Returns `Ok` if told to stop, otherwise the reason why it ended.
async fn tenure<S: Store, B: Bus>(
    store: &mut S,
    context: &Arc<Context<B>>,
    progress: Progress,
    caution: &mut Caution,
) -> Result<(), Ended> {
    // A lost event must be restored before anything that depends on it, so nothing is added until the stream is whole.
    let shard = context.place.shard;
    context.bus.ready(shard, progress.known()).await?;
    tokio::select! {
        biased;
        done = work(store, context, progress, caution) => done,
        unfit = checking::until_unfit(context, progress.whole_from) => Err(unfit.into()),
    }
}

/// Works on an intact stream.
async fn work<S: Store, B: Bus>(
    store: &mut S,
    context: &Arc<Context<B>>,
    progress: Progress,
    caution: &mut Caution,
) -> Result<(), Ended> {
    let Context {
        place, bus, board, ..
    } = &**context;
    let published = Arc::new(AtomicI64::new(progress.published));
    republish(store, context, progress, &published).await?;
    board.starting(
        place.shard,
        format!(
            "opening stream {} at {}",
            stream::name(place.shard),
            progress.position
        ),
    );
    let reader = bus.read(place.shard, progress.position).await?;
    board.set(place.shard, State::Working);
    board.advance(place.shard, progress.position);
    info!(shard = %place.shard, position = progress.position, "shard {}: working from {}", place.shard, progress.position);

    let (decided, to_publish) = mpsc::channel(UNPUBLISHED_BATCHES);
    let mut loop_state = LoopState {
        progress,
        stored: progress.position,
        blocked: store.blocked().await?,
        horizon: Horizon::default(),
    };
    let consuming = consume(
        store,
        context,
        &mut loop_state,
        caution,
        reader,
        &published,
        decided,
    );
    let publishing = publishing(Arc::clone(context), Arc::clone(&published), to_publish);
    tokio::try_join!(consuming, publishing)?;
    store.release(loop_state.as_published(&published)).await?;
    info!(shard = %place.shard, "shard {}: stopped cleanly", place.shard);
    Ok(())
}

/// Publishes the batches it receives, until the channel is closed.
async fn publishing<B: Bus>(
    context: Arc<Context<B>>,
    published: Arc<AtomicI64>,
    to_publish: mpsc::Receiver<Decided>,
) -> Result<(), Ended> {
    let elsewhere = context.publish_on.clone();
    let work = async move { publish(&context, &published, to_publish).await };
    let Some(elsewhere) = elsewhere else {
        return work.await;
    };
    let ended = AbortOnDropHandle::new(elsewhere.spawn(work)).await;
    ended.unwrap_or_else(|error| Err(Ended::Panicked(error.to_string())))
}

/// What woke the loop.
enum Wake {
    /// Messages have arrived.
    Log(Vec<Message>),
    /// It is time to check for due deadlines.
    Clock,
}

impl Wake {
    fn weight(&self) -> usize {
        match self {
            Self::Log(messages) => messages.iter().map(Message::weight).sum(),
            Self::Clock => 0,
        }
    }
}

/// Takes the available messages, once the loop has rested.
async fn take<R: Reader>(reader: &mut R, rested: Instant) -> Result<Vec<Message>, bus::Error> {
    sleep_until(rested).await;
    reader.take(BATCH_WEIGHT).await
}

/// Consumes the log and hands over what was decided, until the loop is stopped.
async fn consume<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    loop_state: &mut LoopState,
    caution: &mut Caution,
    mut reader: B::Reader,
    published: &AtomicI64,
    decided: mpsc::Sender<Decided>,
) -> Result<(), Ended> {
    let mut renew = interval(RENEW);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rested = Instant::now();
    loop {
        let wake = tokio::select! {
            biased;
            () = context.stop.cancelled() => return Ok(()),
            _ = renew.tick() => {
                keep(store, loop_state, published).await?;
                context.board.advance(context.place.shard, loop_state.stored);
                continue;
            }
            _ = look.tick() => Wake::Clock,
            messages = take(&mut reader, rested) => Wake::Log(messages?),
        };
        let (began, weight) = (Instant::now(), wake.weight());
        match wake {
            Wake::Log(messages) => {
                for run in work::runs(context, &messages) {
                    loop_state.progress = loop_state.as_published(published);
                    let batch = work::messages(store, context, loop_state, caution, run).await?;
                    hand_over(context, loop_state.progress, published, &decided, batch).await?;
                }
            }
            Wake::Clock => {
                loop_state.progress = loop_state.as_published(published);
                let batch = work::due(store, context, loop_state).await?;
                if batch.events.len() >= work::DUE {
                    // There may be more.
                    look.reset_immediately();
                }
                hand_over(context, loop_state.progress, published, &decided, batch).await?;
                if loop_state.stored < loop_state.progress.position {
                    keep(store, loop_state, published).await?;
                }
            }
        }
        if REST.contains(&weight) {
            rested = Instant::now() + began.elapsed() * 2;
        }
    }
}

/// Renews the tenure and writes the progress.
async fn keep<S: Store>(
    store: &mut S,
    loop_state: &mut LoopState,
    published: &AtomicI64,
) -> Result<(), Ended> {
    loop_state.progress = loop_state.as_published(published);
    store.renew(loop_state.progress).await?;
    loop_state.stored = loop_state.progress.position;
    Ok(())
}
