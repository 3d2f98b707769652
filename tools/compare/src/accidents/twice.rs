//! The same request arrives twice: sequentially, as from a client without a response, and concurrently.

use anyhow::Result;
use futures_util::future::join;

use super::verdict::{Accident, Seen, Verdict};
use super::{INTERRUPTED, OPENED};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Payment, System, total};

/// Runs it on four accounts from `first` on.
pub async fn run(kind: Kind, system: &dyn System, first: u32) -> Result<Verdict> {
    let never = Stop::never();
    let later = Payment::new(first, first + 1, INTERRUPTED);
    system.pay(&later, &never).await?;
    system.pay(&later, &never).await?;
    let at_once = Payment::new(first + 2, first + 3, INTERRUPTED);
    let (one, other) = join(system.pay(&at_once, &never), system.pay(&at_once, &never)).await;
    one.or(other)?;
    let balances = system.balances(first..first + 4).await?;
    let whole = 4 * OPENED;
    Ok(Verdict {
        money: total(&balances) - whole,
        paid: balances[1].available + balances[3].available - 2 * OPENED,
        due: 2 * INTERRUPTED,
        seen: Seen::of(&balances, whole),
        remedy: if kind == Kind::RedisCluster {
            "record the ids of all payments yourself"
        } else {
            "nothing"
        },
        ..Verdict::new(kind, Accident::Twice, "a request")
    })
}
