//! Connecting to a server, and what is logged of the connection.

use std::time::Duration;

use async_nats::jetstream::context;
use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use tracing::{info, warn};
use wallet_contract::shard::Shards;

use super::{JetStream, server};
use crate::bus::Error;

/// How long a publish may wait for its acknowledgement before it is repeated.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

impl JetStream {
    /// Connects, and checks that the server is one that we can work with.
    ///
    /// The inbox prefix is `_INBOX_<user>`, so that a user's permissions can keep others out of it.
    pub async fn connect(url: &str, name: &str, shards: Shards, replicas: usize) -> Result<Self, Error> {
        let address: ServerAddr = url
            .parse()
            .map_err(|error| Error::Unfit(format!("NATS URL: {error}")))?;
        let host = format!("{}:{}", address.host(), address.port());
        let unreachable = |error: async_nats::ConnectError| {
            Error::Nats(format!(
                "no connection to {host}: {error}; is nats-server running there, and the password right?"
            ))
        };
        let mut options = ConnectOptions::new()
            .name(name)
            .max_reconnects(None)
            .connection_timeout(Duration::from_secs(5))
            .event_callback(|event| async move { log(&event) });
        // The library takes no name from the URL.
        let part = |text: Option<&str>| {
            percent_decode_str(text.unwrap_or_default())
                .decode_utf8_lossy()
                .into_owned()
        };
        if address.username().is_some() {
            let (user, password) = (part(address.username()), part(address.password()));
            options = options
                .custom_inbox_prefix(format!("_INBOX_{user}"))
                .user_and_password(user, password);
        }
        let client = options
            .connect(without_login(address)?)
            .await
            .map_err(unreachable)?;
        server::check(&client)?;
        let mut context = context::ContextBuilder::new()
            .timeout(ACK_TIMEOUT)
            .ack_timeout(ACK_TIMEOUT)
            .max_ack_inflight(256)
            .build(client);
        context.set_timeout(ACK_TIMEOUT);
        Ok(Self {
            context,
            shards,
            replicas,
        })
    }
}

/// The address alone: at debug level the library logs it with all that it holds.
fn without_login(address: ServerAddr) -> Result<ServerAddr, Error> {
    let mut url = address.into_inner();
    let cleared = url
        .set_username("")
        .is_ok_and(|()| url.set_password(None).is_ok());
    let unfit = || Error::Unfit("NATS URL: use nats://user:password@host:4222".to_owned());
    let address = ServerAddr::from_url(url).map_err(|_| unfit())?;
    if cleared { Ok(address) } else { Err(unfit()) }
}

fn log(event: &async_nats::Event) {
    match event {
        async_nats::Event::Connected => info!("NATS: connected"),
        async_nats::Event::LameDuckMode | async_nats::Event::Draining | async_nats::Event::Closed => {
            info!("NATS: {event}");
        }
        // A publish that the server refuses for lack of permission shows only here.
        async_nats::Event::Disconnected
        | async_nats::Event::SlowConsumer(_)
        | async_nats::Event::ServerError(_)
        | async_nats::Event::ClientError(_) => warn!("NATS: {event}"),
    }
}
