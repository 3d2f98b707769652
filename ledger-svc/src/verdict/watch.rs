//! Finds out whether the wallet is healthy: at intervals for the pages, and at once for callers who ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use wallet_contract::event::Kind;
use wallet_contract::money::Currency;
use wallet_contract::ready::{Ready, ShardReady};
use wallet_contract::subject::Service;
use wallet_db::Result;
use wallet_runtime::headline::Line;
use wallet_runtime::reading::pool;
use wallet_runtime::running::Running;

use super::{Duty, Found, SILENT};
use crate::flows::{self, Flow};
use crate::stuck;

/// The time between two checks for the pages.
const LOOK: Duration = Duration::from_secs(2);
/// How long the services have to answer a roll call.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// A service is called silent if no instance answers this many roll calls in a row: one answer may get lost.
const CALLS: usize = 2;

/// What is remembered from one check to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// When each service last answered for each shard, and its position then.
    heard: Arc<Mutex<BTreeMap<(Service, u16), Heard>>>,
    /// The currencies whose books did not sum to zero at the last check.
    unbalanced: Arc<Mutex<Vec<String>>>,
}

type Heard = (Timestamp, u64);

/// Keeps the headline of all pages up to date, until the process ends.
pub(crate) fn start(running: &Arc<Running>) -> Watch {
    let watch = Watch::default();
    let (seen, running) = (watch.clone(), Arc::clone(running));
    tokio::spawn(async move {
        loop {
            let found = seen.look(&running).await;
            let verdict = found.verdict((running.clock)());
            running.headline.set(Line {
                is_good: verdict.healthy,
                text: verdict.summary,
            });
            tokio::time::sleep(LOOK).await;
        }
    });
    watch
}

impl Watch {
    /// Remembers which currencies' books don't sum to zero.
    pub(crate) fn unbalanced(&self, currencies: Vec<String>) {
        *self.unbalanced.lock().unwrap_or_else(PoisonError::into_inner) = currencies;
    }

    /// Collects the facts now.
    pub(crate) async fn look(&self, running: &Running) -> Found {
        let mut found = Found {
            services: self.services(running).await,
            unbalanced: self
                .unbalanced
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            ..Found::default()
        };
        if let Err(error) = count(running, &mut found).await {
            found.unknown = Some(format!("the books can't be read: {error}"));
        }
        found
    }

    async fn services(&self, running: &Running) -> Vec<Duty> {
        let mut duties = Vec::new();
        for _ in 0..CALLS {
            let present = running.bus.call_roll(ANSWER_WITHIN).await.unwrap_or_default();
            duties = self.duties(running, &present);
            running.roll.set(present);
            if duties.iter().all(|duty| duty.state != SILENT) {
                break;
            }
        }
        duties
    }

    fn duties(&self, running: &Running, present: &[Ready]) -> Vec<Duty> {
        let now = (running.clock)();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut duties = Vec::new();
        for service in Service::ALL {
            for shard in running.settings.shards.all() {
                let theirs: Vec<(&Ready, &ShardReady)> = present
                    .iter()
                    .filter(|ready| ready.of() == Some(service))
                    .filter_map(|ready| Some((ready, ready.on(shard.0)?)))
                    .collect();
                if let Some((_, on)) = best(&theirs) {
                    heard.insert((service, shard.0), (now, on.position));
                }
                let heard = heard.get(&(service, shard.0)).copied();
                duties.push(duty(service, shard.0, &theirs, heard));
            }
        }
        duties
    }
}

/// The state of a service on a shard, from the instances that answer.
fn duty(service: Service, shard: u16, theirs: &[(&Ready, &ShardReady)], heard: Option<Heard>) -> Duty {
    let best = best(theirs);
    Duty {
        service: service.name(),
        shard,
        state: best.map_or_else(|| SILENT.to_owned(), |(_, on)| on.state.clone()),
        detail: best.map(|(_, on)| on.detail.clone()).unwrap_or_default(),
        position: heard.map(|(_, position)| position),
        instances: theirs.iter().map(|(ready, _)| ready.instance.clone()).collect(),
        heard_at: heard.map(|(at, _)| at),
    }
}

/// The instance that holds the shard, if one does; otherwise one that tries to.
fn best<'r>(theirs: &[(&'r Ready, &'r ShardReady)]) -> Option<(&'r Ready, &'r ShardReady)> {
    let stands_by = |on: &ShardReady| on.state == wallet_contract::ready::STANDBY;
    let theirs = theirs.iter().copied();
    theirs.min_by_key(|(_, on)| (!on.is_working(), stands_by(on)))
}

/// Counts stuck flows and parked messages.
async fn count(running: &Running, found: &mut Found) -> Result<()> {
    let look = stuck::Look::now(running);
    for shard in running.settings.shards.all() {
        let mut db = match pool(running, shard) {
            Ok(pool) => pool.acquire().await?,
            Err(_) => continue,
        };
        found.parked += flows::parked::count(&mut db).await?;
        let flows = stuck::count(&mut db, running, shard).await?.flows;
        found.stuck += flows;
        if (1..=stuck::LISTED).contains(&flows) {
            let listed = stuck::of_shard(&mut db, shard, &look, 0, stuck::LISTED).await?;
            for flow in &listed.flows {
                add(flow, &mut found.in_transit);
            }
        }
    }
    Ok(())
}

/// Adds what a stuck transfer has in transit: it was debited, and nothing has followed.
fn add(flow: &Flow, in_transit: &mut BTreeMap<Currency, i64>) {
    let json = &flow.json;
    let waits_for = json.stuck.as_ref().and_then(|stuck| stuck.waits_for.as_ref());
    let is_debited = waits_for.is_some_and(|waits| {
        let after = Kind::parse(&waits.after);
        after.is_some_and(|kind| matches!(kind, Kind::AccountDebited | Kind::CreditRefused))
    });
    let currency: Option<Currency> = json.currency.as_ref().and_then(|code| code.parse().ok());
    let amount = json.captured.as_ref().or(json.amount.as_ref());
    if let (true, Some(currency), Some(amount)) = (is_debited, currency, amount) {
        let sum = in_transit.entry(currency).or_default();
        *sum = sum.saturating_add(currency.parse_minor(amount).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_service_keeps_its_last_known_position() {
        let at = Timestamp::UNIX_EPOCH;
        let silent = |heard| duty(Service::Credit, 0, &[], heard);
        let known = silent(Some((at, 150)));
        assert_eq!(
            (&*known.state, known.position, known.heard_at),
            (SILENT, Some(150), Some(at))
        );
        assert_eq!(silent(None).position, None);
    }
}
