//! Rebuilds a database from the log alone, beside the instance that works on the shard.

use tokio::sync::watch;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::subject::envelopes;

use super::Context;
use super::catch_up::{Until, catch_up};
use super::caution::Caution;
use super::live::Live;
use super::skips;
use super::tenure::Ended;
use crate::bus::Bus;
use crate::horizon::Horizon;
use crate::store::{Progress, Store, Tenure};

/// Where a rebuild ends.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// With the last decision in the log.
    End,
    /// With a database of the same service and shard: its place, and its last decision.
    Level(LogPlace, Option<EventId>),
}

/// Why a database can't be rebuilt.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stopped(String);

/// Applies the log to a database, up to a goal. Nothing is decided, and nothing is appended to the log.
pub async fn rebuild<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    goal: Goal,
) -> Result<Progress, Stopped> {
    let rebuilt = apply(store, context, goal).await;
    if rebuilt.is_err() {
        store.abandon().await;
    }
    rebuilt.map_err(|ended| Stopped(ended.to_string()))
}

async fn apply<S: Store, B: Bus>(store: &mut S, context: &Context<B>, goal: Goal) -> Result<Progress, Ended> {
    let shard = context.place.shard;
    let progress = match store.acquire().await? {
        Tenure::Ours(progress) => progress,
        Tenure::Held { by, .. } => return Err(Ended::Deposed(by)),
    };
    let (progress, skips) = skips::after(context, progress).await?;
    let subject = envelopes(shard, context.service, shard);
    let (end, _) = context.bus.last(shard, &subject).await?;
    let until = match goal {
        Goal::End => Until {
            own: end,
            ..Until::default()
        },
        Goal::Level(place, last) => Until {
            own: if last.is_some() { end } else { 0 },
            last,
            place,
        },
    };
    let (committed, _) = watch::channel(progress.last_no);
    let mut reader = context.bus.read(shard, progress.position).await?;
    let mut live = Live {
        blocked: store.blocked().await?,
        store,
        context,
        caution: &mut Caution::default(),
        progress,
        stored: progress.place(),
        horizon: Horizon::default(),
        subject: &subject,
        writer: "",
        end,
        committed,
        skips,
    };
    catch_up(&mut live, &mut reader, until).await?;
    live.keep().await?;
    Ok(live.progress)
}
