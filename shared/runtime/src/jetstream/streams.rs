//! A shard's stream: made if it is not there, and refused if it is not as it must be.

use async_nats::jetstream::context;
use async_nats::jetstream::stream::{Config, Info};
use futures_util::future::try_join_all;
use tracing::info;
use wallet_contract::shard::Shard;
use wallet_contract::stream::{self, Settings};
use wallet_contract::subject::{Service, envelopes};

use super::settings::{config, differences};
use super::{JetStream, nats};
use crate::bus::{Bus as _, Error, Loss};

/// An envelope without events: everybody can read it, and nobody hears anything.
const EMPTY: &str = "[]";
/// How many of them are on their way at once.
const FILLED_AT_ONCE: usize = 256;

impl JetStream {
    /// Checks that a stream is there, as it must be, and reaches to `position`.
    pub(super) async fn check_stream(&self, settings: Settings, position: u64) -> Result<(), Error> {
        let lost = |how| Error::LostData {
            stream: settings.name.clone(),
            how,
        };
        let info = match self.found(&settings.name).await? {
            Some(info) => info,
            None if position > 0 => return Err(lost(Loss::Gone { position })),
            None => self.create(&settings, 1).await?,
        };
        let wrong = differences(&settings, &info.config);
        if !wrong.is_empty() {
            let (name, wrong) = (&settings.name, wrong.join("; "));
            return Err(Error::Unfit(format!(
                "stream {name} is not as it must be: {wrong}"
            )));
        }
        let (first, last) = (info.state.first_sequence, info.state.last_sequence);
        if last < position || first > position.saturating_add(1) {
            return Err(lost(Loss::Short {
                first,
                last,
                position,
            }));
        }
        Ok(())
    }

    /// Makes `shard`'s stream reach to `position`: one that is gone is made anew and begins behind it, one that is shorter is
    /// filled up with envelopes that hold nothing. What is put back then stands where nothing has ever stood.
    pub(crate) async fn reach(&self, shard: Shard, service: Service, position: u64) -> Result<u64, Error> {
        let settings = stream::settings(shard, self.shards, self.replicas);
        let Some(info) = self.found(&settings.name).await? else {
            self.create(&settings, position.saturating_add(1)).await?;
            return Ok(position);
        };
        let missing = position.saturating_sub(info.state.last_sequence);
        for filled in (0..missing).step_by(FILLED_AT_ONCE) {
            let many = (missing - filled).min(FILLED_AT_ONCE as u64);
            let empty = || self.publish(envelopes(shard, service), EMPTY.into(), None);
            try_join_all((0..many).map(|_| empty())).await?;
        }
        Ok(info.state.last_sequence.max(position))
    }

    async fn create(&self, settings: &Settings, first: u64) -> Result<Info, Error> {
        info!(stream = %settings.name, first, "creating stream {}", settings.name);
        let config = Config {
            first_sequence: Some(first),
            ..config(settings)
        };
        let stream = self.context.create_stream(config).await.map_err(nats)?;
        Ok(stream.cached_info().clone())
    }

    async fn found(&self, name: &str) -> Result<Option<Info>, Error> {
        match self.context.get_stream(name).await {
            Ok(stream) => Ok(Some(stream.cached_info().clone())),
            Err(error) => match error.kind() {
                context::GetStreamErrorKind::JetStream(code) if code.code() == 404 => Ok(None),
                context::GetStreamErrorKind::JetStream(code) if code.code() == 503 => {
                    Err(Error::Unfit(format!(
                        "the NATS server has no JetStream ({code}): start it with `jetstream {{ … }}` in its configuration"
                    )))
                }
                context::GetStreamErrorKind::EmptyName
                | context::GetStreamErrorKind::Request
                | context::GetStreamErrorKind::InvalidStreamName
                | context::GetStreamErrorKind::JetStream(_) => Err(nats(error)),
            },
        }
    }
}
