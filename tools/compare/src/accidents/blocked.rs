//! How many payments wait while one is half done: callers continue to pay, and one after the other runs into the locked account.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use wallet_load::latency::rounded;
use wallet_load::{Callers, Pair};

use super::{INTERRUPTED, OPENED};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Paid, Payment, System};

/// Far from the accounts of all other accidents.
const FIRST: u32 = 5_000;
/// The number of accounts and of callers.
const ACCOUNTS: u32 = 20;
const CALLERS: u32 = 16;
/// A payment that takes longer than this is counted as waiting.
const LONG: Duration = Duration::from_millis(500);
/// The sampling interval.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);
/// How long callers pay before the accident, and after it has been resolved.
const QUIET: Duration = Duration::from_secs(1);

/// The observations over time.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The system's name.
    pub system: &'static str,
    /// When the paying process was killed, in seconds from the start.
    pub killed_s: f64,
    /// When the accident was resolved.
    pub mended_s: f64,
    /// Seconds from the start, and the number of waiting payments.
    pub waiting: Vec<(f64, u32)>,
}

/// Kills a paying process at the point where most is blocked, and observes until after the recovery, which begins after `watch`.
pub async fn run(kind: Kind, system: &dyn System, watch: Duration) -> Result<Waiting> {
    system.open(FIRST..FIRST + ACCOUNTS, OPENED * 100).await?;
    let point = match kind {
        Kind::TwoPhaseCommit => "prepared",
        Kind::RedisCluster
        | Kind::RedisOneSlot
        | Kind::OneDatabase
        | Kind::TccByHand
        | Kind::Wallet
        | Kind::WalletPostgres => kind.points()[0],
    };
    let since = RefCell::new(Vec::<Instant>::new());
    let load = Callers {
        callers: CALLERS,
        accounts: ACCOUNTS,
        hot_percent: 0,
        lasting: QUIET + watch + QUIET,
        seed: 1,
    };
    let done = Cell::new(false);
    let paying = async {
        let run = load.run(async |Pair { payer, payee, .. }| {
            let asked = Instant::now();
            since.borrow_mut().push(asked);
            let payment = Payment::new(FIRST + u32::try_from(payer)?, FIRST + u32::try_from(payee)?, 1);
            let paid = system.pay(&payment, &Stop::never()).await?;
            ensure!(paid == Paid::Settled, "a payment ended in {paid:?}");
            let mut since = since.borrow_mut();
            if let Some(index) = since.iter().position(|began| *began == asked) {
                since.swap_remove(index);
            }
            Ok(())
        });
        let run = run.await;
        done.set(true);
        run.map(|_| ())
    };
    let began = Instant::now();
    let at = || rounded(began.elapsed().as_secs_f64());
    let breaking = async {
        sleep(QUIET).await;
        system
            .kill_at(point, &Payment::new(FIRST, FIRST + 1, INTERRUPTED))
            .await?;
        let killed = at();
        sleep(watch).await;
        system.recover().await?;
        Ok((killed, at()))
    };
    let mut waiting = Vec::new();
    let sampling = async {
        while !done.get() {
            let long = since
                .borrow()
                .iter()
                .filter(|asked| asked.elapsed() > LONG)
                .count();
            waiting.push((at(), u32::try_from(long)?));
            sleep(SAMPLE_EVERY).await;
        }
        Ok(())
    };
    let ((), (killed_s, mended_s), ()) = tokio::try_join!(paying, breaking, sampling)?;
    Ok(Waiting {
        system: kind.name(),
        killed_s,
        mended_s,
        waiting,
    })
}
