//! A stack with something in each list.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use e2e::wait::until;
use e2e::{World, id, of_a_later_version, transfer};
use serde_json::json;
use wallet_client::api::{Filter, StatusFilter};
use wallet_contract::id::AccountId;
use wallet_contract::shard::Shards;
use wallet_contract::status::Status;
use wallet_contract::subject::{Service, Verb, envelopes};

use super::table::List;

/// Names as people write them: bytewise, `Mia` and `Zed` come before `alice`; in a dictionary, after `max` and `bob`.
const NAMES: [&str; 7] = ["alice", "anna", "bob", "max", "Mia", "Molly", "Zed"];
/// More than any account has.
const REFUSED: &str = "9000.00";
/// The amount of each stuck transfer, and the number of them from each payer.
const STUCK: &str = "0.05";
const EACH: usize = 3;

/// What is known of it.
pub(super) struct Filled {
    pub(super) shards: Shards,
    /// The trace of several flows.
    pub(super) trace: String,
    /// How many messages are parked, or will be: those of [`Self::park`], and what [`Self::more`] adds.
    parked: AtomicU64,
}

impl Filled {
    /// Empty, for naming lists only.
    pub(super) fn empty() -> Result<Self> {
        Ok(Self {
            shards: Shards::new(1)?,
            trace: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            parked: AtomicU64::new(9),
        })
    }

    /// Fills it.
    pub(super) async fn fill(world: &World) -> Result<Self> {
        let filled = Self {
            shards: world.nats.shards().await?,
            ..Self::empty()?
        };
        world.open(&NAMES).await?;
        let euros = json!({ "id": id(), "currency": "EUR" });
        world.ask(Verb::Open, "alice", euros).await?;
        for (from, to, amount) in [
            ("alice", "bob", "1.00"),
            ("alice", "bob", "2.00"),
            ("bob", "alice", "3.00"),
            ("max", "bob", "4.00"),
            ("Mia", "alice", "5.00"),
            ("alice", "bob", "5000.00"),
            ("alice", "Mia", "6000.00"),
            ("bob", "alice", "7000.00"),
        ] {
            world.pay(from, to, amount).await?;
        }
        world.ask(Verb::Freeze, "Zed", json!({ "id": id() })).await?;
        for from in ["alice", "bob"] {
            world.pay(from, "Zed", "1.00").await?;
        }
        for from in ["alice", "max", "Mia", "alice", "alice"] {
            world.ask(Verb::Reserve, from, transfer("bob", "2.00")).await?;
        }
        for verb in [Verb::Cancel, Verb::Cancel, Verb::Confirm] {
            let body = transfer("bob", "2.00");
            let order = json!({ "id": body["id"] });
            world.ask(Verb::Reserve, "alice", body).await?;
            world.ask(verb, "alice", order).await?;
        }
        filled.trace(world).await?;
        filled.park(world).await?;
        Ok(filled)
    }

    /// Several flows with one trace, of several payers.
    async fn trace(&self, world: &World) -> Result<()> {
        let parent = format!("00-{}-b7ad6b7169203331-01", self.trace);
        for from in ["alice", "bob", "max", "alice", "Mia"] {
            let body = transfer(if from == "bob" { "max" } else { "bob" }, "0.10");
            let from: AccountId = from.parse()?;
            world
                .nats
                .request(Verb::Transfer, &from, body.to_string(), Some(&parent))
                .await?;
        }
        Ok(())
    }

    /// Unreadable messages: requests, and events of transfers.
    async fn park(&self, world: &World) -> Result<()> {
        for account in ["alice", "bob", "Mia"] {
            let account: AccountId = account.parse()?;
            world
                .nats
                .request(Verb::Transfer, &account, r#"{"to":"bob"}"#, None)
                .await?;
        }
        for from in ["alice", "max", "alice"] {
            let paid = world.pay(from, "bob", "0.20").await?;
            let home = self.shards.of(&from.parse::<AccountId>()?);
            let event = of_a_later_version(&paid.id.to_string(), home);
            world
                .nats
                .put(&envelopes(home, Service::Credit, home), Vec::new(), event)
                .await?;
        }
        self.until_parked(world).await
    }

    async fn until_parked(&self, world: &World) -> Result<()> {
        let parked = async || Ok(world.api.stats().await?.parked);
        let all = self.parked.load(Ordering::Relaxed);
        until("all messages are parked", parked, |parked| *parked >= all).await?;
        Ok(())
    }

    /// Sends something that adds an item to a list.
    pub(super) async fn more(&self, world: &World, list: &List) -> Result<()> {
        let is_of = |word: &str| list.url.contains(word);
        let (verb, account, body) = if is_of("/accounts") {
            // At one end of the alphabet, and at the other.
            let end = if is_of("/v1") { "A" } else { "z" };
            let name = format!("{end}-{}", &id()[24..]);
            (Verb::Open, name, json!({ "id": id(), "currency": "USD" }))
        } else if is_of("/parked") || is_of("/log") {
            self.parked.fetch_add(1, Ordering::Relaxed);
            (Verb::Transfer, "alice".to_owned(), json!({ "to": "bob" }))
        } else if is_of("refused") || is_of("insufficient") {
            (Verb::Transfer, "alice".to_owned(), transfer("bob", REFUSED))
        } else if is_of("reserved") {
            (Verb::Reserve, "alice".to_owned(), transfer("bob", "0.01"))
        } else {
            (Verb::Transfer, "alice".to_owned(), transfer("bob", "0.01"))
        };
        world
            .nats
            .request(verb, &account.parse()?, body.to_string(), None)
            .await?;
        Ok(())
    }

    /// Begins transfers while credit-svc is down, and waits until they count as stuck.
    pub(super) async fn get_stuck(&self, world: &World) -> Result<()> {
        for from in ["alice", "max", "Mia"] {
            for _ in 0..EACH {
                let body = transfer("bob", STUCK).to_string();
                world
                    .nats
                    .request(Verb::Transfer, &from.parse()?, body, None)
                    .await?;
            }
        }
        let filter = Filter {
            status: Some(StatusFilter::Stuck),
            ..Filter::default()
        };
        let stuck = async || Ok(world.api.flows(&filter, None).await?.transfers.len());
        until("they are stuck", stuck, |stuck| *stuck == 3 * EACH).await?;
        Ok(())
    }

    /// Waits until nothing is under way. A list that is begun then has the same order as one begun before.
    pub(super) async fn until_settled(&self, world: &World) -> Result<()> {
        let running = Filter {
            status: Some(StatusFilter::Is(Status::Running)),
            ..Filter::default()
        };
        let running = async || Ok(world.api.flows(&running, None).await?.transfers.len());
        until("everything has settled", running, |running| *running == 0).await?;
        self.until_parked(world).await
    }
}
