//! The state of a shard's stream, as the server reports it.

use async_nats::jetstream::response::Response;
use serde_json::{Value, json};
use wallet_contract::shard::Shard;
use wallet_contract::stream::{self, Found};

use super::Connection;
use crate::Error;

impl Connection {
    /// A shard's stream, with its missing messages; none if it does not exist.
    pub async fn stream(&self, shard: Shard) -> Result<Option<Found>, Error> {
        let found = self.ask(shard, &json!({})).await?;
        match found {
            // The list of missing messages is long, and seldom needed.
            Some(found) if found.state.gaps() > 0 => {
                self.ask(shard, &json!({ "deleted_details": true })).await
            }
            found => Ok(found),
        }
    }

    async fn ask(&self, shard: Shard, details: &Value) -> Result<Option<Found>, Error> {
        let name = stream::name(shard);
        let answer = self.context.request(format!("STREAM.INFO.{name}"), details).await;
        match answer.map_err(|error| Error::Stream(format!("stream {name}: {error}")))? {
            Response::Ok(found) => Ok(Some(found)),
            Response::Err { error } if error.code() == 404 => Ok(None),
            Response::Err { error } => Err(Error::Stream(format!("stream {name}: {error}"))),
        }
    }
}
