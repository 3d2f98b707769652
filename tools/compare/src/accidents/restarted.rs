//! A database or node is killed and restarted while callers pay.
//!
//! A caller without a response asks again under the same id until there is one, as any client does. The responses determine what
//! each account must have in the end.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};
use wallet_load::{Callers, Pair};

use super::verdict::{Accident, Seen, Verdict, Wait};
use super::{ACCOUNTS, OPENED};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Paid, Payment, System, total};

/// The number of callers, and for how long they start payments.
const CALLERS: u32 = 8;
const LASTING: Duration = Duration::from_secs(4);
/// When the node is killed, and how long it stays down.
const KILLED_AFTER: Duration = Duration::from_millis(500);
const DEAD_FOR: Duration = Duration::from_secs(1);
/// How long a caller asks again.
const RETRY_FOR: Duration = Duration::from_mins(1);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs it on accounts from `first` on.
pub async fn run(kind: Kind, system: &dyn System, first: u32) -> Result<Verdict> {
    let (expected, lost_replies, longest) = (
        RefCell::new(vec![OPENED; ACCOUNTS as usize]),
        Cell::new(0_u64),
        Cell::new(Duration::ZERO),
    );
    let load = Callers {
        callers: CALLERS,
        accounts: ACCOUNTS,
        hot_percent: 0,
        lasting: LASTING,
        seed: 1,
    };
    let paying = load.run(async |Pair { payer, payee, cents }| {
        let (asked, cents) = (Instant::now(), i64::try_from(cents)?);
        let payment = Payment::new(
            first + u32::try_from(payer)?,
            first + u32::try_from(payee)?,
            cents,
        );
        let paid = pay_with_retries(system, &payment, &lost_replies).await?;
        if paid != Paid::Refused {
            expected.borrow_mut()[payer] -= cents;
            expected.borrow_mut()[payee] += cents;
        }
        longest.set(longest.get().max(asked.elapsed()));
        Ok(())
    });
    let breaking = async {
        sleep(KILLED_AFTER).await;
        let what = system.kill_node().await?;
        sleep(DEAD_FOR).await;
        system.start_node().await?;
        Ok(what)
    };
    let (_, what) = futures_util::future::try_join(paying, breaking).await?;
    let balances = system.balances(first..first + ACCOUNTS).await?;
    let whole = OPENED * i64::from(ACCOUNTS);
    let expected = expected.into_inner();
    let pairs = balances.iter().zip(&expected);
    let wrong: i64 = pairs
        .map(|(found, expected)| (found.sum() - expected).abs())
        .sum();
    Ok(Verdict {
        money: total(&balances) - whole,
        paid: wrong,
        in_doubt: lost_replies.get(),
        same_account: Some(Wait::new(false, longest.get())),
        seen: Seen::of(&balances, whole),
        remedy: if kind == Kind::RedisCluster {
            kind.remedy()
        } else {
            "restart it"
        },
        ..Verdict::new(kind, Accident::Restarted, what)
    })
}

/// Asks until there is a response.
async fn pay_with_retries(system: &dyn System, payment: &Payment, lost_replies: &Cell<u64>) -> Result<Paid> {
    let deadline = Instant::now() + RETRY_FOR;
    loop {
        match system.pay(payment, &Stop::never()).await {
            Ok(paid) => return Ok(paid),
            Err(error) if Instant::now() > deadline => bail!("no outcome within {RETRY_FOR:?}: {error:#}"),
            Err(_) => lost_replies.set(lost_replies.get() + 1),
        }
        sleep(PAUSE).await;
    }
}
