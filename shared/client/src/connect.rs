//! A checked connection to NATS.
//!
//! | module | does |
//! |---|---|
//! | `server` | connects, and collects the server's permission errors |
//! | `publish` | publishes messages to the log until they are acknowledged |
//! | `streams` | queries a shard's stream |

mod publish;
mod server;
mod streams;

use std::sync::atomic::AtomicBool;

use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::{Client, jetstream};
use tokio::sync::{OnceCell, broadcast};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream;
use wallet_nats::Lost;

use crate::Error;

pub use server::{connect, route};

/// A connection to a NATS server that is new enough and has `JetStream`.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    context: jetstream::Context,
    host: String,
    lost: Lost,
    shards: OnceCell<Shards>,
    without_mapping: AtomicBool,
    denials: broadcast::Sender<String>,
}

impl Connection {
    /// The NATS client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// `JetStream` on this connection.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.context
    }

    /// The server's address, without a password.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The server's permission errors for this user, verbatim.
    pub fn denials(&self) -> broadcast::Receiver<String> {
        self.denials.subscribe()
    }

    /// The number of shards, as recorded with the streams.
    pub async fn shards(&self) -> Result<Shards, Error> {
        let host = || self.host.clone();
        let read = async || {
            let recorded = self.recorded_shards().await?;
            recorded.ok_or_else(|| Error::NoWallet { host: host() })
        };
        self.shards.get_or_try_init(read).await.copied()
    }

    /// The recorded number of shards; none if there are no streams yet.
    pub async fn recorded_shards(&self) -> Result<Option<Shards>, Error> {
        let (name, host) = (stream::name(Shard(0)), &self.host);
        let found = match self.context.get_stream(&name).await {
            Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(code) if code.code() == 404) =>
            {
                return Ok(None);
            }
            found => found,
        };
        let found = found.map_err(|error| Error::Stream(match error.kind() {
            GetStreamErrorKind::JetStream(code) => format!("stream {name} at {host}: {code}"),
            GetStreamErrorKind::Request | GetStreamErrorKind::EmptyName | GetStreamErrorKind::InvalidStreamName => {
                format!("stream {name} at {host} can't be queried ({error}): does this user have JetStream, and the \
                         permission for $JS.API.STREAM.INFO.{name}?")
            }
        }))?;
        let key = stream::SHARDS_KEY;
        let Some(recorded) = found.cached_info().config.metadata.get(key) else {
            return Err(Error::Stream(format!(
                "stream {name} at {host} has no {key:?} in its metadata: it is not a wallet's"
            )));
        };
        let shards = recorded.parse().ok().map(Shards::new);
        shards.and_then(Result::ok).map(Some).ok_or_else(|| {
            Error::Stream(format!(
                "stream {name} at {host} has {key:?} {recorded:?}, which is not a number of shards"
            ))
        })
    }
}

/// Waits for a permission error about a name that ends like this, or continues it.
pub async fn denied(denials: &mut broadcast::Receiver<String>, what: &str) -> String {
    loop {
        match denials.recv().await {
            Ok(text) if text.contains("Permissions Violation") && text.contains(what) => return text,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            // The connection itself is gone; the caller will learn of that elsewhere.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
