//! One running instance of a service on a shard, and the points at which faults strike it.
//!
//! Each call of the loop to its bus or its store passes a [`Point`] before it takes effect, and some calls pass another one
//! after. At a point the seed lets time pass, and an armed fault strikes: the instance dies and loses its memory, is paused, or
//! its call fails.

use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wallet_engine::status::Board;
use wallet_kernel::Place;

use crate::coverage::Cell;
pub(crate) use crate::fault::{Blow, Point, Site};
use crate::world::World;

tokio::task_local! {
    static HERE: Node;
}

/// The error of a call that was made to fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// An instance.
#[derive(Clone, Debug)]
pub(crate) struct Node(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    site: Site,
    place: Place,
    number: u32,
    world: Arc<World>,
    /// The offset of its host's clock from the clock of its site, in microseconds.
    skew_us: i64,
    stop: CancellationToken,
    board: Board,
    life: Mutex<Life>,
}

#[derive(Debug)]
struct Life {
    rng: Rng,
    dead: bool,
    resumes: Option<Instant>,
    abort: Option<AbortHandle>,
    cells: Vec<Cell>,
}

/// The largest offset between the clocks of two hosts.
const MOST_SKEW_US: i64 = 5_000_000;

/// Runs a future as `node`.
pub(crate) async fn run_as<F: Future>(node: Node, future: F) -> F::Output {
    HERE.scope(node, future).await
}

/// Calls a function with the running instance.
pub(crate) fn here<T>(ask: impl FnOnce(&Node) -> T) -> T {
    HERE.with(ask)
}

/// The clock passed to the loop: that of the running instance.
pub(crate) fn now() -> Timestamp {
    let now_us = here(Node::clock_us);
    Timestamp::from_microsecond(now_us).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Node {
    pub(crate) fn new(world: Arc<World>, site: Site, place: Place, number: u32, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let skew_us = if rng.u8(0..4) == 0 {
            rng.i64(-MOST_SKEW_US..MOST_SKEW_US)
        } else {
            0
        };
        let life = Life {
            rng,
            dead: false,
            resumes: None,
            abort: None,
            cells: Vec::new(),
        };
        Self(Arc::new(Inner {
            site,
            place,
            number,
            world,
            skew_us,
            stop: CancellationToken::new(),
            board: Board::default(),
            life: Mutex::new(life),
        }))
    }

    pub(crate) fn site(&self) -> Site {
        self.0.site
    }

    pub(crate) fn place(&self) -> Place {
        self.0.place
    }

    pub(crate) fn world(&self) -> &World {
        &self.0.world
    }

    pub(crate) fn shared_world(&self) -> Arc<World> {
        self.0.world.clone()
    }

    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The status board it reports to.
    pub(crate) fn board(&self) -> &Board {
        &self.0.board
    }

    /// The panic message, if its rules have just panicked.
    pub(crate) fn panicked(&self) -> Option<String> {
        let board = self.0.board.read();
        let (state, _) = board.get(&self.0.place.shard)?;
        Some(state.detail())
            .filter(|text| text.contains("panicked"))
            .map(str::to_owned)
    }

    /// What its clock shows.
    pub(crate) fn clock_us(&self) -> i64 {
        self.0.world.clock_us(self.0.site) + self.0.skew_us
    }

    pub(crate) fn aborts_by(&self, abort: AbortHandle) {
        self.life().abort = Some(abort);
    }

    /// The cells it has decided in since the last call.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        std::mem::take(&mut self.life().cells)
    }

    pub(crate) fn note_cell(&self, cell: Cell) {
        self.life().cells.push(cell);
    }

    /// A number below `end`, from the instance's own random generator.
    pub(crate) fn below(&self, end: usize) -> usize {
        self.life().rng.usize(0..end.max(1))
    }

    /// Kills it. Whatever it was doing is never finished.
    pub(crate) fn kill(&self) {
        let abort = {
            let mut life = self.life();
            life.dead = true;
            life.abort.take()
        };
        self.0.world.forget(self);
        if let Some(abort) = abort {
            abort.abort();
        }
    }

    /// Its serial number among all instances, counted from 1.
    pub(crate) fn number(&self) -> u32 {
        self.0.number
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.life().dead
    }

    /// Ends its pause, if it is paused.
    pub(crate) fn resume(&self) {
        self.life().resumes = None;
    }

    /// Passes a point: lets time pass, and applies the fault that strikes there, if any.
    pub(crate) async fn pass(&self, point: Point) -> Result<(), Failed> {
        self.stand().await;
        let pause = self.0.world.pace().pause(&mut self.life().rng, point);
        if pause.is_zero() {
            tokio::task::yield_now().await;
        } else {
            sleep(pause).await;
        }
        self.stand().await;
        let Some(blow) = self.0.world.strike(self.0.site, point) else {
            return Ok(());
        };
        let told = format!("{self} at {point:?}: {blow:?}");
        self.0.world.note(told);
        match blow {
            Blow::Crash { down_ms } => {
                self.0.world.restart(self.0.site, Duration::from_millis(down_ms));
                self.kill();
                pending().await
            }
            Blow::Pause { ms } => {
                self.life().resumes = Some(Instant::now() + Duration::from_millis(ms));
                self.stand().await;
                Ok(())
            }
            Blow::Fail => Err(Failed),
        }
    }

    /// Waits while it is paused, and for ever if it is dead.
    async fn stand(&self) {
        loop {
            if self.is_dead() {
                pending::<()>().await;
            }
            let resumes = self.life().resumes;
            match resumes {
                Some(resumes) if resumes > Instant::now() => {
                    // Polls, because the pause may be cancelled.
                    sleep_until(resumes.min(Instant::now() + Duration::from_millis(200))).await;
                }
                _ => return,
            }
        }
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.0.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.0.site, self.0.number)
    }
}
