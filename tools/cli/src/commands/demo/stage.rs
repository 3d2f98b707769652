//! What scenarios share: a stack with some accounts, and methods for sending requests and querying the ledger.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::{Instant, sleep};
use wallet_client::api::{Api, Transfer};
use wallet_client::clock;
use wallet_client::request::{Request, Wanted};
use wallet_client::{Options, Outcome, Wallet};
use wallet_contract::event::Kind;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::reason::Refusal;
use wallet_contract::subject::Verb;
use wallet_stack::Stack;

use super::scene::Scene;

/// Timeout for an outcome, which takes milliseconds, or a lease of 3 s after a kill.
pub(super) const OUTCOME_WITHIN: Duration = Duration::from_secs(20);
/// Candidate names, of which one is chosen in alice's shard and one in another.
const NAMES: [&str; 6] = ["bob", "carol", "dave", "erin", "grace", "heidi"];
/// alice's initial balance.
const INITIAL_BALANCE: &str = "100.00";

pub(super) fn valid(request: Result<Request, Refusal>) -> Result<Request> {
    request.map_err(anyhow::Error::msg)
}

/// A stack with accounts.
pub(super) struct Stage<'s> {
    pub(super) stack: &'s mut Stack,
    pub(super) wallet: Wallet,
    pub(super) api: Api,
    /// An account with money.
    pub(super) alice: AccountId,
    /// An account in alice's shard.
    pub(super) neighbour: AccountId,
    /// An account in another shard.
    pub(super) remote: AccountId,
    /// A frozen account.
    pub(super) frozen: AccountId,
}

impl<'s> Stage<'s> {
    /// Opens the accounts and funds alice.
    pub(super) async fn set_up(stack: &'s mut Stack) -> Result<Self> {
        let options = Options {
            deadline: OUTCOME_WITHIN,
            ..Options::default()
        };
        let wallet = Wallet::connect_with(&stack.nats(), options).await?;
        let (api, shards) = (Api::new(&stack.api_url())?, stack.options().shards);
        let alice: AccountId = "alice".parse()?;
        let names = NAMES
            .iter()
            .map(|name| name.parse())
            .collect::<Result<Vec<AccountId>, _>>()?;
        let near = |name: &&AccountId| shards.of(name) == shards.of(&alice);
        let neighbour = names
            .iter()
            .find(near)
            .context("no name is on alice's shard")?
            .clone();
        let remote = names
            .iter()
            .find(|name| !near(name))
            .context("all names are on alice's shard")?
            .clone();
        let stage = Self {
            stack,
            wallet,
            api,
            alice,
            neighbour,
            remote,
            frozen: "frank".parse()?,
        };
        for account in [&stage.alice, &stage.neighbour, &stage.remote, &stage.frozen] {
            stage
                .must_succeed(valid(Request::open(
                    clock::new_id(),
                    account,
                    "USD".parse()?,
                    None,
                ))?)
                .await?;
        }
        stage
            .must_succeed(Self::payment(&AccountId::world(), &stage.alice, INITIAL_BALANCE)?)
            .await?;
        stage
            .must_succeed(valid(Request::plain(
                Verb::Freeze,
                clock::new_id(),
                &stage.frozen,
            ))?)
            .await?;
        Ok(stage)
    }

    /// The accounts, in words.
    pub(super) fn introduction(&self) -> String {
        let Self {
            alice,
            neighbour,
            remote,
            frozen,
            ..
        } = self;
        let shards = self.stack.options().shards;
        let [home, away, cold] = [alice, remote, frozen].map(|account| shards.of(account));
        format!(
            "{alice} has {INITIAL_BALANCE} USD and is on shard {home}, like {neighbour}. {remote} is on shard {away}, and {frozen}, on \
             shard {cold}, is frozen."
        )
    }

    /// A payment in USD with a new id.
    pub(super) fn payment(from: &AccountId, to: &AccountId, amount: &str) -> Result<Request> {
        Self::payment_with(clock::new_id(), from, to, amount)
    }

    /// A payment in USD with a given id.
    pub(super) fn payment_with(
        id: TransferId,
        from: &AccountId,
        to: &AccountId,
        amount: &str,
    ) -> Result<Request> {
        let wanted = Wanted {
            from,
            to: to.as_str(),
            amount,
            currency: "USD",
            memo: None,
        };
        valid(Request::transfer(id, &wanted))
    }

    /// Sends a request and waits for its outcome.
    pub(super) async fn ask(&self, request: &Request) -> Result<Outcome> {
        Ok(self.wallet.ask(request).await?)
    }

    async fn must_succeed(&self, request: Request) -> Result<()> {
        let outcome = self.ask(&request).await?;
        if !outcome.is_good(request.verb) {
            let why = outcome.detail.unwrap_or_default();
            bail!(
                "{} of {} was {}: {why}",
                request.verb.token(),
                request.account,
                outcome.outcome
            );
        }
        Ok(())
    }

    /// Deposits to alice until she has `amount`.
    pub(super) async fn top_up(&self, amount: &str) -> Result<()> {
        let usd: Currency = "USD".parse()?;
        let missing = usd.parse_minor(amount)? - usd.parse_minor(&self.available(&self.alice).await?)?;
        if missing > 0 {
            let missing = usd.format_minor(missing);
            self.must_succeed(Self::payment(&AccountId::world(), &self.alice, &missing)?)
                .await?;
        }
        Ok(())
    }

    /// An account's available amount.
    pub(super) async fn available(&self, account: &AccountId) -> Result<String> {
        let page = self.api.account(account, None).await?;
        Ok(page
            .balances
            .first()
            .map_or_else(String::new, |balance| balance.available.clone()))
    }

    /// The flow of a request, as the ledger knows it now.
    pub(super) async fn flow(&self, request: &Request) -> Result<Option<Transfer>> {
        Ok(self.api.transfer(request.id, Some(&request.account)).await?)
    }

    /// Waits until a flow has an event of a kind.
    pub(super) async fn until(&self, request: &Request, kind: Kind) -> Result<Transfer> {
        let deadline = Instant::now() + OUTCOME_WITHIN;
        loop {
            match self.flow(request).await? {
                Some(flow) if flow.events.iter().any(|event| event.kind == kind.name()) => return Ok(flow),
                Some(_) | None if Instant::now() > deadline => bail!("no {kind} within {OUTCOME_WITHIN:?}"),
                Some(_) | None => sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Adds the flow to a scene.
    pub(super) async fn complete(&self, scene: Scene) -> Result<Scene> {
        match scene.request() {
            Some(request) => {
                let flow = self.flow(request).await?;
                Ok(scene.with_flow(flow))
            }
            None => Ok(scene),
        }
    }
}
