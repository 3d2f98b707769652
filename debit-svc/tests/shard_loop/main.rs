//! The real loop and the real database on a log in memory, under clocks that jump. A reservation expires once, when its time is
//! up by the log's clock, whatever the service's own clock does and whether or not the service was running at that time, and
//! never before a confirm that was in time is heard. Also: messages that the loop reads and this service ignores.

mod log;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use debit_svc::Tables;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wallet_contract::envelope;
use wallet_contract::event::{AccountFact, Cause, Event, Fact, Kind, Origin, Overdraft, Source};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb, envelopes};
use wallet_contract::trace::TraceId;
use wallet_db::sql_store::SqlStore;
use wallet_db::{Db, Pool, Target};
use wallet_engine::shard_loop::{self, Context, Limits};
use wallet_engine::status::Board;
use wallet_kernel::Place;

use log::Log;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_700_000_000 * SECOND;
/// How long to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for two checks of what is due, with a margin.
const LOOKS: Duration = Duration::from_millis(800);
thread_local! {
    /// The log's clock, in microseconds since 1970. Each test runs on one thread.
    static NOW: Cell<i64> = const { Cell::new(START) };
    /// How far the service's clock is ahead of the log's.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    Timestamp::from_microsecond(NOW.get() + AHEAD.get()).unwrap_or_default()
}

/// Advances the log's clock.
fn pass(by: i64) {
    NOW.set(NOW.get() + by);
}

/// Sets the service's clock forward or back.
fn turn(by: i64) {
    AHEAD.set(AHEAD.get() + by);
}

/// debit-svc's loop, run as the program runs it.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn open(dir: &TempDir) -> Result<Pool> {
    let url = format!("sqlite://{}/debit-{{shard}}.db", dir.path().display());
    let migrations = <Tables as wallet_db::sql_store::Tables>::MIGRATIONS;
    Ok(Target::new(&url, Shard(0)).open(migrations).await?)
}

async fn start(dir: &TempDir, log: &Log) -> Result<Running> {
    let place = Place {
        shard: Shard(0),
        shards: Shards::new(1)?,
    };
    let store = SqlStore::<Tables>::new(open(dir).await?, place, "test".to_owned(), ());
    let stop = CancellationToken::new();
    let context = Context {
        service: Service::Debit,
        place,
        bus: log.clone(),
        clock,
        board: Board::default(),
        meter: Box::new(()),
        stop: stop.clone(),
        instance: "test".to_owned(),
        limits: Limits::default(),
        copies: Arc::default(),
    };
    let task = tokio::spawn(shard_loop::run(store, context));
    Ok(Running { stop, task })
}

impl Running {
    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

/// Stores an empty envelope of the ledger's, which says nothing to debit-svc.
fn store_nothing(log: &Log) {
    let subject = envelopes(Shard(0), Service::Ledger, Shard(0));
    log.store(subject, Bytes::from_static(b"[]"));
}

/// Stores what credit-svc would have said: alice is open, with an overdraft limit of 10.00 USD.
fn open_alice(log: &Log) -> Result<()> {
    let id = EventId("01900000-0000-7000-8000-00000000000a".parse()?);
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::started_by(id),
    };
    let source = Source {
        service: Service::Credit,
        shard: Shard(0),
    };
    let opened = Fact::Account(
        "alice".parse()?,
        AccountFact::AccountOpened("USD".parse()?, Overdraft::Limit(1_000)),
    );
    let origin = Origin {
        source,
        place: LogPlace::START,
        time: clock(),
        work_us: 0,
    };
    let event = envelope::write(&Event::new(opened, cause, origin));
    let subject = envelopes(Shard(0), Service::Credit, Shard(0));
    log.store(subject, envelope::join([event.as_str()]).into());
    Ok(())
}

fn send(log: &Log, verb: Verb, body: &'static str) -> Result<()> {
    log.store(
        verb.subject(Shard(0), &"alice".parse()?),
        Bytes::from_static(body.as_bytes()),
    );
    Ok(())
}

const HELD: Kind = Kind::FundsReserved;
const RELEASED: Kind = Kind::ReservationReleased;
const DEFERRED: Kind = Kind::ConfirmationDeferred;
const REFUSED: Kind = Kind::RequestRefused;

const ONE: &str = r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"1.00","currency":"USD","expires_in":10}"#;
const TWO: &str = r#"{"id":"01900000-0000-7000-8000-000000000002","to":"bob","amount":"2.00","currency":"USD","expires_in":20}"#;
const CONFIRM_ONE: &str = r#"{"id":"01900000-0000-7000-8000-000000000001"}"#;

#[tokio::test]
async fn a_reservation_expires_once_whatever_the_clock_does() -> Result<()> {
    let (dir, log) = (TempDir::new()?, Log::default());
    open_alice(&log)?;
    let running = start(&dir, &log).await?;
    send(&log, Verb::Reserve, ONE)?;
    send(&log, Verb::Reserve, TWO)?;
    log.expect_events(&[HELD, HELD]).await?;
    turn(3600 * SECOND);
    log.expect_no_more("its own clock is ahead").await?;
    turn(-3600 * SECOND);
    pass(10 * SECOND - 1);
    log.expect_no_more("a microsecond is left of the first").await?;
    pass(1);
    log.expect_events(&[HELD, HELD, RELEASED]).await?;
    turn(-3600 * SECOND);
    send(&log, Verb::Confirm, CONFIRM_ONE)?;
    log.expect_events(&[HELD, HELD, RELEASED, REFUSED]).await?;
    pass(3600 * SECOND);
    turn(3600 * SECOND - 1);
    log.expect_events(&[HELD, HELD, RELEASED, REFUSED, RELEASED])
        .await?;
    pass(24 * 3600 * SECOND);
    log.expect_no_more("nothing expires twice").await?;
    running.stop().await
}

#[tokio::test]
async fn after_a_restart_requests_that_were_in_time_precede_the_expiry() -> Result<()> {
    let (dir, log) = (TempDir::new()?, Log::default());
    open_alice(&log)?;
    let running = start(&dir, &log).await?;
    send(&log, Verb::Reserve, ONE)?;
    send(&log, Verb::Reserve, TWO)?;
    log.expect_events(&[HELD, HELD]).await?;
    running.stop().await?;
    pass(10 * SECOND - 1);
    send(&log, Verb::Confirm, CONFIRM_ONE)?;
    pass(60 * SECOND);
    let running = start(&dir, &log).await?;
    log.expect_events(&[HELD, HELD, DEFERRED, RELEASED]).await?;
    running.stop().await
}

#[tokio::test]
async fn nothing_expires_before_the_log_is_read_up_to_its_deadline() -> Result<()> {
    let (dir, log) = (TempDir::new()?, Log::default());
    open_alice(&log)?;
    let running = start(&dir, &log).await?;
    send(&log, Verb::Reserve, ONE)?;
    send(&log, Verb::Reserve, TWO)?;
    log.expect_events(&[HELD, HELD]).await?;
    let heard = log.messages().len();
    log.deliver_up_to(heard);
    send(&log, Verb::Confirm, CONFIRM_ONE)?;
    pass(25 * SECOND);
    log.expect_no_more("it is not known what comes next").await?;
    // Stored when both reservations were due, and not the last message in the log.
    store_nothing(&log);
    store_nothing(&log);
    log.deliver_up_to(heard + 2);
    log.expect_events(&[HELD, HELD, DEFERRED, RELEASED]).await?;
    log.deliver_up_to(usize::MAX);
    running.stop().await
}

/// The position in the database; 0 before the first tenure.
async fn stored(db: &mut Db) -> Result<i64> {
    let rows = db.query("SELECT position FROM progress", &[]).await?;
    Ok(rows.first().map_or(Ok(0), |row| row.int(0))?)
}

#[tokio::test]
async fn ignored_messages_are_not_committed_but_advance_the_position() -> Result<()> {
    // After the loop's own, the opening of its tenure.
    const MESSAGES: i64 = 61;
    let (dir, log) = (TempDir::new()?, Log::default());
    let running = start(&dir, &log).await?;
    let mut db = open(&dir).await?.acquire().await?;
    let mut positions = BTreeSet::new();
    for _ in 1..MESSAGES {
        store_nothing(&log);
        tokio::time::sleep(Duration::from_millis(10)).await;
        positions.insert(stored(&mut db).await?);
    }
    ensure!(
        positions.len() < 20,
        "{} commits or more for {MESSAGES} messages that say nothing",
        positions.len() - 1
    );
    tokio::time::sleep(LOOKS).await;
    assert_eq!(stored(&mut db).await?, MESSAGES, "written when the loop looks");
    store_nothing(&log);
    running.stop().await?;
    let left = stored(&mut db).await?;
    ensure!(left >= MESSAGES, "and when it stops: {left}");
    Ok(())
}
