//! Passwords, tokens and keys never appear in a log line or in the tool's output, whatever goes wrong, even at trace level.
//!
//! Each option that takes a value is either tried here with a secret in it, or listed as holding none: a new option fails this
//! test until somebody has classified it (`options`).

mod options;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::instance::{WORKING, until};
use e2e::secured::{Secured, password};
use e2e::{PATIENCE, program, run_wallet};
use futures_util::future::try_join_all;
use nkeys::KeyPair;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use wallet_contract::subject::Service;
use wallet_nats::Settings;
use wallet_stack::address::free_ports;
use wallet_stack::folder::Folder;
use wallet_stack::postgres::Postgres;

const DATABASE: &str = "dbpass-7141";
const TOKEN: &str = "http-token-of-the-ledger";
const GUESS: &str = "guess-of-a-password";

/// Everything that was written, and by whom.
struct Outputs {
    all: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Outputs {
    fn new(seed: &str) -> Self {
        let secrets = [DATABASE, TOKEN, GUESS, "secret-of-", seed];
        Self {
            all: Vec::new(),
            secrets: secrets.map(str::to_owned).to_vec(),
        }
    }

    fn take(&mut self, who: &str, output: &Output) {
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        self.all.push((who.to_owned(), stdout + &stderr));
    }

    fn check(&self) -> Result<()> {
        for (who, text) in &self.all {
            let has_secret = |line: &&str| self.secrets.iter().any(|secret| line.contains(secret));
            let line = text.lines().find(has_secret);
            ensure!(line.is_none(), "{who} has printed a secret: {line:?}");
            ensure!(
                !text.is_empty(),
                "{who} has printed nothing, so nothing is tested"
            );
        }
        Ok(())
    }
}

/// A service whose log goes to a file, which never blocks.
struct Logged {
    child: Child,
    file: PathBuf,
    name: String,
}

impl Logged {
    fn start(dir: &TempDir, name: &str, service: Service, env: &[(&str, String)]) -> Result<Self> {
        let file = dir.path().join(name);
        let log = std::fs::File::create(&file)?;
        let mut command = Command::new(program(service.name())?);
        command
            .env("WALLET_HTTP_TOKEN", TOKEN)
            .env("WALLET_LOG", "trace")
            .env("WALLET_LOG_FORMAT", "json")
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .kill_on_drop(true);
        let (child, name) = (command.spawn()?, format!("{service}, {name}"));
        Ok(Self { child, file, name })
    }

    /// Lets it run for a moment, and then returns its output.
    async fn run_briefly(mut self) -> Result<(String, String)> {
        if timeout(Duration::from_millis(1_500), self.child.wait())
            .await
            .is_err()
        {
            self.child.start_kill()?;
        }
        timeout(PATIENCE, self.child.wait()).await??;
        Ok((self.name, std::fs::read_to_string(&self.file)?))
    }
}

const NATS: &str = "WALLET_NATS_URL";
const DB: &str = "WALLET_DATABASE_URL";
const OTLP: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Services that can't start or can't continue: each with one or two invalid settings.
async fn failing_services(
    outputs: &mut Outputs,
    dir: &TempDir,
    nats: &str,
    database: &str,
    seed: &Path,
) -> Result<()> {
    let host = nats.rsplit('@').next().context("a host")?;
    let (bare, seed) = (format!("nats://{host}"), seed.display().to_string());
    let set = |variable: &'static str, value: String| vec![(variable, value)];
    let nats_is = |value: String| set(NATS, value);
    let database_is = |value: String| set(DB, value);
    let debit = [
        nats_is(format!("nats://debit:{GUESS}@127.0.0.1:9")),
        nats_is(nats.replace("secret-of-debit", GUESS)),
        nats_is(format!("nats://debit:{GUESS}@:x")),
        nats_is(format!("nats://{GUESS}@{host}")),
        nats_is(format!("nats://debit:{GUESS}@127.0.0.1:9,nats://debit:x@{host}")),
        nats_is(format!("nats://debit:{GUESS},x@{host}")),
        vec![(NATS, bare.clone()), ("WALLET_NATS_NKEY", seed.clone())],
        vec![(NATS, bare), ("WALLET_NATS_CREDS", seed.clone())],
        set("WALLET_NATS_NKEY", seed),
        database_is(format!("postgres://debit:{DATABASE}@127.0.0.1:9/debit")),
        database_is(format!("postgres://debit:{DATABASE}/debit")),
        database_is(format!("mysql://debit:{DATABASE}@127.0.0.1/debit")),
        database_is(format!(
            "postgres://127.0.0.1:9/debit?user=debit&password={DATABASE}"
        )),
        database_is(format!("postgres://debit:{DATABASE}@127.0.0.1:port/debit")),
        database_is(format!("{database}_none")),
        set("WALLET_HTTP_TOKEN", format!("{TOKEN}\u{1}")),
        set("WALLET_HTTP_TOKEN", String::new()),
    ];
    let key = ("OTEL_EXPORTER_OTLP_HEADERS", format!("key={GUESS}"));
    let ledger = [
        set(OTLP, format!("http://me:{GUESS}@127.0.0.1:9")),
        vec![
            (
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                format!("http://127.0.0.1:9/?key={GUESS}"),
            ),
            key,
        ],
        vec![
            (OTLP, "http://127.0.0.1:9".to_owned()),
            ("OTEL_EXPORTER_OTLP_HEADERS", format!("{GUESS}\u{1}")),
        ],
    ];
    let debit = debit.into_iter().map(|set| (Service::Debit, set));
    let all = debit.chain(ledger.into_iter().map(|set| (Service::Ledger, set)));
    let started = all.enumerate().map(|(number, (service, set))| {
        let [port] = free_ports()?;
        let mut env = vec![
            (NATS, nats.to_owned()),
            (DB, database.to_owned()),
            ("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}")),
        ];
        // Later settings override earlier ones.
        env.extend(set);
        Logged::start(dir, &number.to_string(), service, &env)
    });
    let started = started.collect::<Result<Vec<_>>>()?;
    outputs
        .all
        .extend(try_join_all(started.into_iter().map(Logged::run_briefly)).await?);
    Ok(())
}

/// The tool with a secret in each option that takes a database, or the address of a service.
async fn tool_with_databases(outputs: &mut Outputs, nats: &str, api: &str, seed: &Path) -> Result<()> {
    let nobody = format!("http://me:{GUESS}@127.0.0.1:9");
    let database = format!("mysql://me:{DATABASE}@host/");
    let bad_port = format!("postgres://me:{DATABASE}@host:port/");
    let new = format!("{}-new", seed.display());
    // A wallet whose NATS server is this one.
    std::fs::create_dir(&new)?;
    Folder::write(Path::new(&new), 2, None, Some(&Settings::at(nats)))?;
    for args in [
        &["up", "--database", &database][..],
        &["up", "--database", &bad_port],
        &["bench", "--database", &database],
        &["demo", "--database", &bad_port],
        &["rebuild", "debit", "--dir", &new, "--into", &database],
        &["rebuild", "debit", "--dir", &new, "--into", &bad_port],
        &["backup", &format!("{new}-backup"), "--debit", &nobody],
    ] {
        outputs.take(&format!("wallet {args:?}"), &run_wallet(args, nats, api).await?);
    }
    Ok(())
}

/// The tool with a secret in each option that takes one.
async fn tool(outputs: &mut Outputs, nats: &str, api: &str, seed: &Path) -> Result<()> {
    let wrong = nats.replace("secret-of-operator", GUESS);
    let host = nats.rsplit('@').next().context("a host")?;
    let with_login = api.replace("http://", &format!("http://me:{GUESS}@"));
    let https = with_login.replace("http://", "https://");
    let nobody = format!("http://me:{GUESS}@127.0.0.1:9");
    let shapeless = format!("http://me:{GUESS}@:x");
    let query = format!("http://127.0.0.1:9/?key={GUESS}");
    let (header, seed) = (format!("key={GUESS}"), seed.display().to_string());
    let odd = format!("{GUESS}\u{1}");
    let plain = format!("nats://{host}");
    let id = e2e::id();
    for (nats, api, args) in [
        (nats, api, &["balance", "--api-token", TOKEN][..]),
        (nats, api, &["verify", "--api-token", TOKEN]),
        (nats, api, &["doctor", "--api-token", TOKEN]),
        (nats, api, &["balance", "--api-token", GUESS]),
        (nats, api, &["balance", "--api-token", &odd, "--json"]),
        (nats, &with_login, &["balance"]),
        (nats, &https, &["balance"]),
        (nats, &nobody, &["balance", "--json"]),
        (nats, &shapeless, &["balance"]),
        (nats, &query, &["balance"]),
        (nats, api, &["phases", &id, "--debit", &nobody]),
        (nats, api, &["phases", &id, "--debit", &shapeless]),
        (nats, api, &["phases", &id, "--debit", &query]),
        (nats, api, &["heal", "--debit", &nobody, "--api-token", TOKEN]),
        (nats, api, &["heal", "--credit", &nobody, "--api-token", TOKEN]),
        (nats, api, &["heal", "--credit", &shapeless, "--api-token", TOKEN]),
        (nats, api, &["doctor", "--monitor", &nobody]),
        (nats, api, &["doctor", "--monitor", &nobody, "--json"]),
        (nats, api, &["doctor", "--monitor", &shapeless]),
        (nats, api, &["doctor", "--monitor", &query]),
        (nats, api, &["trace", "export", &id, "--otlp", &nobody]),
        (nats, api, &["trace", "export", &id, "--otlp", &shapeless]),
        (
            nats,
            api,
            &[
                "trace",
                "export",
                "--since",
                "1h",
                "--otlp",
                &query,
                "--headers",
                &header,
            ],
        ),
        (
            nats,
            api,
            &[
                "trace",
                "export",
                "--since",
                "1h",
                "--otlp",
                "http://127.0.0.1:9",
                "--headers",
                &odd,
            ],
        ),
        (&wrong, api, &["verify"]),
        (&wrong, api, &["doctor"]),
        (
            &format!("nats://operator:{GUESS}@127.0.0.1:9"),
            api,
            &["open", "zoe", "--currency", "USD", "--json"],
        ),
        (&format!("nats://operator:{GUESS}@:x"), api, &["doctor", "--json"]),
        (&format!("nats://{GUESS}@{host}"), api, &["verify"]),
        (
            &format!("nats://operator:{GUESS}@127.0.0.1:9,{host}"),
            api,
            &["doctor"],
        ),
        (
            &format!("nats://operator:{GUESS}@127.0.0.1:9,nats://x:{GUESS}@{host}"),
            api,
            &["doctor"],
        ),
        (&plain, api, &["verify", "--nats-nkey", &seed]),
        (&plain, api, &["verify", "--nats-creds", &seed]),
        (nats, api, &["verify", "--nats-creds", &seed]),
    ] {
        outputs.take(&format!("wallet {args:?}"), &run_wallet(args, nats, api).await?);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_contains_a_password_or_a_token() -> Result<()> {
    let secured = Secured::start().await?;
    let postgres = Postgres::start().await?;
    let database = postgres
        .url()
        .replace("postgres@", &format!("postgres:{DATABASE}@"));
    let database = format!("{database}postgres");
    let nats = e2e::secured::url(secured.address, "debit");
    let (dir, seed) = (TempDir::new()?, KeyPair::new_user().seed()?);
    let key = dir.path().join("seed");
    std::fs::write(&key, &seed)?;
    let mut outputs = Outputs::new(&seed);
    failing_services(&mut outputs, &dir, &nats, &database, &key).await?;

    // A service that works, and then loses its database and its NATS server.
    let [port] = free_ports()?;
    let http = format!("127.0.0.1:{port}");
    // A database of its own: a ledger-svc may already have created its tables in the other one.
    let mut db = PgConnection::connect(&format!("{}postgres", postgres.url())).await?;
    sqlx::raw_sql("CREATE DATABASE loser").execute(&mut db).await?;
    db.close().await?;
    let database = format!("{}loser", database.trim_end_matches("postgres"));
    let env = [(NATS, nats), (DB, database), ("WALLET_HTTP_ADDR", http.clone())];
    let loser = Logged::start(&dir, "loser", Service::Debit, &env)?;
    let url = format!("http://{http}");
    until(&url, &[WORKING], 2).await?;
    for token in [GUESS, TOKEN] {
        let asked = reqwest::Client::new()
            .get(format!("{url}/v1/phases/x"))
            .bearer_auth(token);
        asked.send().await?;
    }
    let operator = e2e::secured::url(secured.address, "operator");
    let api = secured.world.stack.api_url();
    tool(&mut outputs, &operator, &api, &key).await?;
    tool_with_databases(&mut outputs, &operator, &api, &key).await?;
    postgres.stop().await?;
    drop(secured);
    outputs.all.push(loser.run_briefly().await?);
    ensure!(
        password("x").starts_with("secret-of-"),
        "the passwords have another prefix"
    );
    outputs.check()
}
