//! The wallet: three services over NATS, each with its own database, on SQLite or on PostgreSQL.
//!
//! A caller is a client like any other: it publishes plain JSON on `wallet.cmd.transfer.<payer>` and waits on `wallet.outcome…`.

mod cut;

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tempfile::TempDir;
use tokio::sync::Mutex;
use wallet_client::api::{Api, MAX_ROWS};
use wallet_client::outcome::Word;
use wallet_client::request::{Request, Wanted};
use wallet_client::{Options as ClientOptions, Wallet as Client};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::subject::Service;
use wallet_load::random::decimal;
use wallet_stack::{Database, Options, Stack};

use crate::program::Programs;
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

pub use self::cut::POINTS;

/// How long a caller waits for an outcome.
const OUTCOME_WITHIN: Duration = Duration::from_secs(30);
/// How many requests are in flight while accounts are opened.
const OPENING: usize = 128;

/// A stack, with a client's connection to it.
#[derive(Debug)]
pub struct Wallet {
    stack: Mutex<Stack>,
    client: Client,
    api: Api,
    _dir: TempDir,
}

fn name(account: u32) -> Result<AccountId> {
    Ok(format!("a{account:04}").parse()?)
}

fn cents(amount: &str) -> Result<i64> {
    amount
        .replace('.', "")
        .parse()
        .with_context(|| format!("invalid amount {amount:?}"))
}

fn transfer(id: TransferId, from: &AccountId, to: &AccountId, cents: i64) -> Result<Request> {
    let wanted = Wanted {
        from,
        to: to.as_str(),
        amount: &decimal(cents.unsigned_abs()),
        currency: "USD",
        memo: None,
    };
    Request::transfer(id, &wanted).map_err(Error::msg)
}

impl Wallet {
    /// Starts a stack. `database` is as in `wallet bench`.
    pub async fn start(programs: Programs, database: Option<&str>) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("wallet-compare-").tempdir()?;
        let database = Database::temporary(database).await?;
        let mut options = Options::temporary(dir.path(), programs.setting.shards, database)?;
        options.programs = programs.services;
        let stack = Stack::start(options).await?;
        let client = ClientOptions {
            deadline: OUTCOME_WITHIN,
            sharing: programs.setting.sharing,
        };
        Ok(Self {
            client: Client::connect_with(&stack.nats(), client).await?,
            api: Api::new(&stack.api_url())?,
            stack: Mutex::new(stack),
            _dir: dir,
        })
    }

    async fn ask(&self, request: &Request) -> Result<Paid> {
        let followed = self.client.follow(request).await?;
        let Some(outcome) = followed.outcome else {
            bail!("no outcome of {} within {OUTCOME_WITHIN:?}", request.id);
        };
        match outcome.outcome {
            Word::Settled | Word::Opened if followed.earlier => Ok(Paid::Known),
            Word::Settled | Word::Opened => Ok(Paid::Settled),
            Word::Refused | Word::Compensated => Ok(Paid::Refused),
            Word::Reserved
            | Word::Cancelled
            | Word::Expired
            | Word::Frozen
            | Word::Unfrozen
            | Word::Closed => {
                bail!("a payment ended in {}", outcome.outcome)
            }
        }
    }
}

#[async_trait(?Send)]
impl System for Wallet {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        let world = AccountId::world();
        let open = async |account: u32| {
            let (id, account) = (wallet_client::clock::new_id(), name(account)?);
            self.ask(&Request::open(id, &account, "USD".parse()?, None).map_err(Error::msg)?)
                .await?;
            self.ask(&transfer(
                wallet_client::clock::new_id(),
                &world,
                &account,
                cents,
            )?)
            .await
        };
        let opened = stream::iter(accounts).map(open).buffer_unordered(OPENING);
        opened.try_for_each(async |_: Paid| Ok(())).await
    }

    async fn pay(&self, payment: &Payment, _: &Stop) -> Result<Paid> {
        let (payer, payee) = (name(payment.payer)?, name(payment.payee)?);
        self.ask(&transfer(TransferId(payment.id), &payer, &payee, payment.cents)?)
            .await
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let (mut all, mut after) = (vec![Balance::default(); accounts.len()], None);
        loop {
            let page = self.api.accounts(after.as_deref(), MAX_ROWS).await?;
            for read in &page.accounts {
                let number = read
                    .account
                    .strip_prefix('a')
                    .and_then(|digits| digits.parse().ok());
                let Some(number) = number.filter(|number| accounts.contains(number)) else {
                    continue;
                };
                for balance in &read.balances {
                    let in_transit = balance.in_transit.as_deref().unwrap_or("0.00");
                    all[(number - accounts.start) as usize] = Balance {
                        available: cents(&balance.available)?,
                        held: cents(&balance.held)?,
                        in_transit: cents(in_transit)?,
                    };
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    fn way(&self) -> Vec<String> {
        Vec::new()
    }

    async fn pids(&self) -> Vec<u32> {
        let mut stack = self.stack.lock().await;
        let postgres = stack.postgres().and_then(|server| server.pid());
        let services = Service::ALL.into_iter().map(|service| stack.pid(service));
        services.chain([stack.nats_pid(), postgres]).flatten().collect()
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        cut::at(self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
        let mut stack = self.stack.lock().await;
        let dead = Service::ALL
            .into_iter()
            .filter(|service| stack.pid(*service).is_none());
        let dead: Vec<Service> = dead.collect();
        for service in &dead {
            stack.spawn_service(*service)?;
        }
        for service in dead {
            stack.wait_until_ready(service).await?;
        }
        Ok(())
    }

    async fn kill_node(&self) -> Result<&'static str> {
        let mut stack = self.stack.lock().await;
        if let Some(server) = stack.postgres() {
            return server.kill().await.map(|()| "PostgreSQL");
        }
        stack.kill_nats().await.map(|()| "nats-server")
    }

    async fn start_node(&self) -> Result<()> {
        let mut stack = self.stack.lock().await;
        match stack.postgres() {
            Some(server) => server.start_again().await,
            None => stack.start_nats().await,
        }
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.stack.into_inner().stop().await
    }
}
