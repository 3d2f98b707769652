//! What a server must be, so that we can work with it.

use async_nats::Client;
use wallet_contract::stream;

use super::reader::PULL_BYTES;
use crate::bus::Error;

/// Checks a server's version and limits, and that it has JetStream.
pub(super) fn check(client: &Client) -> Result<(), Error> {
    let info = client.server_info();
    let mut parts = info.version.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u64, u64) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < stream::MIN_SERVER_VERSION {
        let (major, minor) = stream::MIN_SERVER_VERSION;
        return Err(Error::Unfit(format!(
            "the NATS server is version {}: use {major}.{minor} or newer, older ones silently ignore settings",
            info.version
        )));
    }
    if info.max_payload > PULL_BYTES {
        return Err(Error::Unfit(format!(
            "the NATS server takes messages of up to {} bytes, more than the {PULL_BYTES} that are read at once: set \
             max_payload in its configuration, 1MB is what the wallet is made for",
            info.max_payload
        )));
    }
    if !info.jetstream {
        return Err(Error::Unfit(
            "the NATS server has no JetStream: start it with `jetstream { … }` in its configuration"
                .to_owned(),
        ));
    }
    Ok(())
}
