//! The endpoints behind `wallet backup`: while a backup reads the streams one after the other, no decision is copied from one to another.
//! So every copy in the backup has its original there.
//!
//! | request | does |
//! |---|---|
//! | `POST /v1/store/pause` | stops sending copies, for a few seconds; repeated with the number of the pause, extends it |
//! | `POST /v1/store/resume` | ends the pause, and tells whether it lasted until now |

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::info;

use crate::extract::JsonBody;
use crate::problem::Problem;
use crate::running::Running;

/// How long a pause lasts unless it is extended.
const LASTS: Duration = Duration::from_secs(15);
/// How long to wait for copies that are being sent.
const SENT_WITHIN: Duration = Duration::from_secs(10);

/// Pauses of the copies to other shards.
#[derive(Clone, Debug, Default)]
pub struct Pauses {
    gate: Arc<RwLock<()>>,
    current: Arc<Mutex<Option<Pause>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pause {
    number: u64,
    until: Instant,
}

impl Pauses {
    /// What the senders of copies must hold while they send.
    pub(crate) fn gate(&self) -> Arc<RwLock<()>> {
        Arc::clone(&self.gate)
    }

    fn current(&self) -> MutexGuard<'_, Option<Pause>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a pause once no copy is being sent any more; none if one is being sent for too long, or if there is a pause already.
    async fn begin(&self, number: u64) -> Option<()> {
        let closed = timeout(SENT_WITHIN, Arc::clone(&self.gate).write_owned())
            .await
            .ok()?;
        let until = Instant::now() + LASTS;
        *self.current() = Some(Pause { number, until });
        let pauses = self.clone();
        tokio::spawn(async move {
            while let Some(pause) = pauses.end_if_over() {
                sleep_until(pause.until).await;
            }
            drop(closed);
            info!("copies to other shards are sent again");
        });
        Some(())
    }

    /// Removes the pause if its time is over. Otherwise, it is returned.
    fn end_if_over(&self) -> Option<Pause> {
        let mut current = self.current();
        *current = current.filter(|pause| pause.until > Instant::now());
        *current
    }

    /// Extends a pause; tells whether it is the current one.
    fn extend(&self, number: u64, by: Duration) -> bool {
        let mut current = self.current();
        match current.as_mut().filter(|pause| pause.number == number) {
            Some(pause) => {
                pause.until = Instant::now() + by;
                true
            }
            None => false,
        }
    }
}

/// The routes of every service.
pub(crate) fn routes(running: Running) -> Router {
    Router::new()
        .route("/v1/store/pause", post(pause))
        .route("/v1/store/resume", post(resume))
        .with_state(Arc::new(running))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbered {
    /// A number that the caller has chosen.
    pause: u64,
}

async fn pause(
    State(running): State<Arc<Running>>,
    JsonBody(Numbered { pause }): JsonBody<Numbered>,
) -> Result<Json<Value>, Problem> {
    let pauses = &running.pauses;
    if !pauses.extend(pause, LASTS) {
        let late = || {
            Problem::conflict(
                "copies can't be paused: another pause lasts, or a shard's log does not answer".to_owned(),
            )
        };
        pauses.begin(pause).await.ok_or_else(late)?;
        info!("copies to other shards are paused, for a backup");
    }
    let board = running.board.read();
    let working = board.iter().filter(|(_, (state, _))| state.is_working());
    let shards: Vec<u16> = working.map(|(shard, _)| shard.0).collect();
    Ok(Json(json!({ "pause": pause, "working_on": shards })))
}

async fn resume(
    State(running): State<Arc<Running>>,
    JsonBody(Numbered { pause }): JsonBody<Numbered>,
) -> Json<Value> {
    let lasted = running.pauses.extend(pause, Duration::ZERO);
    Json(json!({ "pause": pause, "lasted": lasted }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_waits_for_what_is_being_sent_and_ends_by_itself() {
        let pauses = Pauses::default();
        let sending = pauses.gate.clone().read_owned().await;
        assert!(pauses.begin(1).await.is_none(), "a copy is being sent");
        drop(sending);
        assert!(pauses.begin(1).await.is_some());
        assert!(pauses.gate.try_read().is_err());
        tokio::time::sleep(LASTS / 2).await;
        assert!(pauses.extend(1, LASTS) && !pauses.extend(2, LASTS));
        tokio::time::sleep(LASTS / 4 * 3).await;
        assert!(pauses.gate.try_read().is_err(), "it was extended");
        tokio::time::sleep(LASTS).await;
        assert!(pauses.gate.try_read().is_ok());
        assert!(!pauses.extend(1, LASTS), "it is over");
    }
}
