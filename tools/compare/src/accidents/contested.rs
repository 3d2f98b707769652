//! Two callers spend the same last money concurrently.

use std::cell::Cell;

use anyhow::Result;
use futures_util::future::{join, try_join};

use super::OPENED;
use super::verdict::{Accident, Seen, Verdict};
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Payment, System, total};

/// The number of attempts, each with another account.
const TRIES: u32 = 10;

/// Runs it on accounts from `first` on: each of the first ones pays all it has to two others concurrently.
pub async fn run(kind: Kind, system: &dyn System, first: u32) -> Result<Verdict> {
    let lowest = Cell::new(0);
    let one = async |number: u32| {
        let payer = first + 3 * number;
        let done = Cell::new(false);
        let spend = async |payee| {
            system
                .pay(&Payment::new(payer, payee, OPENED), &Stop::never())
                .await
        };
        let both = async {
            let (one, other) = join(spend(payer + 1), spend(payer + 2)).await;
            done.set(true);
            anyhow::Ok([one?, other?])
        };
        let read = async {
            while !done.get() {
                let seen = system.balances(payer..payer + 1).await?;
                let least = seen.iter().map(|balance| balance.available).min().unwrap_or(0);
                lowest.set(lowest.get().min(least));
            }
            anyhow::Ok(())
        };
        try_join(both, read).await
    };
    for number in 0..TRIES {
        one(number).await?;
    }
    let balances = system.balances(first..first + 3 * TRIES).await?;
    let paid = (0..TRIES as usize).map(|number| {
        let payees = &balances[3 * number + 1..=3 * number + 2];
        total(payees) - 2 * OPENED
    });
    let whole = 3 * OPENED * i64::from(TRIES);
    Ok(Verdict {
        money: total(&balances) - whole,
        paid: paid.sum(),
        due: OPENED * i64::from(TRIES),
        seen: Seen {
            below_zero: lowest.get(),
            ..Seen::of(&balances, whole)
        },
        ..Verdict::new(kind, Accident::Contested, "an account's last money")
    })
}
