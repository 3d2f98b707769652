//! The flows of one account, without an index of all flows by account.
//!
//! | source | has | the place of each |
//! |---|---|---|
//! | booked | flows that had moved the account's money when the list was begun | where the money moved |
//! | others, of each shard | flows that had not: refused ones, operators' requests, open ones | where the flow began |
//!
//! Neither place changes. A flow that moves money only while the list is being read is still listed where it began: see
//! [`Of::add_moved`].
//!
//! The order of reading matters, since much may happen in between. Open flows are read before those that ended without a booking,
//! and the account's books last, once they have everything that the other shards' books depend on. So no flow slips through
//! between two sources, and one that is found in both has the same place in both.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::shard::Shards;
use wallet_contract::status::Status;
use wallet_db::{Db, Result};
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use super::places::{ListPlace, Places};
use super::query::Listed;
use super::sources::{Entry, Order, Source, merged, one_more};
use super::{Page, Reader, flow_source};
use crate::books::{self, Cursor};
use crate::flows::list::{self, Filter, Found};
use crate::flows::{self, Flow, booked};

/// How many lines, or flows, of an account are searched for a page if a filter leaves some out.
const LOOKED_AT: i64 = 1_000;
/// The minimum number of lines: a transfer has up to three.
const LINES: i64 = 64;
/// How much may be booked on an account while a list is being read that has flows without a booking.
const MOVED: i64 = 50_000;

type Key = (Uuid, String);

/// One page.
pub(super) async fn page(
    running: &Running,
    dbs: &mut [Db],
    account: &AccountId,
    query: &Listed,
    limit: i64,
    reader: Reader,
) -> Result<Page, Problem> {
    let shards = running.settings.shards;
    let home = shards.of(account);
    let at_home = usize::from(home.0);
    let mut places = match Places::read(query.before.as_deref(), dbs.len(), true)? {
        Some(places) => places,
        None => Places::now_of_account(dbs, at_home).await?,
    };
    let of = Of::new(shards, account, &query.filter, limit);
    let mut others = of.others(dbs, &places).await?;
    reader.catch_up(running, home, &mut dbs[at_home]).await?;
    of.take_out_booked(&mut dbs[at_home], &mut others).await?;
    of.add_moved(dbs, &places, &mut others).await?;
    let mut waiting: BTreeSet<Key> = others.iter().flat_map(Others::waiting).collect();
    let may_be_more = others.iter().any(|others| others.more_are_open);
    let mut sources = vec![of.booked(dbs, &places).await?];
    for (shard, others) in others.into_iter().enumerate() {
        sources.push(flow_source(shard, others.found()));
    }
    let mut page = merged(&mut sources, &mut places, Order::NewestFirst, limit);
    for flow in &page.items {
        waiting.remove(&flow.key());
    }
    if waiting.is_empty() && !may_be_more {
        places.since = None;
    }
    page.next = page.next.map(|_| places.to_string());
    Ok(page)
}

/// The account, and the filter for its flows.
struct Of<'a> {
    shards: Shards,
    account: &'a AccountId,
    home: usize,
    filter: &'a Filter,
    /// How many lines, and how many flows of a shard, are searched.
    looked_at: (i64, i64),
}

/// A shard's flows that had not moved the account's money when the list was begun.
#[derive(Default)]
struct Others {
    /// By place.
    flows: BTreeMap<i64, Flow>,
    /// Those of them that ended only since then, or are still open.
    open: BTreeSet<i64>,
    /// Whether there are more of the latter further back.
    more_are_open: bool,
    left_off: Option<(i64, i64)>,
}

impl Others {
    fn add(&mut self, found: Found) {
        let flows = found.flows.into_iter().map(|flow| (flow.no, flow));
        self.flows.extend(flows);
        self.left_off = self.left_off.max(found.left_off);
    }

    fn waiting(&self) -> impl Iterator<Item = Key> {
        self.open
            .iter()
            .filter_map(|no| self.flows.get(no))
            .map(Flow::key)
    }

    /// Those that can be listed: none past the place at which either kind's search stopped.
    fn found(self) -> Found {
        let end = self.left_off.map_or(i64::MIN, |(_, no)| no);
        let flows = self.flows.into_values().rev();
        Found {
            flows: flows.filter(|flow| flow.no >= end).collect(),
            left_off: self.left_off,
        }
    }
}

impl<'a> Of<'a> {
    fn new(shards: Shards, account: &'a AccountId, filter: &'a Filter, limit: i64) -> Self {
        let (limit, some) = (one_more(limit), LOOKED_AT);
        let looked_at = if filter.is_of_times_only() {
            (limit.saturating_mul(3).max(LINES), limit)
        } else {
            (limit.max(some), limit.max(some))
        };
        Self {
            shards,
            account,
            home: usize::from(shards.of(account).0),
            filter,
            looked_at,
        }
    }

    /// The flows that have moved money, each at the place where it did.
    async fn booked(&self, dbs: &mut [Db], places: &Places) -> Result<Source<Flow>> {
        let mut before = places.books.unwrap_or(Cursor::END);
        if let Some(to) = self.filter.to_us {
            before = before.min(Cursor::at(to));
        }
        let limit = self.looked_at.0;
        let booked = books::movements(&mut dbs[self.home], self.account, (books::ALL, before), limit).await?;
        let mut flows = self.by_keys(dbs, booked.found.iter().map(|(_, key)| key)).await?;
        let entries = booked.found.iter().filter_map(|(place, key)| {
            let (_, flow) = flows.remove(&(key.id.0, key.payer.to_string()))?;
            let entry = Entry {
                at_us: place.at_us,
                place: ListPlace::Books(*place),
                item: flow,
            };
            self.filter.takes(&entry.item, entry.at_us).then_some(entry)
        });
        let is_cut = i64::try_from(booked.lines).is_ok_and(|lines| lines >= limit);
        let goes_back_to = |at_us| self.filter.from_us.is_none_or(|from| at_us >= from);
        let last = booked.last.filter(|last| is_cut && goes_back_to(last.at_us));
        Ok(Source::new(
            entries,
            last.map(|last| (last.at_us, ListPlace::Books(last))),
        ))
    }

    /// The other flows, as far as they can be told without the account's books: open ones, and those that ended without a booking.
    async fn others(&self, dbs: &mut [Db], places: &Places) -> Result<Vec<Others>> {
        let mut all = Vec::new();
        for (shard, db) in dbs.iter_mut().enumerate() {
            let mut others = Others::default();
            let before = list::not_after(db, self.filter, places.shards[shard]).await?;
            let (limit, from_us) = (self.looked_at.1, self.filter.from_us);
            if self.filter.status.is_none() {
                let open = list::open(db, self.account, before, limit).await?.since(from_us);
                others.open = open.flows.iter().map(|flow| flow.no).collect();
                others.more_are_open = open.left_off.is_some();
                others.add(open);
            }
            // All settled flows are booked.
            if self.filter.status != Some(Status::Settled) {
                let unbooked = list::unbooked(db, self.account, before, limit).await?;
                others.add(unbooked.since(from_us));
            }
            others
                .flows
                .retain(|_, flow| self.filter.takes(flow, flow.started_us));
            all.push(others);
        }
        Ok(all)
    }

    /// Removes the flows that have moved money, and so have another place.
    async fn take_out_booked(&self, home: &mut Db, all: &mut [Others]) -> Result<()> {
        let flows = all.iter().flat_map(|others| others.flows.values());
        let flows: Vec<&Flow> = flows.filter(|flow| flow.is_transfer()).collect();
        let booked = booked::among(home, self.account, &flows).await?;
        for others in all {
            others
                .flows
                .retain(|_, flow| !flow.is_transfer() || !booked.contains(&flow.key()));
        }
        Ok(())
    }

    /// Adds the flows that had moved no money when the list was begun, have moved some since, and have not been listed yet. They are
    /// searched for in what was booked on the account since then, as long as there may be any.
    async fn add_moved(&self, dbs: &mut [Db], places: &Places, all: &mut [Others]) -> Result<(), Problem> {
        let Some(since) = places.since.filter(|_| self.filter.status.is_none()) else {
            return Ok(());
        };
        let (home, account) = (&mut dbs[self.home], self.account);
        let booked = books::movements(home, account, (since, Cursor::END), MOVED).await?;
        if i64::try_from(booked.lines).is_ok_and(|lines| lines >= MOVED) {
            return Err(Problem::conflict(format!(
                "{account} has had {MOVED} or more bookings since this list was started: start again, without before"
            )));
        }
        let flows = self.by_keys(dbs, booked.found.iter().map(|(_, key)| key)).await?;
        for (shard, flow) in flows.into_values() {
            let is_left = flow.no < places.shards[shard] && self.filter.takes(&flow, flow.started_us);
            if is_left && let Some(others) = all.get_mut(shard) {
                others.open.insert(flow.no);
                others.flows.insert(flow.no, flow);
            }
        }
        Ok(())
    }

    /// The transfers with these keys, each with its shard.
    async fn by_keys(
        &self,
        dbs: &mut [Db],
        keys: impl Iterator<Item = &TransferKey> + Clone,
    ) -> Result<BTreeMap<Key, (usize, Flow)>> {
        let mut found = BTreeMap::new();
        for (shard, db) in dbs.iter_mut().enumerate() {
            let is_here = |key: &&TransferKey| usize::from(self.shards.of(&key.payer).0) == shard;
            let keys: Vec<&TransferKey> = keys.clone().filter(is_here).collect();
            let flows = flows::by_keys(db, &keys).await?.into_iter();
            found.extend(flows.map(|flow| (flow.key(), (shard, flow))));
        }
        Ok(found)
    }
}
