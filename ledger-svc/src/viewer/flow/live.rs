//! A flow that has not ended, sent again whenever something has changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::Instant;
use wallet_contract::id::TransferId;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;
use wallet_runtime::question::{Asked, Named};
use wallet_view::flow::Flow;

use super::{Question, View, page};
use crate::api::Ledger;
use crate::flows::whole;

/// Between two looks, at least.
const LOOK: Duration = Duration::from_millis(500);
/// And so many times as long as the last one took, so that pages never cost more than a bounded part of the machine.
const REST: u32 = 30;
/// Between two answers although nothing has happened: what is waited for is waited for longer.
const AGAIN: u32 = 4;

struct Watch {
    running: Arc<Running>,
    id: TransferId,
    asked: Question,
    /// What was sent last, and how often nothing had changed since.
    sent: Option<(usize, bool)>,
    still: u32,
    rest: Duration,
}

/// Sends the page's content anew until the flow has ended. Who asks about one that has, is told to stop asking (204).
pub(super) async fn live(
    State(running): Ledger,
    Named(id): Named,
    Asked(asked): Asked<Question>,
) -> Result<Response, Problem> {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let watch = Watch {
        running,
        id,
        asked,
        sent: None,
        still: 0,
        rest: LOOK,
    };
    if watch.flow().await?.ended_at.is_some() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let events = stream::unfold(watch, async |watch| watch.next().await);
    Ok(Sse::new(Box::pin(events))
        .keep_alive(KeepAlive::default())
        .into_response())
}

impl Watch {
    async fn flow(&self) -> Result<Flow, Problem> {
        let found = whole::with_id(&self.running, self.id, self.asked.payer.as_deref()).await?;
        Box::pin(whole::only(self.id, found)?.whole(&self.running)).await
    }

    /// Waits until something has changed. The stream ends behind the flow's end, or when the books don't answer; a browser
    /// then asks again.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.sent.is_some_and(|(_, ended)| ended) {
            return None;
        }
        loop {
            tokio::time::sleep(self.rest).await;
            let began = Instant::now();
            let flow = self.flow().await.ok()?;
            self.rest = LOOK.max(began.elapsed() * REST);
            let now = Some((flow.events.len(), flow.ended_at.is_some()));
            self.still += 1;
            if now == self.sent && self.still < AGAIN {
                continue;
            }
            (self.sent, self.still) = (now, 0);
            let view = View::new(&self.running, &flow, &self.asked);
            // A line of a stream ends at a carriage return, and no page needs one.
            let text = page::body(&view).into_string().replace('\r', " ");
            return Some((Ok(Event::default().event("fill").data(text)), self));
        }
    }
}
