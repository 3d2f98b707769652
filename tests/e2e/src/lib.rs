//! Shared by the scenarios: stacks of their own, requests as any client would send them, and the tool run as a program.

pub mod backup;
pub mod bank;
pub mod browser;
pub mod disk;
pub mod faults;
pub mod identity;
pub mod instance;
pub mod kept;
pub mod load;
pub mod metrics;
pub mod nginx;
pub mod pooler;
pub mod proxy;
pub mod raw;
pub mod receivers;
pub mod reckoning;
pub mod secured;
pub mod server;
pub mod streams;
pub mod wait;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use wallet_client::api::Api;
use wallet_client::clock::new_id;
use wallet_client::connect::{Connection, connect};
use wallet_client::outcome::{Listener, Outcome};
use wallet_contract::id::AccountId;
use wallet_contract::request;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};
use wallet_nats::Settings;
use wallet_stack::{Database, Options, Stack};

use crate::disk::SmallDisk;
use crate::proxy::Proxy;

/// How long a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Room for the files of debit-svc, including two write-ahead logs of 64 MiB, and little enough to be filled.
const DISK_KIB: u32 = 384 * 1024;
/// Additional room for each second of a longer test.
const DISK_KIB_A_SECOND: u32 = 1024;
/// The two databases, as `--database` takes them.
pub const DATABASES: [Option<&str>; 2] = [None, Some("postgres")];

/// A stack in a folder of its own, with a connection and the ledger's API.
pub struct World {
    /// The stack.
    pub stack: Stack,
    /// A client's connection.
    pub nats: Connection,
    /// The ledger.
    pub api: Api,
    proxies: BTreeMap<Service, Proxy>,
    disk: Option<SmallDisk>,
    dir: TempDir,
}

impl World {
    /// Starts a stack of two shards.
    pub async fn start(database: Option<&str>) -> Result<Self> {
        Self::with(database, |_| ()).await
    }

    /// The same with other options.
    pub async fn with(database: Option<&str>, change: impl FnOnce(&mut Options)) -> Result<Self> {
        let dir = TempDir::new()?;
        let mut options = options(&dir, database).await?;
        change(&mut options);
        Self::run(options, dir, BTreeMap::new(), None).await
    }

    /// The same, prepared for faults: each service reaches NATS through a proxy, and the files of debit-svc, if there are any,
    /// are on a small disk.
    pub async fn fragile(database: Option<&str>) -> Result<Self> {
        let dir = TempDir::new()?;
        let mut options = options(&dir, database).await?;
        let mut proxies = BTreeMap::new();
        for service in Service::ALL {
            let proxy = Proxy::start(options.addresses.nats).await?;
            options.nats_urls.insert(service, proxy.url());
            proxies.insert(service, proxy);
        }
        let disk = if options.database.is_in_folder() {
            let seconds = u32::try_from(faults::span(0)?.as_secs())?;
            SmallDisk::mount(DISK_KIB + DISK_KIB_A_SECOND * seconds)?
        } else {
            None
        };
        if let Some(disk) = &disk {
            for file in ["debit-0.db", "debit-1.db"] {
                std::os::unix::fs::symlink(disk.path().join(file), dir.path().join(file))?;
            }
        }
        Self::run(options, dir, proxies, disk).await
    }

    /// The same on NATS servers that are already running; services may have URLs of their own.
    pub async fn on(nats: Settings, nats_urls: BTreeMap<Service, String>) -> Result<Self> {
        let dir = TempDir::new()?;
        let options = Options {
            nats: Some(nats),
            nats_urls,
            ..options(&dir, None).await?
        };
        Self::run(options, dir, BTreeMap::new(), None).await
    }

    async fn run(
        options: Options,
        dir: TempDir,
        proxies: BTreeMap<Service, Proxy>,
        disk: Option<SmallDisk>,
    ) -> Result<Self> {
        let stack = Stack::start(options).await?;
        let nats = connect(&stack.nats()).await?;
        let api = Api::new(&stack.api_url())?;
        Ok(Self {
            stack,
            nats,
            api,
            proxies,
            disk,
            dir,
        })
    }

    /// The proxy between a service and NATS.
    pub fn proxy(&self, service: Service) -> &Proxy {
        &self.proxies[&service]
    }

    /// The small disk, if there is one.
    pub fn disk(&self) -> Option<&SmallDisk> {
        self.disk.as_ref()
    }

    /// The stack's folder.
    pub fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Publishes a body and waits for its outcome.
    pub async fn ask(&self, verb: Verb, account: &str, body: Value) -> Result<Outcome> {
        let mut listener = self.listen(verb, account, &body).await?;
        self.nats
            .request(verb, &account.parse()?, body.to_string(), None)
            .await?;
        let outcome = listener.until(tokio::time::Instant::now() + PATIENCE).await?;
        outcome.with_context(|| format!("no outcome for {body}"))
    }

    /// Listens for the outcome of a body that is not published yet.
    pub async fn listen(&self, verb: Verb, account: &str, body: &Value) -> Result<Listener> {
        let account: AccountId = account.parse()?;
        let context = request::Context {
            verb,
            account: Some(&account),
            traceparent: None,
            event_id: None,
        };
        let read = request::read(&body.to_string(), context).context("the test's body has no id")?;
        Ok(Listener::start(&self.nats, &account, read.transfer, read.id).await?)
    }

    /// Opens accounts in USD and gives each 100.00.
    pub async fn open(&self, accounts: &[&str]) -> Result<()> {
        for account in accounts {
            self.ask(Verb::Open, account, json!({ "id": id(), "currency": "USD" }))
                .await?;
            self.pay("@world", account, "100.00").await?;
        }
        Ok(())
    }

    /// Transfers USD.
    pub async fn pay(&self, from: &str, to: &str, amount: &str) -> Result<Outcome> {
        self.ask(Verb::Transfer, from, transfer(to, amount)).await
    }

    /// An account's available balance in its first currency.
    pub async fn available(&self, account: &str) -> Result<String> {
        let page = self.api.account(&account.parse()?, None).await?;
        Ok(page
            .balances
            .first()
            .context("an open account has a balance")?
            .available
            .clone())
    }

    /// Audits the stack: everything has ended, and every invariant holds.
    pub async fn verify(&self) -> Result<()> {
        let report = wallet_audit::live::audit(&self.nats, &self.api, PATIENCE).await?;
        ensure!(report.held, "{}\n{}", report.text(), self.log_tails()?);
        println!("{}", report.text());
        Ok(())
    }

    /// The last lines of each process's log.
    fn log_tails(&self) -> Result<String> {
        let mut words = String::new();
        for file in std::fs::read_dir(self.stack.logs())? {
            let (path, lines) = (file?.path(), 12);
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            let last: Vec<&str> = text.lines().rev().take(lines).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            writeln!(words, "\n{}:\n{}", path.display(), last.join("\n"))?;
        }
        Ok(words)
    }

    /// Runs the tool against this stack.
    pub async fn wallet(&self, args: &[&str]) -> Result<Output> {
        let mut command = wallet_command(args, &self.stack.api_url())?;
        for (variable, value) in self.stack.nats().environment() {
            command.env(variable, value.unwrap_or_default());
        }
        Ok(command.output().await?)
    }

    /// Runs the tool, expects an exit code and texts on its outputs, and returns its standard output.
    pub async fn tool(&self, args: &[&str], code: i32, says: &[&str]) -> Result<String> {
        let output = self.wallet(args).await?;
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let (status, text) = (output.status, format!("{stdout}{stderr}"));
        ensure!(
            status.code() == Some(code),
            "wallet {args:?}, {code} expected: {status} {text}"
        );
        for part in says {
            ensure!(
                text.contains(part),
                "wallet {args:?} does not show {part:?}: {text}"
            );
        }
        Ok(stdout)
    }

    /// What the ledger answers at this path, with success.
    pub async fn get(&self, path: &str) -> Result<String> {
        let answer = reqwest::get(format!("{}{path}", self.stack.api_url())).await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(text)
    }

    /// Stops the stack in order.
    pub async fn stop(self) -> Result<()> {
        self.stack.stop().await
    }
}

async fn options(dir: &TempDir, database: Option<&str>) -> Result<Options> {
    let database = Database::temporary(database).await?;
    Options::temporary(dir.path(), Shards::new(2)?, database)
}

/// Runs the steps of a scenario one after the other, each with the same arguments. What fails in one begins with its name.
#[macro_export]
macro_rules! steps {
    ($arguments:tt: $($step:path),+ $(,)?) => {
        $({
            println!("{}", stringify!($step));
            let run = Box::pin($step $arguments).await;
            anyhow::Context::context(run, stringify!($step))?;
        })+
    };
}

/// A new id, as text.
pub fn id() -> String {
    new_id().to_string()
}

/// The body of a transfer of USD with a new id.
pub fn transfer(to: &str, amount: &str) -> Value {
    json!({ "id": id(), "to": to, "amount": amount, "currency": "USD" })
}

/// An event of a transfer as a later version of credit-svc might write it: no service of today can read it.
pub fn of_a_later_version(transfer: &str, shard: Shard) -> String {
    let source = format!("/credit-svc/{shard}");
    json!([{
        "specversion": "1.0", "id": id(), "source": source, "type": "wallet.account.gilded.v2", "subject": transfer,
        "time": "2026-01-01T00:00:00Z", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "causationid": transfer, "correlationid": "4bf92f3577b34da6a3ce929d0e0e4736", "position": "17:2", "workus": 250, "data": { "payer": "alice" },
    }])
    .to_string()
}

/// The path of a program of the workspace: in this test's folder or its parent.
pub fn program(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let found = test
        .ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file());
    found.with_context(|| format!("{name} is not built: `make build`"))
}

/// The root of the repository: tests read sources, documents and installed tools from it.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where `scripts/install-tools` put a program that the tests use. Without it, a test prints that it skips.
pub fn tool(name: &str) -> Option<PathBuf> {
    let usr = repository().join(".tools/debian/usr");
    let found = ["bin", "sbin"].map(|dir| usr.join(dir).join(name));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: no {name} in .tools (make tools)");
    }
    found
}

/// Runs the tool.
pub async fn run_wallet(args: &[&str], nats: &str, api: &str) -> Result<Output> {
    let mut command = wallet_command(args, api)?;
    Ok(command.env("WALLET_NATS_URL", nats).output().await?)
}

fn wallet_command(args: &[&str], api: &str) -> Result<tokio::process::Command> {
    let mut command = tokio::process::Command::new(program("wallet")?);
    command.args(args).env("WALLET_API_URL", api).env("NO_COLOR", "1");
    command.kill_on_drop(true);
    Ok(command)
}

/// The real bank movements, if they are here. Without them, a test prints that it skips.
pub fn bank_movements() -> Option<PathBuf> {
    let dir = repository().join("../shared/data");
    dir.join("pkdd99-transfers.csv").is_file().then_some(dir)
}

/// Pseudo-random numbers: the same seed, the same run. (Steele, Lea and Flood's generator `SplitMix64`.)
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From `WALLET_SEED`, or from the clock; prints the seed, so that a run can be repeated.
    pub fn seeded() -> Result<Self> {
        let seed = match std::env::var("WALLET_SEED") {
            Ok(text) => text.parse().context("WALLET_SEED is not a number")?,
            Err(_) => wallet_client::clock::now().as_microsecond().unsigned_abs(),
        };
        println!("WALLET_SEED={seed}");
        Ok(Self(seed))
    }

    /// From a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// An independent sequence of numbers, which depends only on this one's seed.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}
