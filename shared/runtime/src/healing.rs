//! The endpoints behind `wallet heal`, for when the broker has lost messages: they tell what a service has stored, and publish it
//! again. No decisions are made here, and nothing that was decided is changed.
//!
//! | request | does |
//! |---|---|
//! | `GET /v1/store` | the progress on each shard |
//! | `GET /v1/store/events?shard=&after=&limit=` | lists decisions, without their content |
//! | `POST /v1/store/reach` | extends a shard's stream to a position |
//! | `POST /v1/store/publish` | publishes stored decisions again, as stored, or the requests that they answer |
//! | `POST /v1/store/position` | advances a shard's position if its stream has lost what was read |

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;
use wallet_contract::envelope;
use wallet_contract::recall::recalled;
use wallet_contract::shard::Shard;
use wallet_contract::skip::Skip;
use wallet_contract::subject::Service;
use wallet_db::stored;
use wallet_engine::bus::{self, Bus as _, Known};
use wallet_engine::status::Board;
use wallet_engine::store::Outgoing;

use crate::extract::{JsonBody, QueryParams};
use crate::problem::Problem;
use crate::reading::pool;
use crate::running::Running;

/// How many decisions one response lists, and one request publishes.
const AT_ONCE: usize = 2_000;

struct Healer {
    service: Service,
    running: Running,
    board: Board,
}

type Here = State<Arc<Healer>>;
type Answer = Result<Json<Value>, Problem>;

/// The routes of every service.
pub(crate) fn routes(service: Service, running: Running, board: Board) -> Router {
    let healer = Healer {
        service,
        running,
        board,
    };
    Router::new()
        .route("/v1/store", get(store))
        .route("/v1/store/events", get(events))
        .route("/v1/store/reach", post(reach))
        .route("/v1/store/publish", post(publish))
        .route("/v1/store/position", post(position))
        .with_state(Arc::new(healer))
}

async fn store(State(healer): Here) -> Answer {
    let board = healer.board.read();
    let mut shards = Vec::new();
    for (shard, pool) in &healer.running.pools {
        let state = board.get(shard).map(|(state, _)| state.to_string());
        let mut db = pool.acquire().await?;
        shards.push(stored::position(&mut db, shard.0, state.unwrap_or_default()).await?);
    }
    Ok(Json(
        json!({ "service": healer.service.name(), "shards": shards }),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    shard: u16,
    after: Option<i64>,
    limit: Option<usize>,
}

async fn events(State(healer): Here, QueryParams(query): QueryParams<Query>) -> Answer {
    let limit = query.limit.unwrap_or(AT_ONCE);
    if !(1..=AT_ONCE).contains(&limit) {
        return Err(Problem::bad_request(format!("limit {limit}: use 1 to {AT_ONCE}")));
    }
    let mut db = pool(&healer.running, Shard(query.shard))?.acquire().await?;
    let one_more = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let mut events = stored::events_after(&mut db, query.after.unwrap_or(0), one_more).await?;
    let is_more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| is_more).map(|last| last.no);
    Ok(Json(json!({ "events": events, "next": next })))
}

/// A position in a shard's stream.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    shard: u16,
    position: u64,
}

async fn reach(State(healer): Here, JsonBody(place): JsonBody<Position>) -> Answer {
    let shard = Shard(place.shard);
    pool(&healer.running, shard)?;
    warn!(%shard, position = place.position, "healing shard {shard}: filling its stream up to {}", place.position);
    let bus = &healer.running.bus;
    let last = bus.reach(shard, place.position).await?;
    Ok(Json(json!({ "shard": shard.0, "last_sequence": last })))
}

/// Which decisions to publish again, and to which shard's stream.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Republish {
    shard: u16,
    to: u16,
    events: Vec<i64>,
    /// Publish the requests that they answer, not the decisions themselves.
    #[serde(default)]
    recall: bool,
}

async fn publish(State(healer): Here, JsonBody(again): JsonBody<Republish>) -> Answer {
    if again.events.len() > AT_ONCE {
        let many = again.events.len();
        return Err(Problem::bad_request(format!(
            "{many} events in one request: the limit is {AT_ONCE}"
        )));
    }
    let mut db = pool(&healer.running, Shard(again.shard))?.acquire().await?;
    let decisions = stored::decisions(&mut db, &again.events).await?;
    let decisions = decisions.map_err(|no| {
        Problem::not_found(format!(
            "{} has no event {no} on shard {}",
            healer.service, again.shard
        ))
    })?;
    drop(db);
    let to = Shard(again.to);
    let outgoing = decisions.into_iter().map(|decision| {
        let only = |decision: Outgoing| Outgoing {
            first: to,
            then: None,
            ..decision
        };
        if again.recall && again.shard == again.to {
            return request_of(&decision).map(only);
        }
        let (no, there) = (
            decision.no,
            [Some(decision.first), decision.then].contains(&Some(to)),
        );
        let never = || Problem::bad_request(format!("event {no} does not belong in shard {to}'s stream"));
        there.then_some(decision).map(only).ok_or_else(never)
    });
    let outgoing: Vec<Outgoing> = outgoing.collect::<Result<_, _>>()?;
    warn!(
        shard = again.shard,
        events = outgoing.len(),
        recall = again.recall,
        "healing: republishing to shard {to}"
    );
    let bus = &healer.running.bus;
    bus.restore(healer.service, Shard(again.shard), to, &outgoing)
        .await?;
    Ok(Json(json!({ "published": outgoing.len() })))
}

/// The request that a decision answers, as far as the decision tells it.
fn request_of(decision: &Outgoing) -> Result<Outgoing, Problem> {
    let none = || Problem::bad_request(format!("event {} does not answer a request", decision.no));
    let event = envelope::read(&decision.json)
        .ok()
        .and_then(|event| recalled(&event));
    let event = event.ok_or_else(none)?;
    Ok(Outgoing {
        id: event.id,
        json: envelope::write(&event),
        ..decision.clone()
    })
}

/// A position may only be changed if its message is lost: skipping readable messages would lose them.
async fn position(State(healer): Here, JsonBody(place): JsonBody<Position>) -> Answer {
    let (shard, position) = (Shard(place.shard), place.position);
    let pool = pool(&healer.running, shard)?;
    let bus = &healer.running.bus;
    let known = stored::known(&mut pool.acquire().await?).await?;
    match bus.ready(shard, known).await {
        Err(bus::Error::LostData { .. }) => {}
        Err(error) => return Err(error.into()),
        Ok(()) => {
            let detail = format!("shard {shard} can continue from its position, which is left unchanged");
            return Err(Problem::conflict(detail));
        }
    }
    let last = bus.last_sequence(shard).await?;
    if position > last {
        let detail = format!("position {position}: the stream of shard {shard} ends at {last}");
        return Err(Problem::bad_request(detail));
    }
    // A stream that was recreated begins after the position: then no message is stored there.
    let at_us = match bus.stored_at(shard, position).await? {
        Some(at_us) => at_us,
        None => (healer.running.clock)().as_microsecond(),
    };
    // If messages were lost from the front or the middle, or all of them, everything is put back after the position.
    let lacks =
        bus.lacks_messages(shard, known.whole_from).await? || bus.begins_after(shard, position).await?;
    let whole_from = if lacks { position + 1 } else { known.whole_from };
    let skip = Skip {
        up_to: position,
        stored_after_us: known.at_us,
        whole_from: lacks.then_some(whole_from),
    };
    bus.skip(healer.service, shard, skip).await?;
    let now_known = Known {
        position,
        at_us,
        whole_from,
    };
    if !stored::set_known(&mut pool.acquire().await?, now_known).await? {
        let detail = format!(
            "position {position}: {} has already read further on shard {shard}",
            healer.service
        );
        return Err(Problem::conflict(detail));
    }
    warn!(%shard, position, "healing shard {shard}: continuing after {position}");
    Ok(Json(json!({ "shard": shard.0, "position": position })))
}
