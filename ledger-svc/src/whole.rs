//! One flow with everything known of it: its events, the expected ones, its bookings.

use std::collections::BTreeMap;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::shard::Shard;
use wallet_contract::trace::TraceId;
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::{caught_up, pool};
use wallet_runtime::running::Running;
use wallet_view::flow::Flow as FlowJson;

use crate::flows::{Flow, bookings, usual};
use crate::listing::flow_source;
use crate::listing::places::Places;
use crate::listing::sources::{Order, Page, merged, one_more};
use crate::{flows, stuck};

/// A flow, with the shard in whose books it was found.
pub(crate) struct Found {
    flow: Flow,
    shard: Shard,
}

/// The flows with this id, one per payer who used it, or the flow of one payer, by the payers' names. If an operator's request has
/// the same id as a transfer, the transfer is returned.
pub(crate) async fn with_id(
    running: &Running,
    id: TransferId,
    payer: Option<&str>,
) -> Result<BTreeMap<String, Found>, Problem> {
    let payer = named(payer)?;
    let shards = running.settings.shards;
    let mut found: BTreeMap<String, ((bool, bool), Found)> = BTreeMap::new();
    for shard in shards.all() {
        let mut db = caught_up(running, shard).await?;
        for flow in flows::by_transfer(&mut db, id).await? {
            let name = flow.payer().to_owned();
            let at_home = name.parse().is_ok_and(|payer| shards.of(&payer) == shard);
            let likeliness = flow.likeliness(at_home);
            let is_requested = payer.as_ref().is_none_or(|payer| payer.as_str() == name);
            if is_requested && found.get(&name).is_none_or(|(other, _)| *other < likeliness) {
                found.insert(name, (likeliness, Found { flow, shard }));
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|(name, (_, found))| (name, found))
        .collect())
}

/// The payer in the query, if given.
pub(crate) fn named(payer: Option<&str>) -> Result<Option<AccountId>, Problem> {
    let payer = payer.filter(|name| !name.is_empty());
    payer.map(|name| Problem::parse("payer", name)).transpose()
}

/// The only flow with an id; a problem if there is none or more than one.
pub(crate) fn only(id: TransferId, found: BTreeMap<String, Found>) -> Result<Found, Problem> {
    if found.len() > 1 {
        let payers: Vec<&str> = found.keys().map(String::as_str).collect();
        let detail = format!(
            "{} payers used the id {id}: add ?payer= with one of {}",
            found.len(),
            payers.join(", ")
        );
        return Err(Problem::conflict(detail));
    }
    let unknown = || Problem::not_found(format!("no request with id {id} has been recorded"));
    found.into_values().next().ok_or_else(unknown)
}

/// A page of the flows of a trace, oldest first; a problem if there are none.
pub(crate) async fn with_trace(
    running: &Running,
    id: TraceId,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Found>, Problem> {
    let shards = running.settings.shards;
    let count = usize::from(shards.count());
    let read = Places::read(after, count, false)?;
    let mut places = read.unwrap_or_else(|| Places::of_shards(vec![0; count]));
    let mut sources = Vec::new();
    for shard in shards.all() {
        let mut db = caught_up(running, shard).await?;
        let index = usize::from(shard.0);
        let flows = flows::by_trace(&mut db, id, places.shards[index], one_more(limit)).await?;
        let source = flow_source(index, flows);
        sources.push(source.map(|flow| Found { flow, shard }));
    }
    let page = merged(&mut sources, &mut places, Order::OldestFirst, limit);
    if page.items.is_empty() && after.is_none() {
        return Err(Problem::not_found(format!("no flow has the trace {id}")));
    }
    Ok(page)
}

impl Found {
    /// The head only.
    pub(crate) fn head(&self) -> &FlowJson {
        &self.flow.json
    }

    /// Adds everything else. Each part is a few index look-ups.
    pub(crate) async fn whole(self, running: &Running) -> Result<FlowJson, Problem> {
        let (shards, Shard(number)) = (running.settings.shards, self.shard);
        let mut db = pool(running, self.shard)?.acquire().await?;
        let mut flow = self.flow.with_events(&mut db, number).await?;
        let look = stuck::Look::now(running);
        let home = flow.payer().parse().ok().map(|payer| shards.of(&payer));
        if home == Some(self.shard) {
            look.mark(&mut flow);
        }
        let mut json = flow.json;
        json.expected = look.expected(&json);
        usual::add(&mut db, number, flow.no, &json.events, &mut json.expected).await?;
        drop(db);
        if json.ended_at.is_none() {
            for shard in shards.all() {
                let mut db = pool(running, shard)?.acquire().await?;
                json.parked
                    .extend(flows::parked::of(&mut db, shard.0, &json).await?);
            }
        }
        json.bookings = bookings::of(running, &json).await?;
        for shard in shards.all() {
            let mut db = pool(running, shard)?.acquire().await?;
            json.reversed_by
                .extend(flows::reversals(&mut db, json.transfer, &json.payer).await?);
        }
        Ok(json)
    }
}
