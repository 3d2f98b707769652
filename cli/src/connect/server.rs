//! Reaching a server, and telling at once if the wallet can't work with it.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use async_nats::jetstream::ContextBuilder;
use async_nats::{ConnectErrorKind, ConnectOptions, Event, ServerAddr, ServerError};
use tokio::sync::{OnceCell, broadcast};
use wallet_contract::stream;

use super::Connection;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a publish may wait for its acknowledgement before it is repeated.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// How many refusals of the server are kept for those who wait for one.
const DENIALS: usize = 64;

/// Connects, and checks that the server is one that the wallet can work with.
pub async fn connect(url: &str) -> Result<Connection> {
    // The text may hold a password, so it is not repeated here.
    let form = "use an address such as nats://127.0.0.1:4222 or nats://user:password@host:4222";
    let address: ServerAddr = url
        .parse()
        .with_context(|| format!("the NATS address can't be read: {form}"))?;
    let host = format!("{}:{}", address.host(), address.port());
    let user = address.username().map(decoded);
    let (denials, _) = broadcast::channel(DENIALS);
    let told = denials.clone();
    let mut options = ConnectOptions::new()
        .name("wallet")
        .connection_timeout(CONNECT_TIMEOUT)
        .event_callback(move |event| {
            let told = told.clone();
            async move {
                if let Event::ServerError(ServerError::Other(text)) = event {
                    // Nobody need be waiting for it.
                    let _ = told.send(text);
                }
            }
        });
    if let Some(user) = &user {
        // The client takes no name from an address. The prefix is what a user's permissions can keep others out of.
        let password = address.password().map(decoded).unwrap_or_default();
        options = options.user_and_password(user.clone(), password);
        options = options.custom_inbox_prefix(format!("_INBOX_{user}"));
    }
    let client = options
        .connect(address)
        .await
        .map_err(|error| unreachable(&host, user.as_deref(), &error))?;
    let info = client.server_info();
    check_server(&host, &info.version, info.jetstream)?;
    let context = ContextBuilder::new()
        .timeout(ACK_TIMEOUT)
        .ack_timeout(ACK_TIMEOUT)
        .build(client.clone());
    let (shards, without_mapping) = (OnceCell::new(), AtomicBool::new(false));
    Ok(Connection {
        client,
        context,
        host,
        shards,
        without_mapping,
        denials,
    })
}

/// A part of a URL as it is meant: `p%40ss` is `p@ss`.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

fn unreachable(host: &str, user: Option<&str>, error: &async_nats::ConnectError) -> anyhow::Error {
    let right = "give the right user and password: --nats nats://user:password@host:port";
    match (error.kind(), user) {
        (ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication, Some(user)) => {
            anyhow!("the NATS server at {host} did not let user {user:?} in: {right}")
        }
        (ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication, None) => {
            anyhow!("the NATS server at {host} lets nobody in without a name: {right}")
        }
        (ConnectErrorKind::Dns, _) => anyhow!("no host {host}: {error}; is --nats right?"),
        (ConnectErrorKind::TimedOut, _) => {
            let waited = CONNECT_TIMEOUT.as_secs();
            anyhow!("no NATS server answered at {host} within {waited} s: is it running, and --nats right?")
        }
        (_, _) => anyhow!(
            "no NATS server at {host} ({error}): start one (`wallet up`), or say where it is with --nats"
        ),
    }
}

/// Whether the server is new enough and has `JetStream` at all.
fn check_server(host: &str, version: &str, has_jetstream: bool) -> Result<()> {
    let (major, minor) = stream::MIN_SERVER_VERSION;
    let mut numbers = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let actual = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if actual < (major, minor) {
        bail!("the NATS server at {host} is version {version}: the wallet needs {major}.{minor} or later");
    }
    if !has_jetstream {
        bail!(
            "the NATS server at {host} has no JetStream: start it with `jetstream {{ … }}` in its configuration, or with -js"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_must_be_new_enough_and_have_jetstream() {
        let check = |version: &str, jetstream: bool, expected: Option<&str>| {
            let error = check_server("h:4222", version, jetstream)
                .err()
                .map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{version}");
        };
        check("2.12.0", true, None);
        check("2.15.1-beta.2", true, None);
        check("3.0.0", true, None);
        let old = "the NATS server at h:4222 is version 2.9.25: the wallet needs 2.12 or later";
        check("2.9.25", true, Some(old));
        check(
            "2.15.1",
            false,
            Some(
                "the NATS server at h:4222 has no JetStream: start it with `jetstream { … }` in its configuration, or with -js",
            ),
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named_without_the_password() {
        // Port 9 (discard) is where nobody listens.
        let error = connect("nats://alice:secret@127.0.0.1:9")
            .await
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("no NATS server at 127.0.0.1:9 ("), "{error}");
        assert!(!error.contains("secret"), "{error}");
        let error = format!("{:#}", connect("nats://alice:secret@:x").await.unwrap_err());
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_password_may_have_any_character() {
        let check = |text: &str, expected: &str| assert_eq!(decoded(text), expected);
        check("plain", "plain");
        check("p%40s%2fs%C3%A4", "p@s/sä");
        check("100%", "100%");
        check("%zz%4", "%zz%4");
    }
}
