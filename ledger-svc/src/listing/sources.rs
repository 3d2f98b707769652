//! Puts together what several sources have, newest first.

use std::cmp::Reverse;

use wallet_runtime::problem::Problem;

use super::Page;
use crate::books::Cursor;
use crate::flows::Flow;

/// Where an entry stands in its source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// An account's bookings.
    Books(Cursor),
    /// A shard's flows.
    Shard(usize, i64),
}

impl Place {
    /// Within the same microsecond: as each source has them, so that a page ends where the next begins.
    fn order(self) -> (i64, i64) {
        match self {
            Self::Books(cursor) => (i64::MIN, cursor.no.0),
            Self::Shard(shard, no) => (-i64::try_from(shard).unwrap_or(0), no),
        }
    }
}

/// How far each source has been read: `no.no.…`, for an account `booking/no.no.…`.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) books: Cursor,
    pub(super) shards: Vec<i64>,
    has_books: bool,
}

impl Places {
    /// Reads what an earlier page gave; without one, the newest.
    pub(super) fn read(before: Option<&str>, shards: usize, has_books: bool) -> Result<Self, Problem> {
        let Some(text) = before else {
            return Ok(Self {
                books: Cursor::END,
                shards: vec![i64::MAX; shards],
                has_books,
            });
        };
        let read = || {
            let (books, others) = if has_books {
                text.split_once('/')?
            } else {
                ("", text)
            };
            let books = if has_books {
                Cursor::read(books)?
            } else {
                Cursor::END
            };
            let others: Vec<i64> = others
                .split('.')
                .map(|no| no.parse().ok())
                .collect::<Option<_>>()?;
            (others.len() == shards).then_some(Self {
                books,
                shards: others,
                has_books,
            })
        };
        read().ok_or_else(|| Problem::not_a_place(text))
    }

    fn advance(&mut self, place: Place) {
        match place {
            Place::Books(cursor) => self.books = self.books.min(cursor),
            Place::Shard(shard, no) => self.shards[shard] = self.shards[shard].min(no),
        }
    }

    fn written(&self) -> String {
        let shards = self
            .shards
            .iter()
            .map(i64::to_string)
            .collect::<Vec<_>>()
            .join(".");
        if self.has_books {
            format!("{}/{shards}", self.books)
        } else {
            shards
        }
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at_us: i64,
    pub(super) place: Place,
    pub(super) flow: Flow,
}

/// What one source has before a place.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) entries: Vec<Entry>,
    /// Where it was left off, time and place, if it may have more.
    pub(super) left_off: Option<(i64, Place)>,
}

/// One page. Behind the newest time at which a source was left off, the others may not be shown yet.
pub(super) fn merged(sources: Vec<Source>, mut places: Places, limit: i64) -> Page {
    let ends: Vec<(i64, Place)> = sources.iter().filter_map(|source| source.left_off).collect();
    let horizon = ends.iter().map(|(at, _)| *at).max();
    let mut found: Vec<Entry> = sources.into_iter().flat_map(|source| source.entries).collect();
    found.retain(|entry| horizon.is_none_or(|horizon| entry.at_us >= horizon));
    found.sort_by_key(|entry| Reverse((entry.at_us, entry.place.order())));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (is_full, is_cut) = (found.len() >= limit, found.len() > limit);
    found.truncate(limit);
    for entry in &found {
        places.advance(entry.place);
    }
    if !is_cut {
        for (at, place) in ends {
            if Some(at) == horizon {
                places.advance(place);
            }
        }
    }
    Page {
        flows: found.into_iter().map(|entry| entry.flow).collect(),
        next: (is_full || horizon.is_some()).then(|| places.written()),
        searched_to_us: horizon.filter(|_| !is_full),
    }
}
