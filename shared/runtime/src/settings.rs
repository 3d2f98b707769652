//! A service's settings, from flags or the environment.

mod otlp;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;

pub use otlp::Otlp;
pub use wallet_nats::Hidden;

/// The command line of a service.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, subcommand_negates_reqs = true)]
pub struct CommandLine {
    /// The command, if it is not to run the service.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings of the service.
    #[command(flatten)]
    pub settings: Settings,
}

/// Settings that only ledger-svc uses. The others accept them too, so that all services can share one configuration.
const OF_THE_LEDGER: [&str; 7] = [
    "stuck_after",
    "trace_url",
    "endpoint",
    "traces_endpoint",
    "protocol",
    "headers",
    "timeout_ms",
];

impl CommandLine {
    /// Parses the command line for a service, or exits with an error.
    pub fn read(service: Service) -> Self {
        let matches = Self::of(service).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The command, with the service's own name and help instead of this crate's.
    fn of(service: Service) -> clap::Command {
        let own = Self::command().name(service.name()).about(about(service));
        match service {
            Service::Ledger => own,
            Service::Debit | Service::Credit => OF_THE_LEDGER
                .into_iter()
                .fold(own, |own, option| own.mut_arg(option, |arg| arg.hide(true))),
        }
    }
}

fn about(service: Service) -> &'static str {
    match service {
        Service::Debit => {
            "Debits payers' accounts and holds reserved money: one of the wallet's three services"
        }
        Service::Credit => "Credits payees' accounts, or refuses to: one of the wallet's three services",
        Service::Ledger => {
            "Keeps the books, and serves them over HTTP and as web pages: one of the wallet's three services"
        }
    }
}

/// The commands of a service besides running it.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Rebuilds the database of each shard from the log alone, beside the running service, and compares every row with the live one.
    /// Exit code 1 if a row differs.
    Rebuild(Rebuild),
    /// Asks the running service whether it is ready; exit code 0 if so. For container health checks.
    Healthcheck,
}

/// What to rebuild.
#[derive(Clone, Debug, Args)]
pub struct Rebuild {
    /// Only this shard.
    #[arg(long, value_name = "N")]
    pub shard: Option<u16>,
    /// Where to build it, as in --database; it must be empty [default: next to the live database, and removed afterwards].
    #[arg(long, value_name = "URL", hide_env_values = true)]
    pub into: Option<Hidden>,
    /// Put it into service: the live rows are replaced by the rebuilt ones.
    #[arg(long)]
    pub swap: bool,
    /// Keep the rebuilt database.
    #[arg(long)]
    pub keep: bool,
}

/// The settings of a running service.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Settings {
    /// Address and login for NATS.
    #[command(flatten)]
    pub nats: wallet_nats::Settings,
    /// The database: `sqlite:///folder/name-{shard}.db` or `postgres://user:password@host/database` (a schema per shard).
    /// Several PostgreSQL hosts, `host:5432,other:5432`, are a primary and its standbys.
    /// `healthcheck` does not need it.
    #[arg(
        long = "database",
        env = "WALLET_DATABASE_URL",
        hide_env_values = true,
        required = true
    )]
    pub database_url: Option<Hidden>,
    /// The address for /livez, /readyz, /metrics, and the ledger's queries [default: 127.0.0.1, and 8080 for the ledger,
    /// 8081 for debit-svc, 8082 for credit-svc].
    #[arg(long = "http", env = "WALLET_HTTP_ADDR", value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// The bearer token that callers of anything but /livez and /readyz must present; at least 16 characters [default: none].
    #[arg(long, env = "WALLET_HTTP_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub http_token: Option<Hidden>,
    /// A file with the token; other users of this machine can see command lines, and often environments.
    #[arg(long, env = "WALLET_HTTP_TOKEN_FILE", value_name = "FILE")]
    pub http_token_file: Option<PathBuf>,
    /// The number of shards. It never changes: it is recorded with the streams and in each database.
    #[arg(long, env = "WALLET_SHARDS", default_value = "2", value_parser = parse_shards)]
    pub shards: Shards,
    /// The number of replicas of each stream: 1 on a single server, 3 in a cluster.
    #[arg(long, env = "WALLET_STREAM_REPLICAS", default_value_t = 1)]
    pub replicas: usize,
    /// After how many seconds of silence an unfinished transfer counts as stuck.
    #[arg(long, env = "WALLET_STUCK_AFTER", default_value = "30", value_parser = parse_seconds, value_name = "SECONDS")]
    pub stuck_after: Duration,
    /// The address at which a tracing tool shows a trace, e.g. `http://127.0.0.1:16686/trace/{trace_id}`; the ledger's pages link there
    /// [default: nowhere].
    #[arg(long, env = "WALLET_TRACE_URL", value_parser = parse_trace_url, value_name = "URL")]
    pub trace_url: Option<String>,
    /// What to log, e.g. `info` or `wallet_runtime=debug`; debug has a line for each decision.
    #[arg(long = "log", env = "WALLET_LOG", default_value = "info")]
    pub log: String,
    /// How to log: json, pretty, or auto (pretty on a terminal).
    #[arg(long, env = "WALLET_LOG_FORMAT", default_value = "auto", value_parser = ["auto", "json", "pretty"])]
    pub log_format: String,
    /// The export of flows as OpenTelemetry spans.
    #[command(flatten)]
    pub otlp: Otlp,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        Ok(0) | Err(_) => Err("use a whole number of seconds, at least 1".to_owned()),
    }
}

fn parse_trace_url(text: &str) -> Result<String, String> {
    let is_web = ["http://", "https://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if is_web && text.contains("{trace_id}") && !text.chars().any(char::is_whitespace) {
        return Ok(text.to_owned());
    }
    Err("use an address that begins with http:// or https:// and has {trace_id} where the id goes".to_owned())
}

fn parse_shards(text: &str) -> Result<Shards, String> {
    let count = text.parse().map_err(|error| format!("{error}"))?;
    Shards::new(count).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_specific_to_the_service() {
        for service in Service::ALL {
            let help = CommandLine::of(service).render_long_help().to_string();
            assert!(help.starts_with(about(service)), "{help}");
            assert!(help.contains(&format!("Usage: {service}")), "{help}");
            assert!(!help.contains("What every service runs on"), "{help}");
            let of_the_ledger = ["--stuck-after", "--trace-url", "--otlp-", "OpenTelemetry"];
            for option in of_the_ledger {
                assert_eq!(
                    help.contains(option),
                    service == Service::Ledger,
                    "{option}: {help}"
                );
            }
            let version = CommandLine::of(service).render_version();
            assert!(version.starts_with(service.name()), "{version}");
        }
    }

    #[test]
    fn a_service_needs_a_database_but_its_health_check_does_not() {
        let read = |words: &[&str]| {
            let words = ["debit-svc"].iter().chain(words);
            let matches = CommandLine::of(Service::Debit).try_get_matches_from(words)?;
            CommandLine::from_arg_matches(&matches)
        };
        assert!(read(&["healthcheck"]).is_ok_and(|line| line.command.is_some()));
        assert!(read(&["--database", "sqlite:///d/{shard}.db"]).is_ok());
        let error = read(&[]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("--database"), "{error}");
    }

    #[test]
    fn a_trace_url_must_be_http_or_https() {
        let check = |text: &str, good: bool| assert_eq!(parse_trace_url(text).is_ok(), good, "{text}");
        check("http://127.0.0.1:16686/trace/{trace_id}", true);
        check("https://tempo.example/explore?trace={trace_id}&tab=1", true);
        check("http://127.0.0.1:16686/trace/", false);
        check("javascript:alert('{trace_id}')", false);
        check("data:text/html,{trace_id}", false);
        check("//example/{trace_id}", false);
        check("http://a b/{trace_id}", false);
    }
}
