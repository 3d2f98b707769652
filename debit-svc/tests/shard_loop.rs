//! The real loop and the real database on a log in memory, under a clock that jumps: a reservation expires when its time is up,
//! once, whatever the clock does before and behind it, and whether or not the service was running then. And what the loop reads
//! that says nothing to the service.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use debit_svc::Tables;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wallet_contract::decider::Place;
use wallet_contract::envelope;
use wallet_contract::event::{Cause, Event, Fact, Overdraft, Source};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb, envelopes};
use wallet_contract::trace::TraceId;
use wallet_runtime::bus::{self, Bus, Message, Notice, Reader};
use wallet_runtime::db::{Db, Pool, Target};
use wallet_runtime::metrics::Metrics;
use wallet_runtime::shard_loop::{self, Context};
use wallet_runtime::sql_store::SqlStore;
use wallet_runtime::status::Board;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_700_000_000 * SECOND;
/// The clock of this test; it shows microseconds since 1970.
static NOW: AtomicI64 = AtomicI64::new(START);

fn clock() -> Timestamp {
    Timestamp::from_microsecond(NOW.load(Ordering::SeqCst)).unwrap_or_default()
}

/// Turns the clock, and gives the loop time to look at it a few times.
async fn turn(by: i64) {
    NOW.fetch_add(by, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(800)).await;
}

/// One shard's log in memory.
#[derive(Clone, Debug, Default)]
struct Log(Arc<(Mutex<Vec<Message>>, Notify)>);

impl Log {
    fn messages(&self) -> Vec<Message> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores a message under the log's own time, which stands still.
    fn store(&self, subject: String, payload: Bytes) {
        let mut messages = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = messages.len() as u64 + 1;
        messages.push(Message {
            subject,
            payload,
            sequence,
            at_us: START,
            traceparent: None,
            event_id: None,
            committed_us: None,
        });
        self.0.1.notify_waiters();
    }

    /// The kinds of debit-svc's events, in their order.
    fn said(&self) -> Vec<String> {
        let messages = self.messages();
        let ours = messages
            .iter()
            .filter(|message| message.subject == envelopes(Shard(0), Service::Debit));
        let events = ours.flat_map(|message| envelope::split(&message.payload).unwrap_or_default());
        let kinds = events
            .filter_map(|json| envelope::read(json).ok())
            .map(|event| event.fact.kind().to_owned());
        kinds.collect()
    }
}

struct LogReader {
    log: Log,
    position: usize,
}

impl Reader for LogReader {
    async fn take(&mut self, _max_weight: usize) -> Result<Vec<Message>, bus::Error> {
        loop {
            let stored = self.log.0.1.notified();
            let messages = self.log.messages().split_off(self.position);
            if !messages.is_empty() {
                self.position += messages.len();
                return Ok(messages);
            }
            stored.await;
        }
    }
}

impl Bus for Log {
    type Reader = LogReader;

    async fn ready(&self, _shard: Shard, _known: bus::Known) -> Result<(), bus::Error> {
        Ok(())
    }

    async fn check(&self, _shard: Shard, _whole_from: u64) -> Result<(), bus::Error> {
        Ok(())
    }

    async fn read(&self, _shard: Shard, position: u64) -> Result<LogReader, bus::Error> {
        Ok(LogReader {
            log: self.clone(),
            position: usize::try_from(position).unwrap_or(usize::MAX),
        })
    }

    async fn publish(
        &self,
        subject: String,
        payload: Bytes,
        _committed: Option<Timestamp>,
    ) -> Result<(), bus::Error> {
        self.store(subject, payload);
        Ok(())
    }

    async fn tell(&self, _notice: Notice) -> Result<(), bus::Error> {
        Ok(())
    }
}

/// debit-svc's loop, as the program runs it.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn open(dir: &TempDir) -> Result<Pool> {
    let url = format!("sqlite://{}/debit-{{shard}}.db", dir.path().display());
    let migrations = <Tables as wallet_runtime::sql_store::Tables>::MIGRATIONS;
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
        metrics: Metrics::new("debit-svc").shard(place.shard),
        stop: stop.clone(),
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

/// What credit-svc says before: alice is open, and may go 10.00 USD below zero.
fn open_alice(log: &Log) -> Result<()> {
    let id = EventId("01900000-0000-7000-8000-00000000000a".parse()?);
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::begun_by(id),
    };
    let source = Source {
        service: Service::Credit,
        shard: Shard(0),
    };
    let opened = Fact::AccountOpened("alice".parse()?, "USD".parse()?, Overdraft::Limit(1_000));
    let event = envelope::write(&Event::new(opened, cause, source, clock(), 0));
    let subject = envelopes(Shard(0), Service::Credit);
    log.store(subject, envelope::join([event.as_str()]).into());
    Ok(())
}

fn ask(log: &Log, verb: Verb, body: &'static str) -> Result<()> {
    log.store(
        verb.subject(Shard(0), &"alice".parse()?),
        Bytes::from_static(body.as_bytes()),
    );
    Ok(())
}

#[tokio::test]
async fn a_reservation_expires_once_whatever_the_clock_does() -> Result<()> {
    const ONE: &str = r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"1.00","currency":"USD","expires_in":10}"#;
    const TWO: &str = r#"{"id":"01900000-0000-7000-8000-000000000002","to":"bob","amount":"2.00","currency":"USD","expires_in":20}"#;
    const CONFIRM_ONE: &str = r#"{"id":"01900000-0000-7000-8000-000000000001"}"#;
    let (dir, log) = (TempDir::new()?, Log::default());
    open_alice(&log)?;
    let running = start(&dir, &log).await?;
    ask(&log, Verb::Reserve, ONE)?;
    ask(&log, Verb::Reserve, TWO)?;
    turn(0).await;
    let (held, released) = ("wallet.funds.reserved.v1", "wallet.reservation.released.v1");
    assert_eq!(log.said(), [held, held], "both are held");
    turn(-3600 * SECOND).await;
    assert_eq!(log.said().len(), 2, "an hour back changes nothing");
    turn(3600 * SECOND + 10 * SECOND - 1).await;
    assert_eq!(log.said().len(), 2, "a microsecond is left of the first");
    turn(1).await;
    assert_eq!(log.said(), [held, held, released], "the time of the first is up");
    turn(-3600 * SECOND).await;
    ask(&log, Verb::Confirm, CONFIRM_ONE)?;
    turn(0).await;
    assert_eq!(
        log.said().last().map(String::as_str),
        Some("wallet.request.refused.v1"),
        "it stays released"
    );

    running.stop().await?;
    NOW.fetch_add(2 * 3600 * SECOND, Ordering::SeqCst);
    let running = start(&dir, &log).await?;
    turn(0).await;
    let kinds = log.said();
    assert_eq!(
        kinds.last().map(String::as_str),
        Some(released),
        "the second ran out while nobody was there"
    );
    turn(24 * 3600 * SECOND).await;
    ensure!(log.said() == kinds, "and nothing expires twice: {:?}", log.said());
    running.stop().await
}

/// The position in the database.
async fn stored(db: &mut Db) -> Result<i64> {
    let rows = db.query("SELECT position FROM progress", &[]).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(row.int(0)?)
}

#[tokio::test]
async fn what_says_nothing_is_no_commit_and_its_place_is_kept() -> Result<()> {
    const MESSAGES: i64 = 60;
    let (dir, log) = (TempDir::new()?, Log::default());
    let of_the_ledger = || log.store(envelopes(Shard(0), Service::Ledger), Bytes::from_static(b"[]"));
    let running = start(&dir, &log).await?;
    let mut db = open(&dir).await?.acquire().await?;
    let mut positions = BTreeSet::new();
    for _ in 0..MESSAGES {
        of_the_ledger();
        tokio::time::sleep(Duration::from_millis(10)).await;
        positions.insert(stored(&mut db).await?);
    }
    ensure!(
        positions.len() < 20,
        "{} commits or more for {MESSAGES} messages that say nothing",
        positions.len() - 1
    );
    turn(0).await;
    assert_eq!(stored(&mut db).await?, MESSAGES, "written when the loop looks");
    of_the_ledger();
    running.stop().await?;
    let left = stored(&mut db).await?;
    ensure!(left >= MESSAGES, "and when it stops: {left}");
    Ok(())
}
