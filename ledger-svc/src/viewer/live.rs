//! `/live`: lists that are sent again when they have changed.
//!
//! One task polls for all listeners, and only while there are any. However many pages are open, and whatever their filters, it
//! rests [`REST`] times as long as it has worked: money goes first. Listeners of the same list are sent the same text.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::stream;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::debug;
use wallet_db::Result;
use wallet_db::stored::as_of;
use wallet_runtime::extract::FormParams;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use super::list::{self, ROWS};
use super::sse;
use crate::handler::Ledger;
use crate::listing::query::ListQuery;

/// The minimum time between two polls.
const LOOK: Duration = Duration::from_millis(400);
/// How many times as long as it has worked the task rests. So it takes a thirtieth of one processor.
const REST: u32 = 30;
/// Poll again after this time even if nothing was heard: a flow may have become stuck.
const AGAIN: Duration = Duration::from_secs(5);
/// How many different lists are polled, and how many pages may listen to one.
const LISTS: usize = 32;
const LISTENERS: usize = 256;

type Text = Option<Arc<str>>;
/// By filter, in its normal form.
type Lists = BTreeMap<String, (ListQuery, watch::Sender<Text>)>;

/// The lists, with their listeners.
#[derive(Clone, Debug, Default)]
pub(super) struct Live(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    lists: Mutex<Lists>,
    somebody: Notify,
}

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new().route("/live", get(listen))
}

impl Live {
    /// Listens to a list.
    fn subscribe(&self, query: &ListQuery) -> Result<watch::Receiver<Text>, Problem> {
        let key = format!("{:?}", query.fields());
        let mut lists = self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|_, (_, sender)| sender.receiver_count() > 0);
        let is_full = lists.len() >= LISTS && !lists.contains_key(&key);
        let (_, sender) = lists
            .entry(key)
            .or_insert_with(|| (query.clone(), watch::channel(None).0));
        if is_full || sender.receiver_count() >= LISTENERS {
            return Err(Problem::unavailable(
                "too many pages are open: this one is not updated live",
            ));
        }
        let mut receiver = sender.subscribe();
        receiver.mark_changed();
        self.0.somebody.notify_one();
        Ok(receiver)
    }

    /// The lists that have listeners.
    fn listened(&self) -> Vec<(ListQuery, watch::Sender<Text>)> {
        let mut lists = self.0.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|_, (_, sender)| sender.receiver_count() > 0);
        lists.values().cloned().collect()
    }
}

/// Sends a list whenever it has changed.
async fn listen(
    State(running): Ledger,
    Extension(live): Extension<Live>,
    FormParams(query): FormParams<ListQuery>,
) -> Result<Response, Problem> {
    query.read((running.clock)())?;
    query.limit(ROWS)?;
    let receiver = live.subscribe(&query)?;
    let events = stream::unfold(receiver, async |mut receiver| {
        loop {
            receiver.changed().await.ok()?;
            let text = receiver.borrow_and_update().clone();
            if let Some(text) = text {
                return Some((sse::fill(&text), receiver));
            }
        }
    });
    Ok(sse::answer(events))
}

/// Polls for all listeners.
pub(super) async fn look(running: Arc<Running>, live: Live) {
    let (mut seen, mut seen_at) = (Vec::new(), Instant::now());
    loop {
        let lists = live.listened();
        if lists.is_empty() {
            live.0.somebody.notified().await;
            continue;
        }
        let started = Instant::now();
        let now = positions(&running).await.unwrap_or_default();
        let all = now != seen || seen_at.elapsed() >= AGAIN;
        for (query, sender) in lists {
            if all || sender.borrow().is_none() {
                send(&running, &query, &sender).await;
            }
        }
        if all {
            (seen, seen_at) = (now, started);
        }
        tokio::time::sleep(LOOK.max(started.elapsed() * REST)).await;
    }
}

async fn positions(running: &Running) -> Result<Vec<i64>> {
    let mut positions = Vec::new();
    for (_, pool) in &running.pools {
        positions.push(as_of(&mut pool.acquire().await?).await?.sequence);
    }
    Ok(positions)
}

async fn send(running: &Running, query: &ListQuery, sender: &watch::Sender<Text>) {
    match list::now(running, query).await {
        Ok(rows) => {
            let rows: Arc<str> = rows.into();
            sender.send_if_modified(|sent| {
                let is_new = sent.as_ref() != Some(&rows);
                *sent = Some(rows);
                is_new
            });
        }
        Err(problem) => debug!("a list can't be read: {}", problem.detail()),
    }
}
