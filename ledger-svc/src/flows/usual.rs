//! How long a reaction usually takes, measured on a few flows before the one that waits for it. Looked up when asked for.

use wallet_db::{Db, Result};
use wallet_view::flow::{Event, Expected};

use super::list::{Filter, newest};
use super::steps;

/// How many flows are looked at.
const FLOWS: i64 = 20;

/// Adds to each expectation how long it usually takes, if one of those flows had such a reaction.
pub(crate) async fn add(
    db: &mut Db,
    shard: u16,
    no: i64,
    after: &[Event],
    expected: &mut [Expected],
) -> Result<()> {
    if expected.is_empty() {
        return Ok(());
    }
    let mut earlier = Vec::new();
    for flow in newest(db, &Filter::default(), no, FLOWS).await?.flows {
        earlier.push(steps::events(db, &flow, shard).await?);
    }
    for expected in expected {
        let kind = after
            .iter()
            .find(|event| event.id == expected.after)
            .map(|event| &event.kind);
        let mut took: Vec<i64> = earlier
            .iter()
            .flat_map(|events| reactions(events, kind, &expected.service))
            .collect();
        took.sort_unstable();
        expected.usually_us = took.get(took.len() / 2).copied();
    }
    Ok(())
}

/// How long a service took to react to events of a kind, from the log of one flow.
fn reactions<'e>(
    events: &'e [Event],
    kind: Option<&'e String>,
    service: &'e str,
) -> impl Iterator<Item = i64> + 'e {
    let causes = events.iter().filter(move |event| Some(&event.kind) == kind);
    causes.flat_map(move |cause| {
        let by_it = |event: &&Event| event.source.split('/').nth(1) == Some(service);
        let effects = events
            .iter()
            .filter(move |event| event.cause == Some(cause.id))
            .filter(by_it);
        effects.map(|effect| effect.recorded_us().saturating_sub(cause.recorded_us()))
    })
}
