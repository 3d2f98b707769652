//! Independent callers: each makes one payment, waits until it has ended, and makes the next.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::{Latency, Pair, Random};

/// The number of callers and accounts, and the duration.
#[derive(Clone, Copy, Debug)]
pub struct Callers {
    /// How many callers pay concurrently.
    pub callers: u32,
    /// The number of accounts.
    pub accounts: u32,
    /// The percentage of payments that touch the first account.
    pub hot_percent: u8,
    /// No payment begins after this long.
    pub lasting: Duration,
    /// The seed for the choice of accounts and amounts.
    pub seed: u64,
}

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// From the start of the first payment to the end of the last one.
    pub seconds: f64,
    /// From the start of a payment until its caller learned that it had ended.
    pub latency: Latency,
}

impl Callers {
    /// Runs the callers. The first payment that fails ends the run.
    pub async fn run(&self, pay: impl AsyncFn(Pair) -> Result<()>) -> Result<Run> {
        let latency = RefCell::new(Latency::new()?);
        let began = Instant::now();
        let one = async |number: u32| {
            let mut random = Random(self.seed ^ (u64::from(number) << 32));
            while began.elapsed() < self.lasting {
                let pair = random.pair(u64::from(self.accounts), u64::from(self.hot_percent));
                let asked = Instant::now();
                pay(pair).await?;
                latency.borrow_mut().record(asked.elapsed());
            }
            anyhow::Ok(())
        };
        try_join_all((0..self.callers).map(one)).await?;
        Ok(Run {
            seconds: began.elapsed().as_secs_f64(),
            latency: latency.into_inner(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::bail;
    use tokio::time::sleep;

    use super::*;

    const FOUR: Callers = Callers {
        callers: 4,
        accounts: 10,
        hot_percent: 0,
        lasting: Duration::from_millis(50),
        seed: 1,
    };

    #[tokio::test]
    async fn each_caller_waits_for_its_payment() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let run = FOUR
            .run(async |pair| {
                assert_ne!(pair.payer, pair.payee);
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                sleep(Duration::from_millis(2)).await;
                now.set(now.get() - 1);
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!((now.get(), most.get()), (0, 4));
        assert!(run.latency.count() >= 4 && run.seconds >= 0.05, "{run:?}");
    }

    #[tokio::test]
    async fn a_failed_payment_ends_the_run() {
        let error = FOUR.run(async |_| bail!("no reply")).await.unwrap_err();
        assert_eq!(error.to_string(), "no reply");
    }
}
