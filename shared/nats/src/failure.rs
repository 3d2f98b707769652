//! Why no server accepts the connection, and what to do about it.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use async_nats::rustls::{self, AlertDescription};
use async_nats::{ConnectError, ConnectErrorKind};

use crate::Error;
use crate::login::Login;

/// Timeout for reaching one server, including its greeting and TLS.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// The error for one server.
pub(crate) fn of_one(login: &Login, host: &str, error: &ConnectError) -> Error {
    let text = match error.kind() {
        ConnectErrorKind::AuthorizationViolation => {
            format!("the NATS server at {host} rejected {login}: {}", right(login))
        }
        ConnectErrorKind::Authentication => format!("{login} can't log in at {host}: {}", cause(error)),
        ConnectErrorKind::Dns => format!(
            "unknown host {host} ({}): is --nats (WALLET_NATS_URL) correct?",
            cause(error)
        ),
        ConnectErrorKind::TimedOut => {
            let waited = CONNECT_WITHIN.as_secs();
            format!("no NATS server answers at {host} within {waited} s: {RUNNING}")
        }
        ConnectErrorKind::Tls
        | ConnectErrorKind::Io
        | ConnectErrorKind::ServerParse
        | ConnectErrorKind::MaxReconnects => match tls(error) {
            Some(advice) => format!(
                "no TLS with the NATS server at {host} ({}): {advice}",
                cause(error)
            ),
            None => format!("no NATS server answers at {host} ({}): {RUNNING}", cause(error)),
        },
    };
    Error::Unreachable(text)
}

/// The error for all servers of a list.
pub(crate) fn of_all(failures: &[Error]) -> Error {
    let reasons: Vec<String> = failures.iter().map(ToString::to_string).collect();
    if reasons.is_empty() {
        return Error::Unreachable(
            "no NATS server accepted the connection, but each would now: try again".to_owned(),
        );
    }
    Error::Unreachable(format!(
        "none of the NATS servers accepts the connection: {}",
        reasons.join("; ")
    ))
}

const RUNNING: &str = "is it running, and is --nats (WALLET_NATS_URL) correct?";

/// How to log in successfully.
fn right(login: &Login) -> &'static str {
    match login {
        Login::Anonymous => {
            "give a login, as --nats nats://user:password@host:4222 or nats://TOKEN@host:4222, or with --nats-creds, --nats-nkey or \
             --nats-cert"
        }
        Login::User(..) => "is the password correct? --nats nats://user:password@host:4222",
        Login::Token(_) => {
            "is it correct? A user needs a password, too: --nats nats://user:password@host:4222"
        }
        Login::Creds(_) | Login::Nkey(_) => "does that server know it, and is it still valid?",
    }
}

/// The innermost error, which is the one that a person can act on.
fn cause(error: &ConnectError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Advice for a failed TLS handshake.
fn tls(error: &ConnectError) -> Option<&'static str> {
    if error.kind() == ConnectErrorKind::Tls {
        return Some(
            "are the files of --nats-ca, --nats-cert and --nats-key PEM files, and does the key belong to the certificate?",
        );
    }
    let broken = error
        .source()?
        .downcast_ref::<io::Error>()?
        .get_ref()?
        .downcast_ref::<rustls::Error>()?;
    Some(if let rustls::Error::InvalidCertificate(_) = broken {
        "give the authority that signed its certificate with --nats-ca (WALLET_NATS_CA), and use the host name in the certificate"
    } else if let rustls::Error::AlertReceived(
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate,
    ) = broken
    {
        "it requires a client certificate signed by its own authority: --nats-cert (WALLET_NATS_CERT) and --nats-key \
         (WALLET_NATS_KEY)"
    } else {
        "does that server support TLS, in a recent enough version?"
    })
}
