//! The facts on the health page, read once.

use std::collections::BTreeMap;
use std::time::Duration;

use wallet_contract::money::Currency;
use wallet_db::stored;
use wallet_db::stored::as_of;
use wallet_db::{Db, Result};
use wallet_engine::bus::{Bus as _, Known};
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::pool;
use wallet_runtime::running::Running;

use crate::flows::list::tally;
use crate::flows::{self, Flow};
use crate::listing;
use crate::listing::places::Places;
use crate::parked::{self, Parked};
use crate::stuck;

/// How many stuck flows and parked messages are shown.
const SHOWN: i64 = 20;
/// How long to wait for NATS.
const PATIENCE: Duration = Duration::from_secs(1);

/// All facts of the page.
pub(super) struct Facts {
    pub(super) sums: Vec<Sum>,
    pub(super) in_flight: i64,
    /// The oldest stuck flows.
    pub(super) stuck: Vec<Flow>,
    pub(super) more_stuck: bool,
    pub(super) stuck_in_all: stuck::Count,
    /// The newest parked messages.
    pub(super) parked: Vec<Parked>,
    pub(super) parked_in_all: i64,
    pub(super) shards: Vec<Shard>,
}

/// The total of all accounts in a currency, in minor units.
pub(super) struct Sum {
    pub(super) currency: Currency,
    pub(super) accounts: i64,
    pub(super) available: i64,
    pub(super) held: i64,
    pub(super) in_transit: i64,
}

/// How far a shard has read.
pub(super) struct Shard {
    pub(super) number: u16,
    pub(super) position: i64,
    pub(super) lag: Option<i64>,
    /// What is wrong with the server or the stream, if anything.
    pub(super) wrong: Option<String>,
}

impl Sum {
    pub(super) fn total(&self) -> i64 {
        self.available
            .saturating_add(self.held)
            .saturating_add(self.in_transit)
    }
}

impl Facts {
    pub(super) async fn read(running: &Running) -> Result<Self, Problem> {
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        let (mut in_flight, mut parked_in_all, mut shards) = (0, 0, Vec::new());
        let mut stuck_in_all = stuck::Count::default();
        for shard in running.settings.shards.all() {
            let mut db = pool(running, shard)?.acquire().await?;
            add(&mut db, &mut sums).await?;
            let open = |(status, count): (String, i64)| (status == "running").then_some(count);
            in_flight += tally(&mut db).await?.into_iter().filter_map(open).sum::<i64>();
            let stuck_here = stuck::count(&mut db, running, shard).await?;
            stuck_in_all.flows += stuck_here.flows;
            stuck_in_all.or_more |= stuck_here.or_more;
            parked_in_all += flows::parked::count(&mut db).await?;
            let as_of = as_of(&mut db).await?;
            let known = stored::known(&mut db).await?;
            drop(db);
            let last = tokio::time::timeout(PATIENCE, running.bus.last_sequence(shard)).await;
            let last = last
                .ok()
                .and_then(Result::ok)
                .and_then(|last| i64::try_from(last).ok());
            shards.push(Shard {
                number: shard.0,
                position: as_of.sequence,
                lag: last.map(|last| last.saturating_sub(as_of.sequence).max(0)),
                wrong: wrong(running, shard, known).await,
            });
        }
        let mut dbs = Vec::new();
        for (_, pool) in &running.pools {
            dbs.push(pool.acquire().await?);
        }
        let oldest = listing::stuck(running, &mut dbs, SHOWN).await?;
        let places = Places::now(&mut dbs).await?;
        let newest = parked::page(&mut dbs, places, false, SHOWN).await?;
        let sums = sums.into_values().collect();
        Ok(Self {
            sums,
            in_flight,
            more_stuck: oldest.next.is_some(),
            stuck: oldest.items,
            stuck_in_all,
            parked: newest.items,
            parked_in_all,
            shards,
        })
    }
}

/// Adds the balances of a shard's accounts.
async fn add(db: &mut Db, sums: &mut BTreeMap<String, Sum>) -> Result<()> {
    let sql = "SELECT currency, count(*), CAST(sum(available) AS BIGINT), CAST(sum(held) AS BIGINT), \
               CAST(sum(in_transit) AS BIGINT) FROM account GROUP BY currency";
    for row in db.query(sql, &[]).await? {
        let currency: Currency = row.parse(0)?;
        let zero = Sum {
            currency,
            accounts: 0,
            available: 0,
            held: 0,
            in_transit: 0,
        };
        let sum = sums.entry(currency.code().to_owned()).or_insert(zero);
        sum.accounts += row.int(1)?;
        sum.available = sum.available.saturating_add(row.int(2)?);
        sum.held = sum.held.saturating_add(row.int(3)?);
        sum.in_transit = sum.in_transit.saturating_add(row.int(4)?);
    }
    Ok(())
}

/// What would make a service refuse to work with this server and stream.
async fn wrong(running: &Running, shard: wallet_contract::shard::Shard, known: Known) -> Option<String> {
    if known.position == 0 {
        return None;
    }
    match tokio::time::timeout(PATIENCE, running.bus.ready(shard, known)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no reply from NATS within {PATIENCE:?}")),
    }
}
