//! Merges several sources into pages that follow one another: a caller that follows `next` gets each item once.
//!
//! A source has its entries in an order of its own, by places that never change. A page is a prefix of what each source has left,
//! and its `next` says where that prefix ends in each.

use std::collections::VecDeque;

pub(crate) use super::places::Order;
use super::places::{ListPlace, Places};

impl Order {
    /// Whether one key comes before another. A key is a time, and the order within the same microsecond.
    fn puts_first(self, one: Key, other: Key) -> bool {
        match self {
            Self::NewestFirst => one > other,
            Self::OldestFirst => one < other,
        }
    }
}

type Key = (i64, (i64, i64));

/// An item, its time, and its place in its source.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) at_us: i64,
    pub(crate) place: ListPlace,
    pub(crate) item: T,
}

impl<T> Entry<T> {
    fn key(&self) -> Key {
        (self.at_us, self.place.order())
    }
}

/// The entries of one source from a place on, in the order of the list.
#[derive(Debug)]
pub(crate) struct Source<T> {
    pub(crate) entries: VecDeque<Entry<T>>,
    /// The time and place at which the source's search stopped, if it may have more.
    pub(crate) left_off: Option<(i64, ListPlace)>,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub(crate) next: Option<String>,
    /// The time down to which the search went, if the page is not full and there may be more.
    pub(crate) searched_to_us: Option<i64>,
}

impl<T> Source<T> {
    pub(crate) fn new(
        entries: impl IntoIterator<Item = Entry<T>>,
        left_off: Option<(i64, ListPlace)>,
    ) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            left_off,
        }
    }

    /// The same places, each with another item.
    pub(crate) fn map<U>(self, mut change: impl FnMut(T) -> U) -> Source<U> {
        let entries = self.entries.into_iter().map(|entry| Entry {
            at_us: entry.at_us,
            place: entry.place,
            item: change(entry.item),
        });
        Source::new(entries.collect::<Vec<_>>(), self.left_off)
    }
}

/// The limit for each source: one more than the page, so that a full page knows whether there are more.
pub(crate) fn one_more(limit: i64) -> i64 {
    limit.saturating_add(1)
}

/// Takes the first entries of all sources until the page is full, or until a source that may have more has run out: entries past
/// the place at which its search stopped must not be listed before its own.
///
/// The sources keep what was not taken, and the places say where the next page begins.
pub(crate) fn merged<T>(sources: &mut [Source<T>], places: &mut Places, order: Order, limit: i64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let horizon = |sources: &[Source<T>]| {
        let run_out = sources.iter().filter(|source| source.entries.is_empty());
        let ends = run_out.filter_map(|source| source.left_off.map(|(at_us, _)| at_us));
        match order {
            Order::NewestFirst => ends.max(),
            Order::OldestFirst => ends.min(),
        }
    };
    while items.len() < limit
        && let Some(entry) = first(sources, order, horizon(sources))
    {
        places.advance(entry.place, order);
        items.push(entry.item);
    }
    let searched_to_us = horizon(sources).filter(|_| items.len() < limit);
    let mut is_more = false;
    for source in sources.iter() {
        is_more |= !source.entries.is_empty() || source.left_off.is_some();
        if let Some((_, place)) = source.left_off.filter(|_| source.entries.is_empty()) {
            places.advance(place, order);
        }
    }
    Page {
        items,
        next: is_more.then(|| places.to_string()),
        searched_to_us,
    }
}

/// Takes the first entry, unless it lies past the horizon.
fn first<T>(sources: &mut [Source<T>], order: Order, horizon: Option<i64>) -> Option<Entry<T>> {
    let mut best: Option<(Key, usize)> = None;
    for (index, source) in sources.iter().enumerate() {
        let Some(head) = source.entries.front() else {
            continue;
        };
        if best.is_none_or(|(key, _)| order.puts_first(head.key(), key)) {
            best = Some((head.key(), index));
        }
    }
    let ((at_us, _), index) = best?;
    let is_behind = horizon.is_some_and(|horizon| match order {
        Order::NewestFirst => at_us < horizon,
        Order::OldestFirst => at_us > horizon,
    });
    if is_behind {
        return None;
    }
    sources[index].entries.pop_front()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log of a shard, with times that two entries may share.
    fn log(shard: usize, times: &[i64]) -> Vec<Entry<(usize, i64)>> {
        let entry = |(no, at_us): (i64, &i64)| Entry {
            at_us: *at_us,
            place: ListPlace::Shard(shard, no),
            item: (shard, no),
        };
        (1..).zip(times).map(entry).collect()
    }

    /// What a source returns of it: at most `each` entries, and where its search stopped.
    fn source(
        shard: usize,
        times: &[i64],
        places: &Places,
        order: Order,
        each: usize,
    ) -> Source<(usize, i64)> {
        let mut entries = log(shard, times);
        let at = places.shards[shard];
        entries.retain(|entry| match order {
            Order::NewestFirst => entry.item.1 < at,
            Order::OldestFirst => entry.item.1 > at,
        });
        if order == Order::NewestFirst {
            entries.reverse();
        }
        let is_cut = entries.len() > each;
        entries.truncate(each);
        let last = entries.last().map(|entry| (entry.at_us, entry.place));
        // A source may leave out entries that it searched and that do not match.
        entries.retain(|entry| entry.item.1 % 3 != 0);
        Source::new(entries, last.filter(|_| is_cut))
    }

    #[test]
    fn each_item_is_listed_once_in_time_order_for_any_page_size() {
        let logs: [&[i64]; 3] = [&[1, 2, 2, 5, 5, 5, 9], &[2, 2, 3, 8, 8, 9, 9, 9, 9], &[]];
        for order in [Order::NewestFirst, Order::OldestFirst] {
            for (limit, each) in [(1, 1), (1, 2), (2, 3), (3, 2), (4, 1), (50, 1), (50, 50)] {
                let first = match order {
                    Order::NewestFirst => i64::MAX,
                    Order::OldestFirst => 0,
                };
                let (mut places, mut listed) = (Places::of_shards(vec![first; 3]), Vec::new());
                let mut pages = 0;
                loop {
                    let mut sources: Vec<_> = (0..3)
                        .map(|shard| source(shard, logs[shard], &places, order, each))
                        .collect();
                    let page = merged(&mut sources, &mut places, order, limit);
                    assert!(page.items.len() <= usize::try_from(limit).unwrap());
                    listed.extend(page.items);
                    pages += 1;
                    assert!(pages < 50, "{order:?} {limit} {each}: it goes on for ever");
                    let Some(next) = page.next else { break };
                    places = Places::read(Some(&next), 3, false).unwrap().unwrap();
                }
                let mut all: Vec<_> = (0..3).flat_map(|shard| log(shard, logs[shard])).collect();
                all.retain(|entry| entry.item.1 % 3 != 0);
                let times = |(shard, no): &(usize, i64)| logs[*shard][usize::try_from(no - 1).unwrap()];
                let in_time: Vec<i64> = listed.iter().map(times).collect();
                let mut sorted = in_time.clone();
                sorted.sort_unstable();
                if order == Order::NewestFirst {
                    sorted.reverse();
                }
                assert_eq!(in_time, sorted, "{order:?} {limit} {each}");
                let mut once: Vec<_> = all.into_iter().map(|entry| entry.item).collect();
                once.sort_unstable();
                listed.sort_unstable();
                assert_eq!(listed, once, "{order:?} {limit} {each}");
            }
        }
    }
}
