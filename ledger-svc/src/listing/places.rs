//! How far each source of a list has been read, as written in `next`.

use std::fmt;

use wallet_contract::log::LogPlace;
use wallet_db::stored::as_of;
use wallet_db::{Db, Result};
use wallet_runtime::problem::Problem;

use crate::books::Cursor;

/// The direction of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
}

/// The place of an entry in its source.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListPlace {
    /// In an account's bookings.
    Books(Cursor),
    /// In a shard's log.
    Shard(usize, i64),
}

impl ListPlace {
    /// The order of entries within the same microsecond. It is each source's own order, so that a page ends where the next begins.
    pub(super) fn order(self) -> (i64, i64) {
        match self {
            Self::Books(cursor) => (i64::MIN, cursor.no.number()),
            Self::Shard(shard, no) => (-i64::try_from(shard).unwrap_or(0), no),
        }
    }
}

/// How far each source has been read: `no.no.…`; for an account `booking/no.no.…`, or `booking/no.no.…/no`.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) shards: Vec<i64>,
    pub(crate) books: Option<Cursor>,
    /// Where the account's log ended when the list was begun, as long as the list may still contain a flow that had moved no money by
    /// then.
    pub(crate) since: Option<LogPlace>,
}

impl Places {
    pub(crate) fn of_shards(shards: Vec<i64>) -> Self {
        Self {
            shards,
            books: None,
            since: None,
        }
    }

    /// After everything in the shards' books now. Later items are not part of a list read from here, newest first: they would come
    /// before items that were already listed.
    pub(crate) async fn now(dbs: &mut [Db]) -> Result<Self> {
        let mut shards = Vec::new();
        for db in dbs {
            shards.push(end(db).await?.no.number());
        }
        Ok(Self::of_shards(shards))
    }

    /// The same, and after everything booked on an account of the shard `home`.
    pub(crate) async fn now_of_account(dbs: &mut [Db], home: usize) -> Result<Self> {
        let books = end(&mut dbs[home]).await?;
        Ok(Self {
            books: Some(books),
            since: Some(books.no),
            ..Self::now(dbs).await?
        })
    }

    /// Parses what an earlier page returned; `None` if there was none.
    pub(crate) fn read(
        before: Option<&str>,
        shards: usize,
        has_books: bool,
    ) -> Result<Option<Self>, Problem> {
        let Some(text) = before else { return Ok(None) };
        let read = || {
            let mut parts = text.split('/');
            let books = if has_books {
                Some(Cursor::read(parts.next()?)?)
            } else {
                None
            };
            let numbers = parts.next()?.split('.').map(|no| no.parse().ok());
            let numbers: Vec<i64> = numbers.collect::<Option<_>>()?;
            let since = match parts.next() {
                Some(no) if has_books => Some(LogPlace::of_number(no.parse().ok()?)),
                Some(_) => return None,
                None => None,
            };
            let is_whole = numbers.len() == shards && parts.next().is_none();
            is_whole.then_some(Self {
                shards: numbers,
                books,
                since,
            })
        };
        read().map(Some).ok_or_else(|| Problem::not_a_place(text))
    }

    /// Marks the item at this place, and those before it in the list, as listed.
    pub(super) fn advance(&mut self, place: ListPlace, order: Order) {
        match (place, order) {
            (ListPlace::Books(cursor), _) => self.books = self.books.map(|books| books.min(cursor)),
            (ListPlace::Shard(shard, no), Order::NewestFirst) => {
                self.shards[shard] = self.shards[shard].min(no);
            }
            (ListPlace::Shard(shard, no), Order::OldestFirst) => {
                self.shards[shard] = self.shards[shard].max(no);
            }
        }
    }
}

/// Where to start reading a list that goes back in time.
pub(crate) async fn back(dbs: &mut [Db], before: Option<&str>) -> Result<Places, Problem> {
    match Places::read(before, dbs.len(), false)? {
        Some(places) => Ok(places),
        None => Ok(Places::now(dbs).await?),
    }
}

/// After everything in a shard's books now.
async fn end(db: &mut Db) -> Result<Cursor> {
    let as_of = as_of(db).await?;
    let handled = u64::try_from(as_of.sequence).unwrap_or_default();
    Ok(Cursor {
        at_us: as_of.at_us,
        no: LogPlace::element(handled.saturating_add(1), 0),
    })
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(books) = self.books {
            write!(f, "{books}/")?;
        }
        for (shard, no) in self.shards.iter().enumerate() {
            let dot = if shard == 0 { "" } else { "." };
            write!(f, "{dot}{no}")?;
        }
        self.since
            .map_or(Ok(()), |since| write!(f, "/{}", since.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_round_trips_and_other_text_is_rejected() {
        let check = |text: &str, has_books: bool, is_one: bool| {
            let read = Places::read(Some(text), 2, has_books).map(|places| places.unwrap().to_string());
            assert_eq!(read.ok().as_deref(), is_one.then_some(text), "{text}");
        };
        for text in ["7.7", "0.9223372036854775807"] {
            check(text, false, true);
        }
        for text in ["1700000000000000.7/7.7", "1700000000000000.7/7.7/16384"] {
            check(text, true, true);
            check(text, false, false);
        }
        for text in [
            "",
            "7",
            "7.7.7",
            "7.x",
            "7.7/",
            "7.7/7",
            "/7.7",
            "9223372036854775808.7",
        ] {
            check(text, false, false);
        }
        for text in [
            "7.7",
            "7.7/",
            "7/7.7",
            "1.7/7.7/",
            "1.7/7.7/x",
            "1.7/7.7/7/7",
            "1.7/7",
        ] {
            check(text, true, false);
        }
    }
}
