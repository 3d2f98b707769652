//! A shard's stream: made if it is not there, and refused if it is not as it must be.

use async_nats::jetstream::context;
use async_nats::jetstream::stream::Info;
use tracing::info;
use wallet_contract::stream::Settings;

use super::settings::{config, differences};
use super::{JetStream, nats};
use crate::bus::Error;

impl JetStream {
    /// Checks that a stream is there, as it must be, and reaches to `position`.
    pub(super) async fn check_stream(&self, settings: Settings, position: u64) -> Result<(), Error> {
        let info = self.get_or_create(&settings).await?;
        let wrong = differences(&settings, &info.config);
        if !wrong.is_empty() {
            let (name, wrong) = (&settings.name, wrong.join("; "));
            return Err(Error::Unfit(format!(
                "stream {name} is not as it must be: {wrong}"
            )));
        }
        let last = info.state.last_sequence;
        if last < position || info.state.first_sequence > position.saturating_add(1) {
            return Err(Error::LostData {
                stream: settings.name,
                last,
                position,
            });
        }
        Ok(())
    }

    async fn get_or_create(&self, settings: &Settings) -> Result<Info, Error> {
        match self.context.get_stream(&settings.name).await {
            Ok(stream) => Ok(stream.cached_info().clone()),
            Err(error) => match error.kind() {
                context::GetStreamErrorKind::JetStream(code) if code.code() == 404 => {
                    info!(stream = %settings.name, "creating stream {}", settings.name);
                    let stream = self.context.create_stream(config(settings)).await.map_err(nats)?;
                    Ok(stream.cached_info().clone())
                }
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
