//! A shard's stream: created if it does not exist, rejected if its settings are wrong.

use async_nats::connection::State as Connection;
use async_nats::jetstream::response::Response;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tracing::info;
use wallet_contract::shard::Shard;
use wallet_contract::stream::{self, Found, Settings};
use wallet_contract::subject::fill;
use wallet_engine::bus::{Error, Known, Loss};

use super::{JetStream, nats};

/// The body of a message that takes the place of a lost one: an envelope without events.
const EMPTY: &str = "[]";
/// How many of them are in flight at once.
const FILLED_AT_ONCE: usize = 256;

impl JetStream {
    /// Creates the stream if nothing of it has been read yet, then checks its settings and that it reaches the position.
    pub(super) async fn open_stream(&self, shard: Shard, known: Known) -> Result<(), Error> {
        let (settings, position) = (self.settings(shard), known.position);
        let found = match self.found(&settings.name).await? {
            Some(found) => found,
            None if position > 0 => return Err(lost(&settings, Loss::Gone { position })),
            None => self.create(&settings, 1).await?,
        };
        valid(&settings, &found, known.whole_from)?;
        let (first, last) = (found.state.first, found.state.last);
        if last < position || first > position.saturating_add(1) {
            let how = Loss::Short {
                first,
                last,
                position,
            };
            return Err(lost(&settings, how));
        }
        Ok(())
    }

    /// Checks a stream that must exist.
    pub(super) async fn check_stream(&self, shard: Shard, whole_from: u64) -> Result<(), Error> {
        let settings = self.settings(shard);
        match self.found(&settings.name).await? {
            Some(found) => valid(&settings, &found, whole_from),
            None => Err(Error::Unfit(format!("stream {} does not exist", settings.name))),
        }
    }

    /// Whether `shard`'s stream lacks messages that it must hold.
    pub async fn lacks_messages(&self, shard: Shard, whole_from: u64) -> Result<bool, Error> {
        let found = self.found(&stream::name(shard)).await?;
        Ok(found.is_some_and(|found| found.state.missing(found.must_hold_from(whole_from)) > 0))
    }

    /// Whether `shard`'s stream begins after a position.
    pub async fn begins_after(&self, shard: Shard, position: u64) -> Result<bool, Error> {
        let found = self.found(&stream::name(shard)).await?;
        Ok(found.is_some_and(|found| found.state.first > position))
    }

    /// Extends `shard`'s stream to `position`: a missing stream is recreated to begin after it, a shorter one is filled up with
    /// messages that nobody reads. So whatever is put back gets sequences that were never used before.
    pub async fn reach(&self, shard: Shard, position: u64) -> Result<u64, Error> {
        let settings = self.settings(shard);
        let Some(found) = self.found(&settings.name).await? else {
            self.create(&settings, position.saturating_add(1)).await?;
            return Ok(position);
        };
        let missing = position.saturating_sub(found.state.last);
        for filled in (0..missing).step_by(FILLED_AT_ONCE) {
            let many = (missing - filled).min(FILLED_AT_ONCE as u64);
            let empty = || self.fill(shard);
            try_join_all((0..many).map(|_| empty())).await?;
        }
        Ok(found.state.last.max(position))
    }

    async fn fill(&self, shard: Shard) -> Result<(), Error> {
        let sent = self.context.publish(fill(shard), EMPTY.into()).await;
        sent.map_err(nats)?.await.map_err(nats)?;
        Ok(())
    }

    /// Rejects a number of shards other than the one that the wallet was created with, before any stream or database is created.
    /// If that can't be checked now, it is when a shard opens its stream.
    pub async fn agrees_on_shards(&self) -> Result<(), Error> {
        let shards = self.shards.count().to_string();
        for shard in self.shards.all() {
            let name = stream::name(shard);
            let Ok(Some(found)) = self.found(&name).await else {
                continue;
            };
            let Some(made_with) = stream::shards_of(&found.config).filter(|made_with| *made_with != shards)
            else {
                continue;
            };
            return Err(Error::Unfit(format!(
                "--shards {shards} (WALLET_SHARDS): stream {name} was created for a wallet with {made_with} shards, and \
                 that number can't change; use {made_with}, or the NATS server of another wallet"
            )));
        }
        Ok(())
    }

    fn settings(&self, shard: Shard) -> Settings {
        stream::settings(shard, self.shards, self.replicas)
    }

    async fn create(&self, settings: &Settings, first: u64) -> Result<Found, Error> {
        info!(stream = %settings.name, first, "creating stream {}", settings.name);
        let mut config = settings.config();
        config.insert("first_seq".to_owned(), first.into());
        let subject = format!("STREAM.CREATE.{}", settings.name);
        match self.context.request(subject, &config).await.map_err(nats)? {
            Response::Ok(found) => Ok(found),
            Response::Err { error } => Err(nats(error)),
        }
    }

    async fn found(&self, name: &str) -> Result<Option<Found>, Error> {
        let found = self.ask(name, &json!({})).await?;
        match found {
            // The list of missing messages is long, and seldom needed.
            Some(found) if found.state.gaps() > 0 => {
                self.ask(name, &json!({ "deleted_details": true })).await
            }
            found => Ok(found),
        }
    }

    async fn ask(&self, name: &str, details: &Value) -> Result<Option<Found>, Error> {
        // Without a connection, a request would wait for one until it times out.
        if self.context.client().connection_state() != Connection::Connected {
            return Err(nats("no connection to the server"));
        }
        let subject = format!("STREAM.INFO.{name}");
        match self.context.request(subject, details).await.map_err(nats)? {
            Response::Ok(found) => Ok(Some(found)),
            Response::Err { error } if error.code() == 404 => Ok(None),
            Response::Err { error } if error.code() == 503 => Err(Error::Unfit(format!(
                "the NATS server has no JetStream ({error}): start it with `jetstream {{ … }}` in its configuration"
            ))),
            Response::Err { error } => Err(nats(error)),
        }
    }
}

fn lost(settings: &Settings, how: Loss) -> Error {
    Error::LostData {
        stream: settings.name.clone(),
        how,
    }
}

/// Checks that a stream has the required settings and lacks nothing.
fn valid(settings: &Settings, found: &Found, whole_from: u64) -> Result<(), Error> {
    let wrong = settings.differences(&found.config);
    if !wrong.is_empty() {
        let (name, wrong) = (&settings.name, wrong.join("; "));
        return Err(Error::Unfit(format!("stream {name} has wrong settings: {wrong}")));
    }
    let from = found.must_hold_from(whole_from);
    match found.state.missing(from) {
        0 => Ok(()),
        missing => {
            let (first, last) = (found.state.first, found.state.last);
            let how = Loss::Missing {
                missing,
                from,
                first,
                last,
            };
            Err(lost(settings, how))
        }
    }
}

#[cfg(test)]
mod tests;
