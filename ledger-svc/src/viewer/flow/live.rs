//! A flow that has not ended, sent again whenever it has changed.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use tokio::time::Instant;
use wallet_contract::id::TransferId;
use wallet_runtime::extract::{FormParams, PathParam};
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;
use wallet_view::flow::Flow;

use super::super::sse;
use super::{Query, View, page};
use crate::handler::Ledger;
use crate::whole;

/// The minimum time between two polls.
const LOOK: Duration = Duration::from_millis(500);
/// The pause is also at least this many times as long as the last poll, so that pages only ever use a bounded part of the machine.
const REST: u32 = 30;
/// After this many polls without a change the page is sent anyway, since the times shown for pending steps have grown.
const AGAIN: u32 = 4;

struct Watch {
    running: Arc<Running>,
    id: TransferId,
    query: Query,
    sent: Sent,
    /// The number of polls since then without a change.
    still: u32,
    rest: Duration,
}

/// What was sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    /// The flow with this many events.
    Running(usize),
    /// The flow with its end.
    Ended,
    /// The message that nothing more will come.
    End,
}

/// Sends the page's content anew until the flow has ended, and then says that nothing more will come. The flow may have ended since
/// the page was read, so its end is sent in any case.
pub(super) async fn live(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Response, Problem> {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let mut watch = Watch {
        running,
        id,
        query,
        sent: Sent::Nothing,
        still: 0,
        rest: LOOK,
    };
    let flow = watch.flow().await?;
    View::new(&watch.running, &flow, &watch.query)?;
    if flow.ended_at.is_some() {
        watch.rest = Duration::ZERO;
    }
    Ok(sse::answer(stream::unfold(watch, async |watch| {
        watch.next().await
    })))
}

impl Watch {
    async fn flow(&self) -> Result<Flow, Problem> {
        let found = whole::with_id(&self.running, self.id, self.query.payer.as_deref()).await?;
        Box::pin(whole::only(self.id, found)?.whole(&self.running)).await
    }

    /// Waits until something has changed. The stream ends after the flow's end, or if the books do not answer; a browser then
    /// reconnects.
    async fn next(mut self) -> Option<(Event, Self)> {
        match self.sent {
            Sent::Nothing | Sent::Running(_) => {}
            Sent::Ended => {
                self.sent = Sent::End;
                return Some((sse::end(), self));
            }
            Sent::End => return None,
        }
        loop {
            tokio::time::sleep(self.rest).await;
            let began = Instant::now();
            let flow = self.flow().await.ok()?;
            self.rest = LOOK.max(began.elapsed() * REST);
            let now = match flow.ended_at {
                Some(_) => Sent::Ended,
                None => Sent::Running(flow.events.len()),
            };
            self.still += 1;
            if now == self.sent && self.still < AGAIN {
                continue;
            }
            (self.sent, self.still) = (now, 0);
            let view = View::among_others(&self.running, &flow, &self.query);
            let view = Box::pin(view).await.ok()?;
            return Some((sse::fill(&page::body(&view).into_string()), self));
        }
    }
}
