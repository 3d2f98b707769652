//! Passwords and tokens are in no log line and in no output of the tool, whatever goes wrong, at debug level too.

use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::instance::{WORKING, until};
use e2e::secured::{Secured, password};
use e2e::{PATIENCE, program, run_wallet};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use wallet::stack::address::free_ports;
use wallet::stack::postgres::Postgres;
use wallet_contract::subject::Service;

const DATABASE: &str = "dbpass-7141";
const TOKEN: &str = "http-token-of-the-ledger";
const GUESS: &str = "guess-of-a-password";

/// Everything that was written, and by whom.
struct Heard(Vec<(String, String)>);

impl Heard {
    fn take(&mut self, who: &str, output: &Output) {
        let [said, told] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        self.0.push((who.to_owned(), said + &told));
    }

    fn check(&self) -> Result<()> {
        let secrets = [DATABASE, TOKEN, GUESS, "secret-of-"];
        for (who, text) in &self.0 {
            let line = text
                .lines()
                .find(|line| secrets.iter().any(|secret| line.contains(secret)));
            ensure!(line.is_none(), "{who} has told a secret: {line:?}");
            ensure!(!text.is_empty(), "{who} has said nothing: nothing is tested");
        }
        Ok(())
    }
}

fn service(service: Service, nats: &str, database: &str, token: &str, port: u16) -> Result<Child> {
    let mut command = Command::new(program(service.name())?);
    command
        .env("WALLET_NATS_URL", nats)
        .env("WALLET_DATABASE_URL", database)
        .env("WALLET_HTTP_TOKEN", token)
        .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"))
        .env("WALLET_LOG", "trace")
        .env("WALLET_LOG_FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command.spawn()?)
}

/// Services that can't start, or can't go on: what each says in some seconds.
async fn unhappy(heard: &mut Heard, nats: &str, database: &str) -> Result<()> {
    let nobody = format!("nats://debit:{GUESS}@127.0.0.1:9");
    let wrong = nats.replace("secret-of-debit", GUESS);
    let shapeless = format!("nats://debit:{GUESS}@:x");
    let port = format!("postgres://debit:{DATABASE}@127.0.0.1:9/debit");
    let no_host = format!("postgres://debit:{DATABASE}/debit");
    let strange = format!("mysql://debit:{DATABASE}@127.0.0.1/debit");
    let in_query = format!("postgres://127.0.0.1:9/debit?user=debit&password={DATABASE}");
    let bad_port = format!("postgres://debit:{DATABASE}@127.0.0.1:port/debit");
    let missing = database.replace("wallet_", "missing_");
    let none = format!("{database}_none");
    for (nats, database, token) in [
        (&*nobody, database, TOKEN),
        (&wrong, database, TOKEN),
        (&shapeless, database, TOKEN),
        (nats, &port, TOKEN),
        (nats, &no_host, TOKEN),
        (nats, &strange, TOKEN),
        (nats, &in_query, TOKEN),
        (nats, &bad_port, TOKEN),
        (nats, &missing, TOKEN),
        (nats, &none, TOKEN),
        (nats, database, "http-token-of-the-ledger\u{1}"),
        (nats, database, &TOKEN[..0]),
    ] {
        let [http] = free_ports()?;
        let child = service(Service::Debit, nats, database, token, http)?;
        heard.take("debit-svc", &some_seconds(child).await?);
    }
    Ok(())
}

/// Lets it run for a moment, and then takes what it has said.
async fn some_seconds(mut child: Child) -> Result<Output> {
    if timeout(Duration::from_millis(1_500), child.wait()).await.is_err() {
        child.start_kill()?;
    }
    Ok(timeout(PATIENCE, child.wait_with_output()).await??)
}

async fn tool(heard: &mut Heard, nats: &str, api: &str) -> Result<()> {
    let wrong = nats.replace("secret-of-operator", GUESS);
    let unheard = format!("nats://operator:{GUESS}@127.0.0.1:9");
    let shapeless = format!("nats://operator:{GUESS}@:x");
    let with_login = api.replace("http://", &format!("http://me:{GUESS}@"));
    let https = with_login.replace("http://", "https://");
    let nobody = format!("http://me:{GUESS}@127.0.0.1:9");
    let database = format!("mysql://me:{DATABASE}@host/");
    for (nats, api, args) in [
        (nats, api, &["balance", "--api-token", TOKEN][..]),
        (nats, api, &["verify", "--api-token", TOKEN]),
        (nats, api, &["doctor", "--api-token", TOKEN]),
        (nats, api, &["balance", "--api-token", GUESS]),
        (
            nats,
            api,
            &["balance", "--api-token", "guess-of-a-password\u{1}", "--json"],
        ),
        (nats, &with_login, &["balance"]),
        (nats, &https, &["balance"]),
        (nats, &nobody, &["balance", "--json"]),
        (&wrong, api, &["verify"]),
        (&wrong, api, &["doctor"]),
        (&unheard, api, &["open", "zoe", "--currency", "USD", "--json"]),
        (&shapeless, api, &["doctor", "--json"]),
        (nats, api, &["up", "--database", &database]),
        (nats, api, &["bench", "--database", &database]),
    ] {
        heard.take(&format!("wallet {args:?}"), &run_wallet(args, nats, api).await?);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_tells_a_password_or_a_token() -> Result<()> {
    let secured = Secured::start().await?;
    let postgres = Postgres::start().await?;
    let database = postgres
        .url()
        .replace("postgres@", &format!("postgres:{DATABASE}@"));
    let database = format!("{database}postgres");
    let nats = e2e::secured::url(secured.address, "debit");
    let mut heard = Heard(Vec::new());
    unhappy(&mut heard, &nats, &database).await?;

    // One that works, and loses its database and its NATS server.
    let [port] = free_ports()?;
    let child = service(Service::Debit, &nats, &database, TOKEN, port)?;
    let url = format!("http://127.0.0.1:{port}");
    until(&url, &[WORKING], 2).await?;
    for token in [GUESS, TOKEN] {
        let asked = reqwest::Client::new()
            .get(format!("{url}/v1/phases/x"))
            .bearer_auth(token);
        asked.send().await?;
    }
    let operator = e2e::secured::url(secured.address, "operator");
    tool(&mut heard, &operator, &secured.world.stack.api_url()).await?;
    postgres.stop().await?;
    drop(secured);
    heard.take("debit-svc that lost everything", &some_seconds(child).await?);
    ensure!(password("x").starts_with("secret-of-"), "what is looked for");
    heard.check()
}
