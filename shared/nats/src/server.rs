//! The requirements that a NATS server must meet.

use async_nats::ServerInfo;
use wallet_contract::stream;

use crate::error::Error;

/// Checks a server's version and limits, and that it has `JetStream`. Errors refer to it as `name`.
pub fn check(info: &ServerInfo, name: &str) -> Result<(), Error> {
    let unfit = |why: String| Err(Error::Unfit(format!("the NATS server {name} {why}")));
    let mut parts = info.version.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u64, u64) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < stream::MIN_SERVER_VERSION {
        let (major, minor) = stream::MIN_SERVER_VERSION;
        let version = &info.version;
        return unfit(format!(
            "is version {version}: use {major}.{minor} or newer, older ones silently ignore settings"
        ));
    }
    if info.max_payload > stream::MAX_PAYLOAD_BYTES {
        let (taken, read) = (info.max_payload, stream::MAX_PAYLOAD_BYTES);
        return unfit(format!(
            "accepts messages of up to {taken} bytes, more than the {read} that the wallet reads at once: set \
             max_payload in its configuration; the wallet is designed for 1MB"
        ));
    }
    if !info.jetstream {
        return unfit(
            "has no JetStream: start it with `jetstream { … }` in its configuration, or with -js".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_must_be_new_enough_have_jetstream_and_limit_its_payloads() {
        let check = |version: &str, jetstream: bool, max_payload: usize, expected: Option<&str>| {
            let info = ServerInfo {
                version: version.to_owned(),
                jetstream,
                max_payload,
                ..ServerInfo::default()
            };
            let error = check(&info, "h:4222").err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{version}");
        };
        let usual = 1024 * 1024;
        check("2.12.0", true, usual, None);
        check("2.15.1-beta.2", true, usual, None);
        check("3.0.0", true, 2 * usual, None);
        let old = "the NATS server h:4222 is version 2.9.25: use 2.12 or newer, older ones silently ignore settings";
        check("2.9.25", true, usual, Some(old));
        check(
            "",
            true,
            usual,
            Some(
                "the NATS server h:4222 is version : use 2.12 or newer, older ones silently ignore settings",
            ),
        );
        let none = "the NATS server h:4222 has no JetStream: start it with `jetstream { … }` in its configuration, or with -js";
        check("2.15.1", false, usual, Some(none));
        let giants = "the NATS server h:4222 accepts messages of up to 8388608 bytes, more than the 2097152 that the \
                      wallet reads at once: set max_payload in its configuration; the wallet is designed for 1MB";
        check("2.15.1", true, 8 * usual, Some(giants));
    }
}
