//! The options and variables for address and login. Nothing is validated here.

#![expect(
    clippy::doc_markdown,
    reason = "clap shows these comments as they are, and a terminal shows no Markdown"
)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::hidden::Hidden;

/// The default address.
pub const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// Address and login for NATS, the same for every service and for the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
pub struct Settings {
    /// The NATS servers: nats://user:password@host:4222 or nats://TOKEN@host, tls:// for TLS; the servers of one cluster
    /// separated by commas [default: nats://127.0.0.1:4222].
    #[cfg_attr(
        feature = "clap",
        arg(
            long,
            global = true,
            env = "WALLET_NATS_URL",
            hide_env_values = true,
            value_name = "URL"
        )
    )]
    pub nats: Option<Hidden>,
    /// A .creds file to log in with.
    #[cfg_attr(feature = "clap", arg(long, global = true, env = "WALLET_NATS_CREDS", value_name = "FILE", value_parser = file()))]
    pub nats_creds: Option<PathBuf>,
    /// A file with the seed of an NKey to log in with.
    #[cfg_attr(feature = "clap", arg(long, global = true, env = "WALLET_NATS_NKEY", value_name = "FILE", value_parser = file()))]
    pub nats_nkey: Option<PathBuf>,
    /// The certificates of the authority to trust, instead of the system's; turns TLS on.
    #[cfg_attr(feature = "clap", arg(long, global = true, env = "WALLET_NATS_CA", value_name = "FILE", value_parser = file()))]
    pub nats_ca: Option<PathBuf>,
    /// A client certificate; turns TLS on.
    #[cfg_attr(feature = "clap", arg(long, global = true, env = "WALLET_NATS_CERT", value_name = "FILE", value_parser = file()))]
    pub nats_cert: Option<PathBuf>,
    /// The private key of the client certificate.
    #[cfg_attr(feature = "clap", arg(long, global = true, env = "WALLET_NATS_KEY", value_name = "FILE", value_parser = file()))]
    pub nats_key: Option<PathBuf>,
    /// Where answers are sent [default: _INBOX_USER for a user with a password, else _INBOX].
    #[cfg_attr(
        feature = "clap",
        arg(long, global = true, env = "WALLET_NATS_INBOX", value_name = "PREFIX")
    )]
    pub nats_inbox: Option<String>,
}

/// A file name. An empty value, which Compose passes for an unset variable, counts as none.
#[cfg(feature = "clap")]
fn file() -> impl clap::builder::TypedValueParser<Value = PathBuf> {
    use clap::builder::{OsStringValueParser, TypedValueParser as _};
    OsStringValueParser::new().map(PathBuf::from)
}

impl Settings {
    /// A server without a login.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            nats: Some(Hidden(url.into())),
            ..Self::default()
        }
    }

    /// The environment variables that make another program connect the same way.
    pub fn environment(&self) -> [(&'static str, Option<OsString>); 7] {
        let file = |file: &Option<PathBuf>| given(file).map(|file| file.as_os_str().to_owned());
        [
            (
                "WALLET_NATS_URL",
                self.nats.as_ref().map(|url| url.0.clone().into()),
            ),
            ("WALLET_NATS_CREDS", file(&self.nats_creds)),
            ("WALLET_NATS_NKEY", file(&self.nats_nkey)),
            ("WALLET_NATS_CA", file(&self.nats_ca)),
            ("WALLET_NATS_CERT", file(&self.nats_cert)),
            ("WALLET_NATS_KEY", file(&self.nats_key)),
            ("WALLET_NATS_INBOX", self.nats_inbox.as_ref().map(OsString::from)),
        ]
    }

    /// Each file setting that was given: its option, its variable, its file name.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &'static str, &Path)> {
        let all = [
            ("--nats-creds", "WALLET_NATS_CREDS", &self.nats_creds),
            ("--nats-nkey", "WALLET_NATS_NKEY", &self.nats_nkey),
            ("--nats-ca", "WALLET_NATS_CA", &self.nats_ca),
            ("--nats-cert", "WALLET_NATS_CERT", &self.nats_cert),
            ("--nats-key", "WALLET_NATS_KEY", &self.nats_key),
        ];
        all.into_iter()
            .filter_map(|(option, variable, file)| Some((option, variable, given(file)?)))
    }
}

/// The file, if one was given.
pub(crate) fn given(file: &Option<PathBuf>) -> Option<&Path> {
    file.as_deref().filter(|file| !file.as_os_str().is_empty())
}
