//! The order in which items go back into several streams.
//!
//! An event that two streams must hold goes first to the shard where it was decided. A reader of the other copy may react to it
//! at once, and its decision goes into both streams: there, too, it must come after its cause.

use std::collections::BTreeSet;

use wallet_contract::subject::Service;

use super::plan::{Item, Plan, Stored};

/// Items of one stream that one request puts back: all of them requests, or all from one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'p> {
    /// The stream's shard.
    pub shard: u16,
    /// The items, at least one.
    pub items: &'p [Item],
}

/// The items of all plans, each stream's in its plan's order, in runs of at most `limit`. A run comes after the runs that it
/// depends on.
pub fn runs(plans: &[Plan], limit: usize) -> Vec<Run<'_>> {
    let mut rest: Vec<(u16, &[Item])> = (0..)
        .zip(plans)
        .map(|(shard, plan)| (shard, &*plan.items))
        .collect();
    let mut pending: BTreeSet<Stored> = rest
        .iter()
        .flat_map(|(shard, items)| items.iter().filter_map(|item| decided_in(*shard, item)))
        .collect();
    let mut runs = Vec::new();
    while rest.iter().any(|(_, items)| !items.is_empty()) {
        let before = runs.len();
        for (shard, items) in &mut rest {
            while let Some((run, after)) = first_run(*shard, items, &pending, limit) {
                take(*shard, run, &mut pending, &mut runs);
                *items = after;
            }
        }
        // Where the ledger had recorded nothing, the order comes from clocks, which may disagree: break the cycle.
        if runs.len() == before
            && let Some((shard, items)) = rest.iter_mut().find(|(_, items)| !items.is_empty())
        {
            let (run, after) = items.split_at(1);
            take(*shard, run, &mut pending, &mut runs);
            *items = after;
        }
    }
    runs
}

fn take<'p>(shard: u16, items: &'p [Item], pending: &mut BTreeSet<Stored>, runs: &mut Vec<Run<'p>>) {
    for at in items.iter().filter_map(|item| decided_in(shard, item)) {
        pending.remove(&at);
    }
    runs.push(Run { shard, items });
}

/// The first run of a stream's remaining items, and the rest; none if the next item has to wait.
fn first_run<'p>(
    shard: u16,
    items: &'p [Item],
    pending: &BTreeSet<Stored>,
    limit: usize,
) -> Option<(&'p [Item], &'p [Item])> {
    let first_source = source(items.first()?);
    let waits = |item: &Item| matches!(item, Item::Event(at) if at.shard != shard && pending.contains(at));
    let many = items
        .iter()
        .take(limit)
        .take_while(|item| source(item) == first_source && !waits(item));
    let many = many.count();
    (many > 0).then(|| items.split_at(many))
}

/// The store that it comes from and the way it is published; items that differ in this can't share a request.
fn source(item: &Item) -> Option<(Service, u16, bool)> {
    match item {
        Item::Request(_) => None,
        Item::Recalled(at) => Some((at.service, at.shard, true)),
        Item::Event(at) => Some((at.service, at.shard, false)),
    }
}

/// A decision in the stream of the shard where it was decided.
fn decided_in(shard: u16, item: &Item) -> Option<Stored> {
    match item {
        Item::Event(at) if at.shard == shard => Some(*at),
        Item::Event(_) | Item::Recalled(_) | Item::Request(_) => None,
    }
}
