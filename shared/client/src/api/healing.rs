//! What the services answer when a stream is to be healed.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::shard::Shard;

use super::{Api, Error, MAX_ROWS, rows};

impl Api {
    /// How far any service has come.
    pub async fn store(&self) -> Result<Store, Error> {
        self.get("v1/store", &[]).await
    }

    /// What any service has decided on a shard behind number `after`.
    pub async fn decisions(&self, shard: u16, after: i64) -> Result<Decisions, Error> {
        let query = [
            ("shard", Some(shard.to_string())),
            ("after", Some(after.to_string())),
        ];
        self.get("v1/store/events", &query).await
    }

    /// What the ledger has recorded of a shard's log behind `after`.
    pub async fn recorded(&self, shard: u16, after: i64) -> Result<RecordPage, Error> {
        let (shard, after) = (Some(shard.to_string()), Some(after.to_string()));
        self.get("v1/log", &[("shard", shard), ("after", after), rows(MAX_ROWS)])
            .await
    }

    /// Has any service make a shard's stream reach to a position.
    pub async fn reach(&self, place: Position) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/reach", &place).await?;
        Ok(())
    }

    /// Has a service publish decisions again.
    pub async fn publish(&self, again: &Again) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/publish", again).await?;
        Ok(())
    }

    /// Has a service go on behind a position, because what it had read is lost.
    pub async fn go_on(&self, place: Position) -> Result<(), Error> {
        let IgnoredAny = self.post("v1/store/position", &place).await?;
        Ok(())
    }
}

/// How far a service has come.
#[derive(Clone, Debug, Deserialize)]
pub struct Store {
    /// Its name.
    pub service: String,
    /// Each of its shards.
    pub shards: Vec<StoredShard>,
}

impl Store {
    /// From where on the stream of `shard` must hold every message.
    pub fn whole_from(&self, shard: Shard) -> u64 {
        let stored = self.shards.iter().find(|stored| stored.shard == shard.0);
        stored.map_or(1, |stored| stored.whole_from)
    }
}

/// How far it has come with one shard.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredShard {
    /// The shard.
    pub shard: u16,
    /// The sequence of the last message that was handled.
    pub position: u64,
    /// When that message was stored.
    pub at: Timestamp,
    /// The number up to which decisions have been published.
    pub published: i64,
    /// From where on its stream must hold every message; an older service does not say.
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
    /// At most as many as one answer lists.
    pub events: Vec<Decision>,
    /// Where to go on.
    pub next: Option<i64>,
}

/// A stored decision, without its content.
#[derive(Clone, Debug, Deserialize)]
pub struct Decision {
    /// Its number.
    pub no: i64,
    /// Its id.
    pub id: Uuid,
    /// What it answers.
    pub cause: Uuid,
    /// When it was decided.
    pub time: Timestamp,
    /// Which shards' streams must hold it.
    pub to: Vec<u16>,
    /// Whether it can answer a request.
    pub answers: bool,
}

/// What the ledger has recorded of a shard's log.
#[derive(Debug, Deserialize)]
pub struct RecordPage {
    /// In the log's order.
    pub records: Vec<Record>,
    /// Where to go on.
    pub next: Option<i64>,
}

/// One request or event.
#[derive(Debug, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: Uuid,
    /// What was asked, of a request.
    pub request: Option<RecordedRequest>,
}

/// A request as its client sent it.
#[derive(Debug, Deserialize)]
pub struct RecordedRequest {
    /// What was asked.
    pub verb: String,
    /// With whose authority.
    pub account: String,
    /// The client's name for it.
    pub transfer: Uuid,
    /// Its flow's trace, of a flow's first request.
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

/// Which decisions a service is to publish again.
#[derive(Clone, Debug, Serialize)]
pub struct Again {
    /// Of which of its shards.
    pub shard: u16,
    /// Into which shard's stream.
    pub to: u16,
    /// Their numbers.
    pub events: Vec<i64>,
    /// Not the decisions, but the requests that they answer.
    pub recall: bool,
}
