//! Lists over all shards, in pages, each of which says where the next begins.
//!
//! | part | does |
//! |---|---|
//! | here | one page of flows, for programs and for people |
//! | [`account`] | the flows of one account |
//! | [`query`] | the filters, as query parameters |
//! | [`sources`] | merges the entries of several sources, in order |
//! | [`places`] | how far each source has been read |
//!
//! A list that goes back in time holds what existed when its first page was read. A caller that follows `next` gets each of those
//! items once, whatever is added meanwhile.

mod account;
pub(crate) mod places;
pub(crate) mod query;
pub(crate) mod sources;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use wallet_contract::shard::Shard;
use wallet_contract::status::Status;
use wallet_db::{Db, Result};
use wallet_runtime::problem::Problem;
use wallet_runtime::reading;
use wallet_runtime::running::Running;

use self::places::{ListPlace, Places, back};
use self::query::{Halted, Listed};
use self::sources::{Entry, Order, Source, merged, one_more};
use crate::flows::list::{self, Filter, Found};
use crate::flows::{self, Flow, ended};
use crate::stuck;

/// One page of flows.
pub(crate) type Page = sources::Page<Flow>;

/// Who reads a list. This decides what happens if the books are behind the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A program: the answer must be complete.
    Program,
    /// A person, who would rather see what is known than wait.
    Person,
}

impl Reader {
    /// How long a person waits.
    const PATIENCE: Duration = Duration::from_millis(150);

    /// Waits until a shard's books have everything that the entries read from other shards depend on.
    async fn catch_up(self, running: &Running, shard: Shard, db: &mut Db) -> Result<(), Problem> {
        let caught_up = reading::catch_up(running, shard, db);
        match self {
            Self::Program => caught_up.await,
            Self::Person => {
                let _ = timeout(Self::PATIENCE, caught_up).await;
                Ok(())
            }
        }
    }

    /// Waits until the ledger's own decisions are in the log and were heard there: a flow ends a moment before that.
    async fn catch_up_with_ends(self, shard: Shard, db: &mut Db) -> Result<(), Problem> {
        let Some(last) = ended::last_decided(db).await? else {
            return Ok(());
        };
        let patience = match self {
            Self::Program => reading::CATCH_UP,
            Self::Person => Self::PATIENCE,
        };
        let deadline = Instant::now() + patience;
        while !ended::is_heard(db, last).await? {
            if Instant::now() > deadline {
                return match self {
                    Self::Program => Err(Problem::unavailable(format!(
                        "not all ends of transfers on shard {shard} are in its log yet: try again, or see /readyz"
                    ))),
                    Self::Person => Ok(()),
                };
            }
            sleep(reading::LOOK).await;
        }
        Ok(())
    }
}

/// The minimum number of a shard's flows that are checked for a page of stuck ones.
const LOOKED_AT: i64 = 100;

/// The requested page, from each shard's database in shard order.
pub(crate) async fn page(
    running: &Running,
    dbs: &mut [Db],
    query: &Listed,
    limit: i64,
    reader: Reader,
) -> Result<Page, Problem> {
    let filter = &query.filter;
    // Open flows have an index, so an account's open flows are found there.
    let is_open = matches!(filter.status, Some(Status::Running | Status::Reserved));
    match (query.halted, query.ended, &filter.account) {
        (Some(Halted::Stuck), ..) => stuck_ones(running, dbs, query, limit).await,
        (Some(Halted::Parked), ..) => parked_ones(dbs, query, limit).await,
        (None, Some(span), _) => ended_ones(running, dbs, query, span, limit, reader).await,
        (None, None, Some(name)) if !is_open => account::page(running, dbs, name, query, limit, reader).await,
        (None, None, _) => all(dbs, query, limit).await,
    }
}

/// All flows.
async fn all(dbs: &mut [Db], query: &Listed, limit: i64) -> Result<Page, Problem> {
    let mut places = back(dbs, query.before.as_deref()).await?;
    let mut sources = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let found = list::newest(db, &query.filter, places.shards[shard], one_more(limit)).await?;
        sources.push(flow_source(shard, found));
    }
    Ok(merged(&mut sources, &mut places, Order::NewestFirst, limit))
}

/// Flows of a shard as a source, each at the place where it began.
pub(crate) fn flow_source(shard: usize, found: Found) -> Source<Flow> {
    let entries = found.flows.into_iter().map(|flow| Entry {
        at_us: flow.started_us,
        place: ListPlace::Shard(shard, flow.no),
        item: flow,
    });
    let left_off = found.left_off;
    Source::new(
        entries,
        left_off.map(|(at_us, no)| (at_us, ListPlace::Shard(shard, no))),
    )
}

/// The first page of all stuck flows, oldest first.
pub(crate) async fn stuck(running: &Running, dbs: &mut [Db], limit: i64) -> Result<Page> {
    let places = Places::of_shards(vec![0; dbs.len()]);
    stuck_from(running, dbs, places, &Filter::default(), limit).await
}

/// The stuck flows that match the filter.
async fn stuck_ones(running: &Running, dbs: &mut [Db], query: &Listed, limit: i64) -> Result<Page, Problem> {
    let read = Places::read(query.before.as_deref(), dbs.len(), false)?;
    let places = read.unwrap_or_else(|| Places::of_shards(vec![0; dbs.len()]));
    Ok(stuck_from(running, dbs, places, &query.filter, limit).await?)
}

async fn stuck_from(
    running: &Running,
    dbs: &mut [Db],
    mut places: Places,
    filter: &Filter,
    limit: i64,
) -> Result<Page> {
    let look = stuck::Look::now(running);
    let looked_at = one_more(limit).max(LOOKED_AT);
    let mut sources = Vec::new();
    for (shard, db) in running.settings.shards.all().zip(dbs) {
        let index = usize::from(shard.0);
        let after = places.shards[index];
        let mut found = stuck::of_shard(db, shard, &look, after, looked_at).await?;
        found.flows.retain(|flow| filter.takes(flow, flow.started_us));
        sources.push(flow_source(index, found));
    }
    Ok(merged(&mut sources, &mut places, Order::OldestFirst, limit))
}

/// The flows with parked messages that match the filter. All of them are looked up: they are few.
async fn parked_ones(dbs: &mut [Db], query: &Listed, limit: i64) -> Result<Page, Problem> {
    let mut places = back(dbs, query.before.as_deref()).await?;
    let mut transfers: BTreeSet<Uuid> = BTreeSet::new();
    for db in dbs.iter_mut() {
        transfers.extend(flows::parked::transfers(db).await?);
    }
    let mut sources = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let mut flows = crate::flows::by_transfers(db, &transfers).await?;
        flows.retain(|flow| flow.no < places.shards[shard] && query.filter.takes(flow, flow.started_us));
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.no));
        let left_off = None;
        sources.push(flow_source(shard, Found { flows, left_off }));
    }
    Ok(merged(&mut sources, &mut places, Order::NewestFirst, limit))
}

/// Flows that ended within a time span, each at the place of its end in the log.
async fn ended_ones(
    running: &Running,
    dbs: &mut [Db],
    query: &Listed,
    span: ended::Span,
    limit: i64,
    reader: Reader,
) -> Result<Page, Problem> {
    if query.before.is_none() {
        for (shard, db) in running.settings.shards.all().zip(dbs.iter_mut()) {
            reader.catch_up_with_ends(shard, db).await?;
        }
    }
    let mut places = back(dbs, query.before.as_deref()).await?;
    let mut sources = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let before = places.shards[shard];
        let found = ended::newest(db, &query.filter, span, before, one_more(limit)).await?;
        let entries = found.ends.into_iter().map(|end| Entry {
            at_us: end.at_us,
            place: ListPlace::Shard(shard, end.no),
            item: end.flow,
        });
        let left_off = found.left_off;
        sources.push(Source::new(
            entries,
            left_off.map(|(at_us, no)| (at_us, ListPlace::Shard(shard, no))),
        ));
    }
    Ok(merged(&mut sources, &mut places, Order::NewestFirst, limit))
}
