//! Gauges that the commit path does not update: polled for the shards on which this instance works.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tracing::debug;
use wallet_contract::shard::Shard;
use wallet_db::stored;
use wallet_db::{Pool, Result};

use crate::lag::Lag;
use crate::metrics::{Gauges, Label, Metrics, seconds};
use crate::running::Running;

/// The polling interval.
const LOOK: Duration = Duration::from_secs(2);

type SecondsGauges = Family<Label, Gauge<f64, AtomicU64>>;

struct Watch {
    parked: Gauges,
    lag: SecondsGauges,
    seen: BTreeMap<Shard, Lag>,
}

/// Updates the gauges until the process ends.
pub(crate) async fn run(running: Running) {
    let mut watch = Watch::new(&running.metrics);
    loop {
        let board = running.board.read();
        for (shard, pool) in &running.pools {
            let works = board.get(shard).filter(|(state, _)| state.is_working());
            match works {
                Some((_, position)) => watch.look(&running, *shard, pool, *position).await,
                None => watch.rest(*shard),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Watch {
    fn new(metrics: &Metrics) -> Self {
        let lag = "How long messages of the shard's log have waited to be handled";
        Self {
            parked: metrics.gauges(
                "parked_messages",
                "Messages or message elements that are parked now",
            ),
            lag: metrics.own("projection_lag_seconds", lag, SecondsGauges::default()),
            seen: BTreeMap::new(),
        }
    }

    async fn look(&mut self, running: &Running, shard: Shard, pool: &Pool, position: u64) {
        match parked(pool).await {
            Ok(parked) => self.parked.set(shard, parked),
            Err(error) => {
                self.parked.clear(shard);
                debug!(%shard, "the parked messages of shard {shard} can't be counted: {error}");
            }
        }
        let lag = self.seen.entry(shard).or_default();
        match running.bus.end(shard).await {
            Ok((sequence, stored_us)) => lag.seen(sequence, stored_us),
            Err(error) => {
                debug!(%shard, "the end of the log of shard {shard} is unknown: {error}");
                self.lag.remove(&Label { shard: shard.0 });
                return;
            }
        }
        let behind_us = lag.behind(position, (running.clock)().as_microsecond());
        self.lag
            .get_or_create(&Label { shard: shard.0 })
            .set(seconds(0, behind_us));
    }

    fn rest(&mut self, shard: Shard) {
        self.parked.clear(shard);
        self.lag.remove(&Label { shard: shard.0 });
        self.seen.remove(&shard);
    }
}

async fn parked(pool: &Pool) -> Result<i64> {
    stored::parked(&mut pool.acquire().await?).await
}
