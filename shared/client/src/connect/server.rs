//! Connects to a server, and collects its permission errors.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_nats::jetstream::ContextBuilder;
use async_nats::{Event, ServerError};
use tokio::sync::{OnceCell, broadcast};
use wallet_nats::{Error as Failure, Reached, Route, Settings};

use super::Connection;
use crate::{Error, InvalidInput};

/// How long a publish may wait for its acknowledgement before it is repeated.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// How many of the server's permission errors are kept for callers that wait for one.
const DENIALS: usize = 64;

/// Connects, and checks that the server meets the wallet's requirements.
pub async fn connect(settings: &Settings) -> Result<Connection, Error> {
    let (denials, _) = broadcast::channel(DENIALS);
    let sender = denials.clone();
    let hear = move |_: &str, event: &Event| {
        if let Event::ServerError(ServerError::Other(text)) = event {
            // There may be no receiver.
            let _ = sender.send(text.clone());
        }
    };
    let Reached { client, host, lost } = route(settings)?
        .connect("wallet", hear)
        .await
        .map_err(|error| explained(error, settings))?;
    let context = ContextBuilder::new()
        .timeout(ACK_TIMEOUT)
        .ack_timeout(ACK_TIMEOUT)
        .build(client.clone());
    let (shards, without_mapping) = (OnceCell::new(), AtomicBool::new(false));
    Ok(Connection {
        client,
        context,
        host,
        lost,
        shards,
        without_mapping,
        denials,
    })
}

/// The validated address and login; an invalid one is a usage error.
pub fn route(settings: &Settings) -> Result<Route, Error> {
    Route::of(settings).map_err(|error| explained(error, settings))
}

fn explained(failure: Failure, settings: &Settings) -> Error {
    match failure {
        Failure::Settings(text) => InvalidInput::new(text).into(),
        Failure::Unreachable(text) if settings.nats.is_none() => {
            Error::Server(format!("{text} `wallet up` starts one"))
        }
        Failure::Unreachable(text) | Failure::Unfit(text) => Error::Server(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unreachable_server_is_named_without_the_password() {
        // Nothing listens on port 9 (discard).
        let settings = Settings::at("nats://alice:s3cr3t@127.0.0.1:9");
        let error = connect(&settings).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "no NATS server answers at 127.0.0.1:9 (Connection refused (os error 111)): is it running, and is --nats \
             (WALLET_NATS_URL) correct?"
        );
        let error = connect(&Settings::at("nats://alice:s3cr3t@:x"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error}");
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}
