//! In which order things go back into several streams.
//!
//! An event that two streams must hold goes first where it was decided. Who reads the other copy may answer it at once, and
//! the answer goes into both streams: there, too, it must find what it answers.

use std::collections::BTreeSet;

use wallet_contract::subject::Service;

use super::plan::{Item, Plan, Stored};

/// Items of one stream that one question puts back: all requests, or all of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'p> {
    /// Whose stream.
    pub shard: u16,
    /// What goes there, at least one.
    pub items: &'p [Item],
}

/// The items of all plans, each stream's in its plan's order, in runs of at most `limit`. What a run rests on is in runs
/// before it.
pub fn runs(plans: &[Plan], limit: usize) -> Vec<Run<'_>> {
    let mut rest: Vec<(u16, &[Item])> = (0..)
        .zip(plans)
        .map(|(shard, plan)| (shard, &*plan.items))
        .collect();
    let mut owed: BTreeSet<Stored> = rest
        .iter()
        .flat_map(|(shard, items)| items.iter().filter_map(|item| decided_in(*shard, item)))
        .collect();
    let mut runs = Vec::new();
    while rest.iter().any(|(_, items)| !items.is_empty()) {
        let before = runs.len();
        for (shard, items) in &mut rest {
            while let Some((run, behind)) = first_run(*shard, items, &owed, limit) {
                take(*shard, run, &mut owed, &mut runs);
                *items = behind;
            }
        }
        // Where the ledger had recorded nothing, clocks have made the order, and they may disagree: somebody goes first.
        if runs.len() == before
            && let Some((shard, items)) = rest.iter_mut().find(|(_, items)| !items.is_empty())
        {
            let (run, behind) = items.split_at(1);
            take(*shard, run, &mut owed, &mut runs);
            *items = behind;
        }
    }
    runs
}

fn take<'p>(shard: u16, items: &'p [Item], owed: &mut BTreeSet<Stored>, runs: &mut Vec<Run<'p>>) {
    for at in items.iter().filter_map(|item| decided_in(shard, item)) {
        owed.remove(&at);
    }
    runs.push(Run { shard, items });
}

/// The run at the beginning of what is left for a stream, and what is behind it; nothing if the next item has to wait.
fn first_run<'p>(
    shard: u16,
    items: &'p [Item],
    owed: &BTreeSet<Stored>,
    limit: usize,
) -> Option<(&'p [Item], &'p [Item])> {
    let whose = source(items.first()?);
    let waits = |item: &Item| matches!(item, Item::Said(at) if at.shard != shard && owed.contains(at));
    let many = items
        .iter()
        .take(limit)
        .take_while(|item| source(item) == whose && !waits(item));
    let many = many.count();
    (many > 0).then(|| items.split_at(many))
}

/// Which store it comes from and how: what differs in this can't be put back by one question.
fn source(item: &Item) -> Option<(Service, u16, bool)> {
    match item {
        Item::Request(_) => None,
        Item::Recalled(at) => Some((at.service, at.shard, true)),
        Item::Said(at) => Some((at.service, at.shard, false)),
    }
}

/// A decision that stands in the stream of the shard where it was decided.
fn decided_in(shard: u16, item: &Item) -> Option<Stored> {
    match item {
        Item::Said(at) if at.shard == shard => Some(*at),
        Item::Said(_) | Item::Recalled(_) | Item::Request(_) => None,
    }
}
