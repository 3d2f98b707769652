//! Reads the bank: at one moment, and at present.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wallet_client::api::{Api, Line, MAX_ROWS};

use super::{Seen, Total, cents, pairs};
use crate::reckoning::lines;

/// How long one read may take while the ledger is down or catching up.
const READ_WITHIN: Duration = Duration::from_secs(4);
/// Pause between two reads.
const PAUSE: Duration = Duration::from_millis(100);
/// All stacks of these tests have this many.
const SHARDS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Read {
    Moment,
    AtRest,
    Now,
}

/// Reads the bank again and again.
#[derive(Debug)]
pub struct Reader {
    api: Api,
    accounts: Vec<String>,
    statements: BTreeMap<String, Vec<Line>>,
    seen: Seen,
    began: Instant,
}

impl Reader {
    /// Reads these accounts and the outside.
    pub fn new(api: Api, accounts: &[String]) -> Self {
        let accounts = accounts.iter().cloned().chain(["@world".to_owned()]);
        Self {
            api,
            accounts: accounts.collect(),
            statements: BTreeMap::new(),
            seen: Seen::default(),
            began: Instant::now(),
        }
    }

    /// Reads until told to stop; by then everything has settled, and the last read covers that state.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Seen {
        loop {
            let last = *stop.borrow_and_update();
            let moment = if last { Read::AtRest } else { Read::Moment };
            for read in [moment, Read::Now] {
                if !matches!(timeout(READ_WITHIN, self.read(read)).await, Ok(Ok(()))) {
                    self.seen.unanswered += 1;
                }
            }
            if last {
                return self.seen;
            }
            sleep(PAUSE).await;
        }
    }

    async fn read(&mut self, read: Read) -> Result<()> {
        match read {
            Read::Moment => {
                let at = self.settled_until().await?;
                self.moment(at).await
            }
            Read::AtRest => self.moment(wallet_client::clock::now()).await,
            Read::Now => self.now().await,
        }
    }

    /// The current balances, each shard's separately.
    async fn now(&mut self) -> Result<()> {
        let page = self.api.accounts(None, MAX_ROWS).await?;
        let mut sum = 0;
        for account in &page.accounts {
            for balance in &account.balances {
                let available = cents(&balance.available)?;
                if available < 0 && account.account != "@world" {
                    let found = format!("{} has {} available", account.account, balance.available);
                    self.seen.breaches.push(found);
                }
                let in_transit = balance.in_transit.as_deref().unwrap_or("0.00");
                sum += available + cents(&balance.held)? + cents(in_transit)?;
            }
        }
        self.seen.now += 1;
        self.seen.skewed += usize::from(sum != 0);
        Ok(())
    }

    /// The balances at one moment.
    async fn moment(&mut self, at: Timestamp) -> Result<()> {
        let mut total = Total {
            read_at: 0.0,
            available: 0,
            held: 0,
            in_transit: 0,
            world: 0,
        };
        let reads = self.accounts.iter().map(async |name| {
            let page = self.api.account(&name.parse()?, Some(at)).await?;
            let balance = page.balances.first().context("opened in one currency")?;
            anyhow::Ok((cents(&balance.available)?, cents(&balance.held)?))
        });
        for (account, (available, held)) in self.accounts.iter().zip(try_join_all(reads).await?) {
            if account == "@world" {
                total.world += available;
            } else {
                total.available += available;
                total.held += held;
                if available < 0 || held < 0 {
                    let found = format!("{account} had {available} available and {held} held at {at}");
                    self.seen.breaches.push(found);
                }
            }
        }
        self.follow().await?;
        total.in_transit = pairs::in_transit(&self.statements, at)?;
        total.read_at = self.began.elapsed().as_secs_f64();
        if total.sum() != 0 {
            self.seen
                .wrong
                .push(format!("{} at {at}: {total:?}", total.sum()));
        }
        self.seen.totals.push(total);
        Ok(())
    }

    /// A time to which no shard will add anything: one microsecond before the earliest time that their books have reached.
    async fn settled_until(&self) -> Result<Timestamp> {
        let mut reached: BTreeMap<u16, Timestamp> = BTreeMap::new();
        for account in &self.accounts {
            let page = self.api.account(&account.parse()?, None).await?;
            let as_of = page.as_of.context("the answer has no as_of")?;
            reached.entry(as_of.shard).or_insert(as_of.time);
            if reached.len() == SHARDS {
                break;
            }
        }
        let earliest = reached.into_values().min().context("no shard was read")?;
        Ok(Timestamp::from_microsecond(earliest.as_microsecond() - 1)?)
    }

    /// Reads the new lines of the statements, and checks that each continues the one before.
    async fn follow(&mut self) -> Result<()> {
        let known = |name: &String| self.statements.get(name).and_then(|known| known.last());
        let reads = self
            .accounts
            .iter()
            .map(|name| lines(&self.api, name, known(name)));
        let fresh = try_join_all(reads).await?;
        for (account, fresh) in self.accounts.iter().zip(fresh) {
            let known = self.statements.entry(account.clone()).or_default();
            for line in fresh.into_iter().rev() {
                if !continues(known.last(), &line)? || (account != "@world" && cents(&line.balance)? < 0) {
                    self.seen.breaches.push(format!("{account}: {line:?}"));
                }
                known.push(line);
            }
        }
        Ok(())
    }
}

/// Whether a line's running balances are those of the line before plus its own changes.
fn continues(last: Option<&Line>, line: &Line) -> Result<bool> {
    let (balance, held) = match last {
        Some(last) => (cents(&last.balance)?, cents(&last.held_balance)?),
        None => (0, 0),
    };
    let expected = (balance + cents(&line.amount)?, held + cents(&line.held)?);
    Ok(expected == (cents(&line.balance)?, cents(&line.held_balance)?))
}
