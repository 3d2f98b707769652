//! Exports each flow that has ended as OpenTelemetry spans, behind a cursor in the ledger's own database.
//!
//! It goes through `record`, as the log did, and exports a flow when it meets what ended it: each at least once, in order, none
//! left out. A repeat is harmless, since span ids are the log's. It is never in the way of money: a task of its own reads a
//! little and then rests for longer, far longer while the books are busy; a receiver that is slow, away, or says no only makes
//! the cursor wait.
//!
//! Whoever works on a shard exports it.

mod meters;
mod read;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{info, warn};
use wallet_contract::shard::Shard;
use wallet_otlp::exporter::SPANS;
use wallet_otlp::{Exporter, Failed};
use wallet_runtime::db::{Arg, Db, Pool};
use wallet_runtime::program::Running;
use wallet_view::span;

use self::meters::Meters;
use self::read::Window;

/// How many records are read at once.
const WINDOW: i64 = 1_000;
/// Between two looks when there is nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// How long it rests, for each time that it worked: usually, and while the shard's books are busy.
const REST: (u32, u32) = (3, 19);
/// They are busy if they take in more requests and events than this in a second: then the machine is for money.
const BUSY: f64 = 5_000.0;
/// How often the cursor is written: what is exported behind it is exported again after a crash.
const SAVE: Duration = Duration::from_secs(5);
/// Between two tries to reach a receiver: at first, and at most.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// Exports, if the settings say where to; a setting that makes no sense is an error.
pub(crate) fn start(running: &Arc<Running>) -> anyhow::Result<()> {
    let Some(settings) = wish::settings(&running.settings.otlp)? else {
        return Ok(());
    };
    let exporter = Exporter::new(settings)?;
    info!("exporting each flow that has ended to {}", exporter.shown());
    let meters = Meters::new(&running.metrics);
    for (shard, pool) in &running.pools {
        meters.begin(*shard);
        let export = Export {
            running: running.clone(),
            shard: *shard,
            pool: pool.clone(),
            exporter: exporter.clone(),
            meters: meters.clone(),
            cursor: None,
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
    exporter: Exporter,
    meters: Meters,
    /// How far it has come, and how far the database knows that; nothing while another instance works.
    cursor: Option<(i64, i64)>,
    saved: Instant,
    /// When it was last looked how much the books had taken in, and how much that was.
    looked: (Instant, u64),
}

/// Why it could not go on.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("its books can't be read: {0}")]
    Books(#[from] sqlx::Error),
    #[error(transparent)]
    Receiver(#[from] Failed),
}

impl Export {
    async fn run(mut self) {
        let mut backoff = BACKOFF.0;
        loop {
            let board = self.running.board.read();
            if !board
                .get(&self.shard)
                .is_some_and(|(state, _)| state.is_working())
            {
                self.cursor = None;
                self.meters.clear(self.shard);
                sleep(IDLE).await;
                continue;
            }
            let began = Instant::now();
            let pause = match self.step().await {
                Ok(more) => {
                    backoff = BACKOFF.0;
                    let rest = began.elapsed() * if self.busy() { REST.1 } else { REST.0 };
                    if more { rest } else { rest.max(IDLE) }
                }
                Err(stopped) => {
                    self.meters.failed(self.shard);
                    let shard = self.shard;
                    warn!(%shard, "shard {shard}: flows wait to be exported, trying again in {backoff:?}: {stopped}");
                    let pause = backoff;
                    backoff = (backoff * 2).min(BACKOFF.1);
                    pause
                }
            };
            sleep(pause).await;
        }
    }

    /// Whether the shard's books have much to do, since the last time that this was asked.
    fn busy(&mut self) -> bool {
        let inputs = self.running.metrics.shard(self.shard).inputs.get();
        let (since, before) = std::mem::replace(&mut self.looked, (Instant::now(), inputs));
        let taken = u32::try_from(inputs.saturating_sub(before)).unwrap_or(u32::MAX);
        f64::from(taken) > BUSY * since.elapsed().as_secs_f64()
    }

    /// Exports what the next records have ended; whether there may be more.
    async fn step(&mut self) -> Result<bool, Stopped> {
        let mut db = self.pool.acquire().await?;
        let (cursor, known) = match self.cursor {
            Some(cursor) => cursor,
            None => load(&mut db).await.map(|cursor| (cursor, cursor))?,
        };
        let window = Window::behind(&mut db, self.shard.0, cursor, WINDOW).await?;
        // A connection is not kept while a receiver takes its time.
        drop(db);
        let now_us = (self.running.clock)().as_microsecond();
        self.meters.behind(self.shard, window.oldest_us, now_us);
        self.export(&window).await?;
        let end = window.end.unwrap_or(cursor);
        self.cursor = Some((end, known));
        if end != known && self.saved.elapsed() >= SAVE {
            save(&mut self.pool.acquire().await?, end).await?;
            self.cursor = Some((end, end));
            self.saved = Instant::now();
        }
        if !window.full {
            self.meters.behind(self.shard, None, now_us);
        }
        Ok(window.full)
    }

    async fn export(&self, window: &Window) -> Result<(), Failed> {
        let spans: Vec<_> = window.flows.iter().flat_map(span::of).collect();
        for some in spans.chunks(SPANS) {
            match self.exporter.send(some).await {
                Ok(sent) => {
                    self.meters.sent(self.shard, &sent);
                    if sent.rejected > 0 {
                        let (rejected, why) = (sent.rejected, sent.why);
                        warn!("{} does not want {rejected} spans: {why}", self.exporter.shown());
                    }
                }
                // It would never take them, and what is behind them must go on.
                Err(Failed::Refused(why)) => {
                    self.meters.refused(self.shard, some.len());
                    warn!("{} spans are not exported: {why}", some.len());
                }
                Err(again @ Failed::Again(_)) => return Err(again),
            }
        }
        Ok(())
    }
}

async fn load(db: &mut Db) -> sqlx::Result<i64> {
    let rows = db.query("SELECT no FROM exported", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

async fn save(db: &mut Db, no: i64) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO exported (one, no) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET no = excluded.no";
    db.execute(sql, &[Arg::Int(no)]).await.map(|_| ())
}
