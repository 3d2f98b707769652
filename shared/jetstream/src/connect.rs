//! Connects, and logs the connection's events.

use std::time::Duration;

use async_nats::Event;
use async_nats::jetstream::context;
use tracing::{info, warn};
use wallet_contract::shard::Shards;
use wallet_engine::bus::Error;
use wallet_nats::{Reached, Route, Settings};

use super::JetStream;

/// How long a publish may wait for its acknowledgement before it is repeated.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

impl JetStream {
    /// Connects, and checks that the server meets the requirements.
    pub async fn connect(
        settings: &Settings,
        name: &str,
        shards: Shards,
        replicas: usize,
    ) -> Result<Self, Error> {
        let Reached { client, host, lost } = reach(settings, name).await.map_err(bus_error)?;
        info!("NATS: connected to {host}");
        let mut context = context::ContextBuilder::new()
            .timeout(ACK_TIMEOUT)
            .ack_timeout(ACK_TIMEOUT)
            .max_ack_inflight(256)
            .build(client);
        context.set_timeout(ACK_TIMEOUT);
        Ok(Self {
            context,
            lost,
            shards,
            replicas,
        })
    }
}

async fn reach(settings: &Settings, name: &str) -> Result<Reached, wallet_nats::Error> {
    Route::of(settings)?.connect(name, log).await
}

/// Converts a connection error into a bus error.
pub(super) fn bus_error(error: wallet_nats::Error) -> Error {
    match error {
        wallet_nats::Error::Unreachable(text) => Error::Nats(text),
        wallet_nats::Error::Settings(text) | wallet_nats::Error::Unfit(text) => Error::Unfit(text),
    }
}

fn log(server: &str, event: &Event) {
    match event {
        Event::Connected => info!("NATS: connected to {server}"),
        Event::LameDuckMode | Event::Draining | Event::Closed => info!("NATS at {server}: {event}"),
        // This is the only sign of a publish that the server refuses for lack of permission.
        Event::Disconnected | Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            warn!("NATS at {server}: {event}");
        }
    }
}
