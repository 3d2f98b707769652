//! Periodically checks that the stream is intact, alongside the work or while standing by.

use std::time::Duration;

use tokio::time::sleep;
use tracing::{debug, info};

use super::Context;
use crate::bus::{self, Bus};
use crate::status::State;

/// The pause between two checks. A setting that loses messages does so at once, and one request to the server costs next to nothing.
const LOOK: Duration = Duration::from_secs(2);

/// Checks until the stream is no longer intact. If the server can't be reached, reading and publishing will report that.
pub(super) async fn until_unfit<B: Bus>(context: &Context<B>, whole_from: u64) -> bus::Error {
    let shard = context.place.shard;
    loop {
        sleep(LOOK).await;
        match context.bus.check(shard, whole_from).await {
            Ok(()) => {}
            Err(error @ (bus::Error::Unfit(_) | bus::Error::LostData { .. })) => return error,
            Err(error @ (bus::Error::Nats(_) | bus::Error::Gap { .. })) => {
                debug!(%shard, "the stream of shard {shard} can't be checked: {error}");
            }
        }
    }
}

/// Stands by for the instance that works on the shard, and reports whether this one could take over: its database has just answered;
/// this checks the log.
pub(super) async fn stand_by<B: Bus>(context: &Context<B>, by: &str, expires_in_ms: i64, whole_from: u64) {
    let shard = context.place.shard;
    let state = match context.bus.check(shard, whole_from).await {
        Ok(()) => State::Standby(format!(
            "{by} works on this shard; its lease expires in {expires_in_ms} ms"
        )),
        Err(error @ bus::Error::LostData { .. }) => State::LostData(error.to_string()),
        Err(error @ (bus::Error::Unfit(_) | bus::Error::Nats(_) | bus::Error::Gap { .. })) => {
            State::Failed(format!("standing by for {by}, but could not take over: {error}"))
        }
    };
    let before = context
        .board
        .read()
        .remove(&shard)
        .map(|(state, _)| state.to_string());
    if before.as_deref() != Some(&*state.to_string()) {
        info!(%shard, holder = by, "shard {shard}: {state}: {}", state.detail());
    }
    context.board.set(shard, state);
}
