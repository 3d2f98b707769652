//! The paying process is killed between its steps.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join;
use tokio::time::{Instant, sleep, timeout};
use wallet_load::latency::rounded;

use super::verdict::{Accident, Seen, Verdict, Wait};
use super::{INTERRUPTED, OPENED};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Paid, Payment, System, total};

/// The observed accounts: payer, payee, the account that the payee pays one cent meanwhile, and two uninvolved ones.
const WATCHED: u32 = 5;
/// How long a reader waits for a response.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// Timeout until no payment is in progress any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// The polling interval.
const POLL: Duration = Duration::from_millis(50);

/// Kills the process at a point, observes who waits, recovers, and examines the result.
pub async fn run(
    kind: Kind,
    system: &dyn System,
    point: &str,
    first: u32,
    watch: Duration,
) -> Result<Verdict> {
    let accounts = first..first + WATCHED;
    let whole = OPENED * i64::from(WATCHED);
    system
        .kill_at(point, &Payment::new(first, first + 1, INTERRUPTED))
        .await?;
    let killed = Instant::now();
    let seen = match timeout(READ_WITHIN, system.balances(accounts.clone())).await {
        Ok(Ok(balances)) => Seen::of(&balances, whole),
        Ok(Err(_)) | Err(_) => Seen::default(),
    };

    let (same, others) = (Cell::new(None), Cell::new(None));
    let pay = async |payer, payee, took: &Cell<Option<Duration>>| {
        let asked = Instant::now();
        let paid = system.pay(&Payment::new(payer, payee, 1), &Stop::never()).await?;
        took.set(Some(asked.elapsed()));
        ensure!(paid == Paid::Settled, "an unrelated payment ended in {paid:?}");
        anyhow::Ok(())
    };
    let mut both = pin!(try_join(
        pay(first + 1, first + 2, &same),
        pay(first + 3, first + 4, &others)
    ));
    let watched = timeout(watch, &mut both).await;
    let blocked = (same.get().is_none(), others.get().is_none());
    match watched {
        Ok(paid) => {
            paid?;
            system.recover().await?;
        }
        Err(_) => {
            try_join(both, system.recover()).await?;
        }
    }

    let rest = killed + SETTLED_WITHIN;
    let balances = loop {
        let balances = system.balances(accounts.clone()).await?;
        let unsettled = balances
            .iter()
            .any(|balance| balance.held != 0 || balance.in_transit != 0);
        if !unsettled || Instant::now() > rest {
            break balances;
        }
        sleep(POLL).await;
    };
    let took = |cell: &Cell<Option<Duration>>| cell.get().context("it has ended");
    let money = total(&balances) - whole;
    let harmless = !blocked.0 && !blocked.1 && money == 0 && seen.off == 0 && seen.held == 0;
    Ok(Verdict {
        money,
        paid: balances[1].available + 1 - OPENED,
        due: INTERRUPTED,
        same_account: Some(Wait::new(blocked.0, took(&same)?)),
        others: Some(Wait::new(blocked.1, took(&others)?)),
        at_rest_ms: Some(rounded(killed.elapsed().as_secs_f64() * 1e3)),
        seen,
        remedy: if harmless { "nothing" } else { kind.remedy() },
        ..Verdict::new(kind, Accident::Killed, point)
    })
}
