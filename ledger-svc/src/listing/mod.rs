//! The list of flows, newest first, over all shards; by pages, each of which says where the next begins.
//!
//! | part | does |
//! |---|---|
//! | here | one page, whoever asks for it |
//! | [`question`] | what is asked, as it stands behind the `?` |
//! | [`sources`] | puts together what several sources have, in order |

pub(crate) mod question;
mod sources;

use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::shard::Shards;
use wallet_runtime::db::Db;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;

use self::question::{Listed, Standing};
use self::sources::{Entry, Place, Places, Source, merged};
use crate::books;
use crate::flows::list::{self, Filter};
use crate::flows::{self, Flow};
use crate::{parked, stuck};

/// How many flows of an account are looked at for a page if not all of them are asked for.
const ACCOUNT_LOOKED_AT: i64 = 1_000;

/// One page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) flows: Vec<Flow>,
    /// Where the next begins, if there may be one.
    pub(crate) next: Option<String>,
    /// Back to which time it was looked, if the page is not full and there may be more.
    pub(crate) searched_to_us: Option<i64>,
}

/// The page that is asked for, from each shard's database in the order of the shards.
pub(crate) async fn page(
    running: &Running,
    dbs: &mut [Db],
    asked: &Listed,
    limit: i64,
) -> Result<Page, Problem> {
    let shards = running.settings.shards;
    let few = |mut flows: Vec<Flow>| {
        flows.retain(|flow| asked.account.as_ref().is_none_or(|account| flow.is_of(account)));
        flows.retain(|flow| asked.filter.takes(flow, flow.started_us));
        flows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Page {
            flows,
            ..Page::default()
        }
    };
    match (asked.standing, &asked.account) {
        // Oldest first, and on one page: who has more than that has other worries.
        (Some(Standing::Stuck), _) => Ok(few(stuck::of_shards(running, dbs).await?)),
        (Some(Standing::Parked), _) => Ok(few(parked::flows(dbs).await?)),
        (None, Some(account)) => of_account(dbs, shards, account, asked, limit).await,
        (None, None) => all(dbs, asked, limit).await,
    }
}

/// All flows.
async fn all(dbs: &mut [Db], asked: &Listed, limit: i64) -> Result<Page, Problem> {
    let places = Places::read(asked.before.as_deref(), dbs.len(), false)?;
    let mut found = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let here = list::newest(db, &asked.filter, places.shards[shard], limit).await?;
        let entries = here.flows.into_iter().map(|flow| Entry {
            at_us: flow.started_us,
            place: Place::Shard(shard, flow.no),
            flow,
        });
        found.push(Source {
            entries: entries.collect(),
            left_off: here.left_off.map(|(at, no)| (at, Place::Shard(shard, no))),
        });
    }
    Ok(merged(found, places, limit))
}

/// The flows of one account: what moved its money, from its bookings, and what did not, from each shard. A flow stands
/// where its money moved.
async fn of_account(
    dbs: &mut [Db],
    shards: Shards,
    account: &AccountId,
    asked: &Listed,
    limit: i64,
) -> Result<Page, Problem> {
    let filter = &asked.filter;
    let mut places = Places::read(asked.before.as_deref(), dbs.len(), true)?;
    if let Some(to) = filter.to_us {
        places.books = places.books.min(books::Cursor::at(to));
    }
    let scan = if asked.filter
        == (Filter {
            now_us: filter.now_us,
            ..Filter::default()
        }) {
        limit
    } else {
        limit.max(ACCOUNT_LOOKED_AT)
    };
    let cut = |found: usize| i64::try_from(found).is_ok_and(|found| found >= scan);
    let home = usize::from(shards.of(account).0);
    let booked = books::movements(&mut dbs[home], account, places.books, scan).await?;
    let mut movements = Source {
        entries: Vec::new(),
        left_off: booked
            .last
            .filter(|_| cut(booked.lines))
            .map(|last| (last.at_us, Place::Books(last))),
    };
    let mut found = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let here = |key: &&TransferKey| usize::from(shards.of(&key.payer).0) == shard;
        let keys: Vec<&TransferKey> = booked.found.iter().map(|(_, key)| key).filter(here).collect();
        for flow in flows::by_keys(db, &keys).await? {
            let place = booked
                .found
                .iter()
                .find(|(_, key)| flow.has(key))
                .map(|(place, _)| *place);
            if let Some(place) = place.filter(|place| flow.is_booked() && filter.takes(&flow, place.at_us)) {
                movements.entries.push(Entry {
                    at_us: place.at_us,
                    place: Place::Books(place),
                    flow,
                });
            }
        }
        let unbooked = list::unbooked(db, account, places.shards[shard], scan).await?;
        let last = unbooked.last().filter(|_| cut(unbooked.len()));
        let left_off = last.map(|flow| (flow.started_us, Place::Shard(shard, flow.no)));
        let taken = unbooked
            .into_iter()
            .filter(|flow| filter.takes(flow, flow.started_us));
        let entries = taken.map(|flow| Entry {
            at_us: flow.started_us,
            place: Place::Shard(shard, flow.no),
            flow,
        });
        found.push(Source {
            entries: entries.collect(),
            left_off,
        });
    }
    found.push(movements);
    let mut page = merged(found, places, limit);
    // Nothing before that time is asked for.
    if page
        .searched_to_us
        .zip(filter.from_us)
        .is_some_and(|(to, from)| to < from)
    {
        (page.next, page.searched_to_us) = (None, None);
    }
    Ok(page)
}
