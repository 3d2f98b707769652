//! The services' endpoints for healing a stream.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::shard::Shard;

use super::{Api, Error, MAX_ROWS, rows};

impl Api {
    /// The progress of any service.
    pub async fn store(&self) -> Result<Store, Error> {
        self.get("v1/store", &[]).await
    }

    /// Any service's decisions on a shard after number `after`.
    pub async fn decisions(&self, shard: u16, after: i64) -> Result<Decisions, Error> {
        let query = [
            ("shard", Some(shard.to_string())),
            ("after", Some(after.to_string())),
        ];
        self.get("v1/store/events", &query).await
    }

    /// The ledger's records of a shard's log after `after`.
    pub async fn recorded(&self, shard: u16, after: i64) -> Result<RecordPage, Error> {
        let (shard, after) = (Some(shard.to_string()), Some(after.to_string()));
        self.get("v1/log", &[("shard", shard), ("after", after), rows(MAX_ROWS)])
            .await
    }

    /// Makes any service extend a shard's stream to a position.
    pub async fn reach(&self, place: Position) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/reach", &place).await?;
        Ok(())
    }

    /// Makes a service publish decisions again.
    pub async fn publish(&self, again: &Republish) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/publish", again).await?;
        Ok(())
    }

    /// Stops a service from sending copies to other shards, or extends such a pause.
    pub async fn pause(&self, pausing: Pausing) -> Result<Paused, Error> {
        self.post("v1/store/pause", &pausing).await
    }

    /// Ends a pause.
    pub async fn resume(&self, pausing: Pausing) -> Result<Resumed, Error> {
        self.post("v1/store/resume", &pausing).await
    }

    /// Makes a service continue after a position, because the messages that it had read are lost.
    pub async fn go_on(&self, place: Position) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/position", &place).await?;
        Ok(())
    }
}

/// A pause of the copies to other shards.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pausing {
    /// Its number, which the caller chooses.
    pub pause: u64,
}

/// A pause that has begun, or was extended.
#[derive(Clone, Debug, Deserialize)]
pub struct Paused {
    /// The shards that the instance works on.
    pub working_on: Vec<u16>,
}

/// A pause that has ended.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Resumed {
    /// Whether it lasted until now.
    pub lasted: bool,
}

/// The progress of a service.
#[derive(Clone, Debug, Deserialize)]
pub struct Store {
    /// Its name.
    pub service: String,
    /// Its shards.
    pub shards: Vec<StoredShard>,
}

impl Store {
    /// The sequence from which the stream of `shard` must hold every message.
    pub fn whole_from(&self, shard: Shard) -> u64 {
        let stored = self.shards.iter().find(|stored| stored.shard == shard.0);
        stored.map_or(1, |stored| stored.whole_from)
    }
}

/// The service's progress on one shard.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredShard {
    /// The shard.
    pub shard: u16,
    /// The sequence of the last message that was handled.
    pub position: u64,
    /// When that message was stored.
    pub at: Timestamp,
    /// The sequence from which its stream must hold every message; an older service omits it.
    #[serde(default = "beginning")]
    pub whole_from: u64,
    /// `working`, `lost-data`, ….
    pub state: String,
}

fn beginning() -> u64 {
    1
}

/// Decisions, in the order of their numbers.
#[derive(Clone, Debug, Deserialize)]
pub struct Decisions {
    /// The decisions, up to the limit of one response.
    pub events: Vec<Decision>,
    /// The value of `after` for the next page.
    pub next: Option<i64>,
}

/// A stored decision, without its content.
#[derive(Clone, Debug, Deserialize)]
pub struct Decision {
    /// Its number.
    pub no: i64,
    /// Its id.
    pub id: Uuid,
    /// Its cause.
    pub cause: Uuid,
    /// When it was decided.
    pub time: Timestamp,
    /// The shards whose streams must hold it.
    pub to: Vec<u16>,
    /// Whether it can answer a request.
    pub answers: bool,
}

/// The ledger's records of a shard's log.
#[derive(Debug, Deserialize)]
pub struct RecordPage {
    /// The records, in log order.
    pub records: Vec<Record>,
    /// The value of `after` for the next page.
    pub next: Option<i64>,
}

/// One recorded request or event.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// The request, if it is one.
    pub request: Option<RecordedRequest>,
}

/// A request as its client sent it.
#[derive(Debug, Deserialize)]
pub struct RecordedRequest {
    /// The verb.
    pub verb: String,
    /// The account whose authority was used.
    pub account: String,
    /// The client's name for it.
    pub transfer: Uuid,
    /// The trace of its flow, for the first request of a flow.
    pub trace: Option<String>,
    /// The JSON.
    pub body: Box<RawValue>,
}

/// A place in a shard's stream.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// The sequence.
    pub position: u64,
}

/// The decisions that a service is to publish again.
#[derive(Clone, Debug, Serialize)]
pub struct Republish {
    /// The shard that decided them.
    pub shard: u16,
    /// The shard whose stream they go to.
    pub to: u16,
    /// Their numbers.
    pub events: Vec<i64>,
    /// Publish the requests that they answer, not the decisions themselves.
    pub recall: bool,
}
