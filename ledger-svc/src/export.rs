//! Exports each flow that has ended as OpenTelemetry spans, with a cursor in the ledger's own database.
//!
//! It reads `record` in log order and exports a flow when it meets the event that ended it: each flow at least once, in order. What
//! the receiver will never accept is left out, counted and logged, so that it does not block later flows. A repeat is harmless,
//! since span ids come from the log. The export never delays money: a task of its own reads a little and then rests for longer,
//! far longer while the books are busy. If a receiver is slow or down, only the cursor waits.
//!
//! The instance that holds a shard exports it.

mod log;
mod meters;
mod read;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{info, warn};
use wallet_contract::shard::Shard;
use wallet_db::{Arg, Db, Pool, Result};
use wallet_otlp::{Exporter, Later, Outlet};
use wallet_runtime::running::Running;
use wallet_view::span::{self, Span};

use self::log::Lines;
use self::meters::Meters;
use self::read::Window;

/// How many records are read at a time.
const WINDOW: i64 = 1_000;
/// The pause between two polls when there is nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// How long the task rests, as a multiple of the time it worked: usually, and while the shard's books are busy.
const REST: (u32, u32) = (3, 19);
/// The books are busy if they take in more requests and events per second than this: then the machine is for money.
const BUSY: f64 = 5_000.0;
/// How often the cursor is written. Flows exported after the last write are exported again after a crash.
const SAVE: Duration = Duration::from_secs(5);
/// The pause between two attempts to reach a receiver: the first, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// The longest pause that a receiver may ask for. Nobody would wait longer for it.
const LEFT_ALONE: Duration = Duration::from_hours(1);

/// Starts the export if it is configured. An invalid setting is an error.
pub(crate) fn start(running: &Arc<Running>) -> anyhow::Result<()> {
    let Some(settings) = settings::settings(&running.settings.otlp)? else {
        return Ok(());
    };
    let exporter = Exporter::new(settings)?;
    info!("exporting ended flows to {}", exporter.shown());
    let meters = Meters::new(&running.metrics);
    for (shard, pool) in &running.pools {
        meters.begin(*shard);
        let export = Export {
            running: running.clone(),
            shard: *shard,
            pool: pool.clone(),
            outlet: Outlet::new(exporter.clone()),
            meters: meters.clone(),
            lines: Lines::default(),
            cursor: None,
            read: None,
            backoff: BACKOFF.0,
            saved: Instant::now(),
            looked: (Instant::now(), 0),
        };
        tokio::spawn(export.run());
    }
    Ok(())
}

/// The export of one shard.
struct Export {
    running: Arc<Running>,
    shard: Shard,
    pool: Pool,
    outlet: Outlet,
    meters: Meters,
    lines: Lines,
    /// The last record exported, and the last one saved; `None` while another instance holds the shard.
    cursor: Option<(i64, i64)>,
    /// Records that were read and are not all exported yet.
    read: Option<Read>,
    /// The pause before the next attempt, unless something succeeds first.
    backoff: Duration,
    saved: Instant,
    /// When the load of the books was last checked, and how much they had taken in by then.
    looked: (Instant, u64),
}

/// Some records, and the spans of the flows that ended in them, without those already sent or left out.
struct Read {
    end: i64,
    oldest_us: Option<i64>,
    full: bool,
    flows: Vec<Vec<Span>>,
}

/// Why the export stopped.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("its books can't be read: {0}")]
    Books(#[from] wallet_db::Error),
    #[error(transparent)]
    Receiver(#[from] Later),
}

impl Export {
    async fn run(mut self) {
        loop {
            let board = self.running.board.read();
            if !board
                .get(&self.shard)
                .is_some_and(|(state, _)| state.is_working())
            {
                (self.cursor, self.read) = (None, None);
                self.meters.clear(self.shard);
                sleep(IDLE).await;
                continue;
            }
            let began = Instant::now();
            let pause = match self.step().await {
                Ok(more) => {
                    self.backoff = BACKOFF.0;
                    let rest = began.elapsed() * if self.busy() { REST.1 } else { REST.0 };
                    if more { rest } else { rest.max(IDLE) }
                }
                Err(stopped) => {
                    self.meters.failed(self.shard);
                    let (shard, pause) = (self.shard, stopped.pause(self.backoff));
                    warn!(%shard, "shard {shard}: export failed, retrying in {pause:?}: {stopped}");
                    self.backoff = (self.backoff * 2).min(BACKOFF.1);
                    pause
                }
            };
            sleep(pause).await;
        }
    }

    /// Whether the shard's books have been busy since the last call.
    fn busy(&mut self) -> bool {
        let inputs = self.running.metrics.shard(self.shard).inputs.get();
        let (since, before) = std::mem::replace(&mut self.looked, (Instant::now(), inputs));
        let taken = u32::try_from(inputs.saturating_sub(before)).unwrap_or(u32::MAX);
        f64::from(taken) > BUSY * since.elapsed().as_secs_f64()
    }

    /// Exports the flows that ended in the next records. Returns whether there may be more.
    async fn step(&mut self) -> Result<bool, Stopped> {
        let (cursor, known) = match self.cursor {
            Some(cursor) => cursor,
            None => load(&mut self.pool.acquire().await?)
                .await
                .map(|cursor| (cursor, cursor))?,
        };
        self.cursor = Some((cursor, known));
        if self.read.is_none() {
            // Release the connection before waiting for the receiver.
            let mut db = self.pool.acquire().await?;
            let window = Window::behind(&mut db, self.shard.0, cursor, WINDOW).await?;
            self.read = Some(Read {
                end: window.end.unwrap_or(cursor),
                oldest_us: window.oldest_us,
                full: window.full,
                flows: window.flows.iter().map(span::of).collect(),
            });
        }
        self.send().await?;
        let Some(Read { end, full, .. }) = self.read.take() else {
            return Ok(false);
        };
        self.cursor = Some((end, known));
        if end != known && self.saved.elapsed() >= SAVE {
            save(&mut self.pool.acquire().await?, end).await?;
            self.cursor = Some((end, end));
            self.saved = Instant::now();
        }
        if !full {
            self.meters.behind(self.shard, None, 0);
        }
        Ok(full)
    }

    /// Sends what was read. What was sent or left out is not sent again if the rest has to wait.
    async fn send(&mut self) -> Result<(), Later> {
        let Some(read) = &mut self.read else { return Ok(()) };
        let now_us = (self.running.clock)().as_microsecond();
        self.meters.behind(self.shard, read.oldest_us, now_us);
        while !read.flows.is_empty() {
            let done = self.outlet.send(&read.flows).await?;
            self.backoff = BACKOFF.0;
            self.meters.done(self.shard, &done);
            let first: Vec<Vec<Span>> = read.flows.drain(..done.flows()).collect();
            self.lines.report(&self.outlet.shown(), &done, &first);
        }
        Ok(())
    }
}

impl Stopped {
    /// How long to wait: as long as the receiver asks, otherwise with exponential backoff.
    fn pause(&self, backoff: Duration) -> Duration {
        match self {
            Self::Receiver(Later {
                after: Some(after), ..
            }) => (*after).min(LEFT_ALONE),
            Self::Receiver(Later { after: None, .. }) | Self::Books(_) => backoff,
        }
    }
}

async fn load(db: &mut Db) -> Result<i64> {
    let rows = db.query("SELECT no FROM exported", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

async fn save(db: &mut Db, no: i64) -> Result<()> {
    let sql =
        "INSERT INTO exported (one, no) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET no = excluded.no";
    db.execute(sql, &[Arg::Int(no)]).await.map(|_| ())
}
