//! The validated address and login, and the connection.

use std::fmt;
use std::future::ready;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use futures_util::future::join_all;

use crate::address::{self, Addresses};
use crate::error::Error;
use crate::failover::Tried;
use crate::failure::{self, CONNECT_WITHIN};
use crate::login::Login;
use crate::lost::{Losses, Lost};
use crate::server;
use crate::settings::{DEFAULT_URL, Settings, given};

/// How long a server may be silent before it is pinged. The library gives it up when two pings are unanswered by the third, so a
/// server that is cut off silently is left after three times this interval, before publishes to it time out (5 s). Leaving a
/// server that was merely slow does no harm: whatever is lost is read and published again.
const PING: Duration = Duration::from_secs(1);
/// The longest pause between two connection attempts.
const RETRY: Duration = Duration::from_secs(1);

/// The validated address and login.
#[derive(Clone, PartialEq, Eq)]
pub struct Route {
    servers: Vec<ServerAddr>,
    login: Login,
    /// Whether servers without TLS are refused.
    tls: bool,
    ca: Option<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    inbox: String,
}

/// An established connection.
#[derive(Debug)]
pub struct Reached {
    /// The client.
    pub client: Client,
    /// The server of the list that it is connected to.
    pub host: String,
    /// Notifies when it is lost.
    pub lost: Lost,
}

impl Route {
    /// Validates the settings as far as possible without a server.
    pub fn of(settings: &Settings) -> Result<Self, Error> {
        let url = settings.nats.as_ref().map_or(DEFAULT_URL, |url| &url.0);
        let Addresses { servers, login, tls } =
            address::parse(url).map_err(|why| Error::Settings(format!("--nats (WALLET_NATS_URL): {why}")))?;
        let login = one_login(login, settings)?;
        let certificate = certificate(settings)?;
        for (option, variable, file) in settings.files() {
            if let Err(error) = std::fs::File::open(file) {
                let file = file.display();
                return Err(Error::Settings(format!(
                    "{option} ({variable}): {file} can't be read: {error}"
                )));
            }
        }
        login
            .check()
            .map_err(|why| Error::Settings(format!("{}: {why}", option_of(&login))))?;
        let ca = given(&settings.nats_ca).map(PathBuf::from);
        Ok(Self {
            inbox: inbox(settings.nats_inbox.as_deref(), &login)?,
            tls: tls || ca.is_some() || certificate.is_some(),
            servers,
            login,
            ca,
            certificate,
        })
    }

    /// Connects to one of the servers and checks that it meets the requirements. If the connection is lost, the other servers are
    /// tried, indefinitely. `heard` receives every later event of the connection, with the server concerned.
    pub async fn connect(
        &self,
        name: &str,
        heard: impl Fn(&str, &Event) + Send + Sync + 'static,
    ) -> Result<Reached, Error> {
        let (tried, losses) = (Tried::default(), Losses::default());
        let lost = losses.listener();
        let (picks, logs) = (tried.clone(), tried.clone());
        let began = AtomicBool::new(false);
        let options = self
            .options(name)
            .max_reconnects(None)
            .reconnect_to_server_callback(move |servers, _| ready(picks.next(&servers)))
            .event_callback(move |event| {
                if event == Event::Disconnected {
                    losses.report();
                }
                // Our return tells the caller of the first connection.
                if event != Event::Connected || began.swap(true, Ordering::Relaxed) {
                    heard(&logs.last().as_ref().map(shown).unwrap_or_default(), &event);
                }
                ready(())
            });
        let client = match options.connect(self.servers.as_slice()).await {
            Ok(client) => client,
            Err(error) => return Err(self.explain(&error).await),
        };
        let pool = client.server_pool().await.unwrap_or_default();
        let found = pool
            .iter()
            .find(|server| server.did_connect)
            .map(|server| &server.addr);
        let server = found.unwrap_or(&self.servers[0]);
        tried.is(server);
        let host = shown(server);
        server::check(&client.server_info(), &host)?;
        Ok(Reached { client, host, lost })
    }

    /// Each server as a route of its own, to test them one by one.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        self.servers.iter().map(|server| Self {
            servers: vec![server.clone()],
            ..self.clone()
        })
    }

    /// The list as written, without a login.
    pub fn url(&self) -> String {
        self.written("")
    }

    /// The options to type for this route, with placeholders for secrets.
    pub fn typed(&self, settings: &Settings) -> String {
        let login = match self.login {
            Login::User(..) => "USER:PASSWORD@",
            Login::Token(_) => "TOKEN@",
            Login::Anonymous | Login::Creds(_) | Login::Nkey(_) => "",
        };
        let mut text = format!("--nats {}", self.written(login));
        for (option, _, file) in settings.files() {
            text = format!("{text} {option} {}", file.display());
        }
        text
    }

    fn written(&self, login: &str) -> String {
        let scheme = if self.tls { "tls" } else { "nats" };
        let hosts: Vec<String> = self.servers.iter().map(shown).collect();
        format!("{scheme}://{login}{}", hosts.join(","))
    }

    pub(crate) fn login(&self) -> &Login {
        &self.login
    }

    fn options(&self, name: &str) -> ConnectOptions {
        let login = self.login.clone();
        let mut options = ConnectOptions::with_auth_callback(move |nonce| ready(login.show(&nonce)))
            .name(name)
            .custom_inbox_prefix(&self.inbox)
            .connection_timeout(CONNECT_WITHIN)
            .ping_interval(PING)
            .reconnect_delay_callback(delay)
            .require_tls(self.tls);
        if let Some(ca) = &self.ca {
            options = options.add_root_certificates(ca.clone());
        }
        if let Some((certificate, key)) = &self.certificate {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        if self.servers.len() > 1 {
            // Only the operator's list says which servers are reachable from here, and under which names.
            options = options.ignore_discovered_servers();
        }
        options
    }

    /// Why no server accepts the connection. The library reports only the last one's error, so each of several is tried again.
    async fn explain(&self, error: &async_nats::ConnectError) -> Error {
        if let [server] = &*self.servers {
            return failure::of_one(self.login(), &shown(server), error);
        }
        let attempts = self.each().map(|route| async move {
            let error = route.options("wallet").connect(&route.servers[0]).await.err()?;
            Some(failure::of_one(route.login(), &route.to_string(), &error))
        });
        let failures: Vec<Error> = join_all(attempts).await.into_iter().flatten().collect();
        failure::of_all(&failures)
    }
}

/// The servers, without a login.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.servers.iter().map(shown).collect();
        f.write_str(&hosts.join(", "))
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({self}, {:?})", self.login)
    }
}

/// A server as it is displayed.
pub(crate) fn shown(server: &ServerAddr) -> String {
    let (host, port) = (server.host(), server.port());
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The first attempt is immediate, later ones are ever further apart.
fn delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let millis = if doublings == 0 {
        0
    } else {
        2_u64.saturating_pow(doublings)
    };
    Duration::from_millis(millis).min(RETRY)
}

fn option_of(login: &Login) -> &'static str {
    match login {
        Login::Anonymous | Login::User(..) | Login::Token(_) => "--nats (WALLET_NATS_URL)",
        Login::Creds(_) => "--nats-creds (WALLET_NATS_CREDS)",
        Login::Nkey(_) => "--nats-nkey (WALLET_NATS_NKEY)",
    }
}

/// The given login; giving two is an error.
fn one_login(in_url: Login, settings: &Settings) -> Result<Login, Error> {
    let creds = given(&settings.nats_creds).map(|file| Login::Creds(file.into()));
    let nkey = given(&settings.nats_nkey).map(|file| Login::Nkey(file.into()));
    let mut all = Some(in_url)
        .filter(|login| *login != Login::Anonymous)
        .into_iter()
        .chain(creds)
        .chain(nkey);
    let first = all.next().unwrap_or(Login::Anonymous);
    match all.next() {
        None => Ok(first),
        Some(second) => Err(Error::Settings(format!(
            "there are two logins for NATS, {first} ({}) and {second} ({}): give one",
            option_of(&first),
            option_of(&second)
        ))),
    }
}

fn certificate(settings: &Settings) -> Result<Option<(PathBuf, PathBuf)>, Error> {
    let missing = |what: &str, other: &str| {
        Err(Error::Settings(format!(
            "a client certificate needs its key: {other} is set, but {what} is not"
        )))
    };
    match (given(&settings.nats_cert), given(&settings.nats_key)) {
        (Some(certificate), Some(key)) => Ok(Some((certificate.into(), key.into()))),
        (None, None) => Ok(None),
        (Some(_), None) => missing("--nats-key (WALLET_NATS_KEY)", "--nats-cert"),
        (None, Some(_)) => missing("--nats-cert (WALLET_NATS_CERT)", "--nats-key"),
    }
}

/// The reply prefix. Permissions can keep other users out of a prefix of its own.
fn inbox(set: Option<&str>, login: &Login) -> Result<String, Error> {
    let Some(prefix) = set.filter(|prefix| !prefix.is_empty()) else {
        return Ok(match login {
            Login::User(name, _) => format!("_INBOX_{name}"),
            Login::Anonymous | Login::Token(_) | Login::Creds(_) | Login::Nkey(_) => "_INBOX".to_owned(),
        });
    };
    let is_token = |token: &str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"*>".contains(&byte))
    };
    if prefix.split('.').all(is_token) {
        return Ok(prefix.to_owned());
    }
    Err(Error::Settings(format!(
        "--nats-inbox (WALLET_NATS_INBOX): {prefix:?} is not a subject prefix: use for example _INBOX_debit"
    )))
}
