//! The list of flows, newest first, over all shards; by pages, each of which says where the next begins.

use std::cmp::Reverse;

use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::shard::Shards;
use wallet_runtime::db::Db;

use crate::books::{self, Cursor};
use crate::flows::list::{self, Filter};
use crate::flows::{self, Flow};
use wallet_runtime::problem::Problem;

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) flows: Vec<Flow>,
    /// Where the next begins, if there may be one.
    pub(crate) next: Option<String>,
}

/// All flows. The place to go on from is how far each shard has been read: `no.no.…`.
pub(crate) async fn all(
    dbs: &mut [Db],
    filter: &Filter<'_>,
    before: Option<&str>,
    limit: i64,
) -> Result<Page, Problem> {
    let mut places = match before {
        None => vec![i64::MAX; dbs.len()],
        Some(text) => places(text, dbs.len()).ok_or_else(|| Problem::not_a_place(text))?,
    };
    let mut found: Vec<(usize, Flow)> = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let flows = list::newest(db, filter, places[shard], limit).await?;
        found.extend(flows.into_iter().map(|flow| (shard, flow)));
    }
    found.sort_by_key(|(shard, flow)| (Reverse(flow.started_us), *shard, Reverse(flow.no)));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() >= limit;
    found.truncate(limit);
    for (shard, flow) in &found {
        places[*shard] = flow.no;
    }
    let flows = found.into_iter().map(|(_, flow)| flow).collect();
    Ok(Page {
        flows,
        next: more.then(|| written(&places)),
    })
}

fn places(text: &str, shards: usize) -> Option<Vec<i64>> {
    let places: Vec<i64> = text
        .split('.')
        .map(|place| place.parse().ok())
        .collect::<Option<_>>()?;
    (places.len() == shards).then_some(places)
}

fn written(places: &[i64]) -> String {
    places.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
}

/// Where an entry of an account's list comes from.
#[derive(Clone, Copy)]
enum From {
    /// The account's bookings.
    Books(Cursor),
    /// A shard's flows that moved no money in the end.
    Unbooked(usize, i64),
}

impl From {
    /// Within the same microsecond: as each source has them, so that a page ends where the next begins.
    fn order(self) -> (i64, i64) {
        match self {
            Self::Books(Cursor(_, sequence, element)) => (sequence, element),
            Self::Unbooked(_, no) => (i64::MAX, no),
        }
    }
}

/// The flows of one account: what moved its money, from its bookings, and what did not, from each shard. The place to go
/// on from is how far each of these has been read: `booking/no.no.…`.
pub(crate) async fn of_account(
    dbs: &mut [Db],
    shards: Shards,
    account: &AccountId,
    filter: &Filter<'_>,
    before: Option<&str>,
    limit: i64,
) -> Result<Page, Problem> {
    let read = |text: &str| {
        let (books, others) = text.split_once('/')?;
        Some((Cursor::read(books)?, places(others, shards.count().into())?))
    };
    let start = || (Cursor::END, vec![i64::MAX; shards.count().into()]);
    let (mut booked, mut others) = before.map_or_else(
        || Ok(start()),
        |text| read(text).ok_or_else(|| Problem::not_a_place(text)),
    )?;

    let home = usize::from(shards.of(account).0);
    let (movements, last) = books::movements(&mut dbs[home], account, booked, limit).await?;
    let mut more = last.is_some();
    let mut found: Vec<(i64, From, Flow)> = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let here = |key: &TransferKey| usize::from(shards.of(&key.payer).0) == shard;
        let keys: Vec<&TransferKey> = movements
            .iter()
            .map(|(_, key)| key)
            .filter(|key| here(key))
            .collect();
        for flow in flows::by_keys(db, &keys).await? {
            let place = movements
                .iter()
                .find(|(_, key)| flow.has(key))
                .map(|(place, _)| *place);
            if let Some(place) = place.filter(|_| flow.is_booked() && filter.takes(&flow)) {
                found.push((place.0, From::Books(place), flow));
            }
        }
        let unbooked = list::unbooked(db, account, filter, others[shard], limit).await?;
        more |= !unbooked.is_empty();
        found.extend(
            unbooked
                .into_iter()
                .map(|flow| (flow.started_us, From::Unbooked(shard, flow.no), flow)),
        );
    }
    found.sort_by_key(|(at_us, from, _)| Reverse((*at_us, from.order())));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if found.len() <= limit {
        booked = last.unwrap_or(booked);
    }
    found.truncate(limit);
    for (_, from, _) in &found {
        match from {
            From::Books(place) => booked = booked.min(*place),
            From::Unbooked(shard, no) => others[*shard] = others[*shard].min(*no),
        }
    }
    let flows = found.into_iter().map(|(.., flow)| flow).collect();
    Ok(Page {
        flows,
        next: more.then(|| format!("{booked}/{}", written(&others))),
    })
}
