//! What each system does when something breaks, on real servers: theirs and ours.

use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;
use wallet_client::Sharing;
use wallet_compare::accidents::verdict::{Accident, Verdict, Wait};
use wallet_compare::accidents::{self, INTERRUPTED, OPENED};
use wallet_compare::kind::Kind;
use wallet_compare::program::{Programs, Setting, redis_server};
use wallet_compare::stop::Stop;
use wallet_compare::system::{Paid, Payment, System};
use wallet_compare::systems::redis_one_slot::RedisOneSlot;
use wallet_contract::shard::Shards;
use wallet_terminal::signals::Signals;

/// How long to observe who waits.
const WATCH: Duration = Duration::from_secs(2);
/// The least time for which the scanner of a protocol written by hand leaves a hold alone.
const SCANNER_MS: f64 = 4_000.0;

fn programs() -> Programs {
    Programs {
        own: env!("CARGO_BIN_EXE_wallet-compare").into(),
        services: std::env::var_os("WALLET_PROGRAMS").map(Into::into),
        setting: Setting {
            shards: Shards::new(2).expect("two shards can be"),
            sharing: Sharing::Nothing,
        },
    }
}

async fn verdicts(kind: Kind) -> Result<Vec<Verdict>> {
    let mut signals = Signals::new()?;
    let verdicts = kind
        .with(&programs(), &mut signals, async |system| {
            accidents::all(kind, system, WATCH).await
        })
        .await?;
    println!("{}", accidents::table::text(&verdicts));
    assert_eq!(verdicts.len(), kind.points().len() + 3);
    Ok(verdicts)
}

fn of(verdicts: &[Verdict], accident: Accident) -> &Verdict {
    verdicts
        .iter()
        .find(|verdict| verdict.accident == accident)
        .expect("each accident has happened")
}

fn killed<'v>(verdicts: &'v [Verdict], point: &str) -> &'v Verdict {
    let mut killed = verdicts
        .iter()
        .filter(|verdict| verdict.accident == Accident::Killed);
    killed
        .find(|verdict| verdict.to == point)
        .expect("each point was reached")
}

/// Nothing appeared or vanished, repeats changed nothing, the last money was spent once, and callers were told the truth.
fn is_correct(verdicts: &[Verdict]) {
    for verdict in verdicts {
        assert_eq!(verdict.money, 0, "{verdict:?}");
    }
    assert_eq!(of(verdicts, Accident::Restarted).paid, 0, "accounts differ");
    for accident in [Accident::Twice, Accident::Contested] {
        let verdict = of(verdicts, accident);
        assert_eq!(verdict.paid, verdict.due, "{verdict:?}");
        assert_eq!(verdict.seen.below_zero, 0, "{verdict:?}");
    }
}

/// How long a payment waited that shares an account with the harmed one.
fn neighbour(verdict: &Verdict) -> Wait {
    verdict.same_account.expect("it was watched")
}

fn blocks_nobody(verdict: &Verdict) {
    let waits = [verdict.same_account, verdict.others];
    assert!(
        waits.iter().flatten().all(|wait| !wait.is_blocked()),
        "{verdict:?}"
    );
}

/// Without a redis-server (`make tools`), its tests are skipped.
fn has_redis() -> bool {
    redis_server()
        .inspect_err(|error| println!("skipped: {error}"))
        .is_ok()
}

#[tokio::test]
async fn redis_cluster_loses_money_and_pays_twice() -> Result<()> {
    if !has_redis() {
        return Ok(());
    }
    let verdicts = verdicts(Kind::RedisCluster).await?;
    let lost = killed(&verdicts, "debited");
    assert_eq!(
        (lost.money, lost.paid, lost.seen.off),
        (-INTERRUPTED, 0, -INTERRUPTED),
        "{lost:?}"
    );
    blocks_nobody(lost);
    let unanswered = killed(&verdicts, "credited, reply lost");
    assert_eq!((unanswered.money, unanswered.paid), (0, INTERRUPTED));
    let twice = of(&verdicts, Accident::Twice);
    assert_eq!((twice.money, twice.paid), (0, 2 * twice.due));
    let contested = of(&verdicts, Accident::Contested);
    assert_eq!((contested.money, contested.paid), (0, contested.due));
    assert!(of(&verdicts, Accident::Restarted).in_doubt > 0);
    Ok(())
}

#[tokio::test]
async fn redis_in_one_slot_is_correct_and_can_not_span_slots() -> Result<()> {
    if !has_redis() {
        return Ok(());
    }
    let verdicts = verdicts(Kind::RedisOneSlot).await?;
    is_correct(&verdicts);
    blocks_nobody(killed(&verdicts, "paid, reply lost"));
    let system = RedisOneSlot::start(programs()).await?;
    let refused = system.across_slots().await.unwrap_err();
    assert!(
        format!("{refused:#}").to_uppercase().contains("SLOT"),
        "{refused:#}"
    );
    Ok(())
}

#[tokio::test]
async fn one_database_is_correct() -> Result<()> {
    let verdicts = verdicts(Kind::OneDatabase).await?;
    is_correct(&verdicts);
    let unanswered = killed(&verdicts, "paid, reply lost");
    assert_eq!((unanswered.paid, unanswered.seen.off), (INTERRUPTED, 0));
    blocks_nobody(unanswered);
    Ok(())
}

#[tokio::test]
async fn two_phase_commit_is_correct_and_blocks() -> Result<()> {
    let verdicts = verdicts(Kind::TwoPhaseCommit).await?;
    is_correct(&verdicts);
    let locked = killed(&verdicts, "locked");
    assert_eq!(locked.paid, 0);
    blocks_nobody(locked);
    for (point, paid) in [
        ("prepared", 0),
        ("decided", INTERRUPTED),
        ("half committed", INTERRUPTED),
    ] {
        let verdict = killed(&verdicts, point);
        assert_eq!(verdict.paid, paid, "{verdict:?}");
        assert!(neighbour(verdict).is_blocked(), "{verdict:?}");
        assert!(neighbour(verdict).ms() >= WATCH.as_secs_f64() * 1e3);
        assert!(!verdict.others.unwrap().is_blocked(), "{verdict:?}");
    }
    assert_eq!(
        killed(&verdicts, "half committed").seen.off,
        -INTERRUPTED,
        "a reader sees half of it"
    );
    Ok(())
}

#[tokio::test]
async fn two_phase_locks_survive_a_restart_of_postgresql() -> Result<()> {
    let (kind, mut signals) = (Kind::TwoPhaseCommit, Signals::new()?);
    let body = async |system: &dyn System| {
        system.open(0..4, OPENED).await?;
        system
            .kill_at("prepared", &Payment::new(0, 1, INTERRUPTED))
            .await?;
        system.kill_node().await?;
        system.start_node().await?;
        let (unrelated, never) = (Payment::new(1, 3, 1), Stop::never());
        assert!(
            timeout(WATCH, system.pay(&unrelated, &never)).await.is_err(),
            "it is not locked"
        );
        system.recover().await?;
        assert_eq!(system.pay(&unrelated, &never).await?, Paid::Settled);
        Ok(())
    };
    kind.with(&programs(), &mut signals, body).await
}

#[tokio::test]
async fn tcc_by_hand_is_correct_once_its_scanner_has_run() -> Result<()> {
    let verdicts = verdicts(Kind::TccByHand).await?;
    is_correct(&verdicts);
    let tried = killed(&verdicts, "tried");
    assert_eq!(
        (tried.seen.held, tried.seen.off, tried.paid),
        (INTERRUPTED, 0, 0),
        "{tried:?}"
    );
    let received = killed(&verdicts, "received");
    assert_eq!(
        (received.seen.off, received.paid),
        (INTERRUPTED, INTERRUPTED),
        "a reader sees it twice"
    );
    for verdict in [tried, received] {
        blocks_nobody(verdict);
        assert!(verdict.at_rest_ms.unwrap() >= SCANNER_MS, "{verdict:?}");
    }
    Ok(())
}

async fn ours(kind: Kind) -> Result<()> {
    let verdicts = verdicts(kind).await?;
    is_correct(&verdicts);
    for point in kind.points() {
        let verdict = killed(&verdicts, point);
        assert_eq!((verdict.paid, verdict.seen.off), (INTERRUPTED, 0), "{verdict:?}");
        // There is one instance of each service here: with it dead, everybody waits until it is restarted, or a stand-by takes
        // over.
        assert!(neighbour(verdict).is_blocked(), "{verdict:?}");
    }
    assert_eq!(killed(&verdicts, "debited").seen.in_transit, INTERRUPTED);
    Ok(())
}

#[tokio::test]
async fn the_wallet_on_sqlite_is_correct_and_waits_for_its_services() -> Result<()> {
    ours(Kind::Wallet).await
}

#[tokio::test]
async fn the_wallet_on_postgresql_is_correct_and_waits_for_its_services() -> Result<()> {
    ours(Kind::WalletPostgres).await
}
