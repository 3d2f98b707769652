//! The scenarios: what is asked, and what must come of it.

use anyhow::{Context as _, Result};
use tokio::time::Instant;
use wallet_contract::subject::{Service, Verb};

use super::scene::Scene;
use super::stage::{OUTCOME_WITHIN, Stage};
use crate::outcome::{self, Listener, Outcome};
use crate::request::Request;

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Settled,
    InsufficientFunds,
    Compensated,
    Twice,
    OtherAmount,
    Unreadable,
    AnotherShard,
    Killed,
}

impl Scenario {
    /// All of them, in the order in which they are played.
    pub(super) const ALL: [Self; 8] = [
        Self::Settled,
        Self::InsufficientFunds,
        Self::Compensated,
        Self::Twice,
        Self::OtherAmount,
        Self::Unreadable,
        Self::AnotherShard,
        Self::Killed,
    ];

    /// Its name.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Settled => "Settled",
            Self::InsufficientFunds => "Insufficient funds",
            Self::Compensated => "Credit refused, so compensated",
            Self::Twice => "The same request twice",
            Self::OtherAmount => "The same id with another amount",
            Self::Unreadable => "An unreadable message is parked",
            Self::AnotherShard => "A payee on another shard",
            Self::Killed => "A service killed (-9) in mid-flow",
        }
    }

    /// What it shows, in a sentence.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Settled => {
                "debit-svc debits, credit-svc credits, ledger-svc closes the books. Nobody orchestrates."
            }
            Self::InsufficientFunds => "Refused before anything moves, with the amount that is there.",
            Self::Compensated => {
                "The payee can't receive; the payer has already paid and gets the money back."
            }
            Self::Twice => {
                "A client that did not hear the outcome asks again: one movement, the same answer."
            }
            Self::OtherAmount => "An id names one transfer for ever; the first one is not touched.",
            Self::Unreadable => {
                "What can't be read is set aside with a reason; what stands behind it goes on."
            }
            Self::AnotherShard => "Two databases, two logs, no distributed transaction.",
            Self::Killed => {
                "credit-svc is gone when the money is on its way; what was decided is never lost."
            }
        }
    }

    /// Plays it.
    pub(super) async fn play(self, stage: &mut Stage<'_>) -> Result<Scene> {
        match self {
            Self::Settled => settled(stage).await,
            Self::InsufficientFunds => insufficient_funds(stage).await,
            Self::Compensated => compensated(stage).await,
            Self::Twice => twice(stage).await,
            Self::OtherAmount => other_amount(stage).await,
            Self::Unreadable => unreadable(stage).await,
            Self::AnotherShard => another_shard(stage).await,
            Self::Killed => killed(stage).await,
        }
    }
}

/// `alice → bob  12.50 USD`
fn words(request: &Request) -> String {
    let account = &request.account;
    request.movement().map_or_else(String::new, |(payee, money)| {
        format!("{account} → {payee}  {money}")
    })
}

fn with_reason(outcome: &Outcome) -> String {
    format!(
        "{}: {}",
        outcome.outcome,
        outcome.reason.as_deref().unwrap_or("no reason")
    )
}

fn detail(outcome: &Outcome) -> &str {
    outcome.detail.as_deref().unwrap_or("no detail")
}

async fn settled(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.neighbour, "12.50")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "settled", outcome.outcome.as_str())
        .check("alice has", "87.50", stage.available(&stage.alice).await?)
        .check("the payee has", "12.50", stage.available(&stage.neighbour).await?))
}

async fn insufficient_funds(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.neighbour, &stage.alice, "1000.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "refused: insufficient_funds", with_reason(&outcome))
        .check(
            "detail",
            "12.50 USD available, 1000.00 USD asked",
            detail(&outcome),
        ))
}

async fn compensated(stage: &mut Stage<'_>) -> Result<Scene> {
    let before = stage.available(&stage.alice).await?;
    let request = Stage::payment(&stage.alice, &stage.frozen, "5.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(format!("{}, who is frozen", words(&request)))
        .check("outcome", "compensated: account_frozen", with_reason(&outcome))
        .check(
            "alice has what she had",
            before,
            stage.available(&stage.alice).await?,
        ))
}

async fn twice(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.neighbour, "3.00")?;
    let (first, second) = (stage.ask(&request).await?, stage.ask(&request).await?);
    let statement = stage.api.statement(&stage.alice, None, 100, None).await?;
    let lines = statement
        .lines
        .iter()
        .filter(|line| line.transfer == request.id.0)
        .count();
    Ok(Scene::of(&request)
        .asked(words(&request))
        .asked(format!("{}, again", words(&request)))
        .check("outcome", "settled", first.outcome.as_str())
        .check("the second time", told(&first), told(&second))
        .check("movements", "1", lines.to_string()))
}

/// An outcome with the time of its decision: the same, if nothing was decided again.
fn told(outcome: &Outcome) -> String {
    format!("{} at {}", outcome.outcome, outcome.time)
}

async fn other_amount(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.neighbour, "2.00")?;
    let first = stage.ask(&request).await?;
    let other = Stage::payment_with(request.id, &stage.alice, &stage.neighbour, "20.00")?;
    let second = stage.ask(&other).await?;
    let flow = stage
        .flow(&request)
        .await?
        .context("the ledger does not know the first transfer")?;
    let stands = format!("{} {}", flow.status.word(), flow.amount.unwrap_or_default());
    Ok(Scene::of(&request)
        .asked(words(&request))
        .asked(format!("{}, under the same id", words(&other)))
        .check("the second", "refused: id_reused", with_reason(&second))
        .check("the first", "settled", first.outcome.as_str())
        .check("the first still stands as", "settled 2.00", stands))
}

async fn unreadable(stage: &mut Stage<'_>) -> Result<Scene> {
    let text = "{\"to\":\"bob\",\"amount\":";
    let place = stage
        .connection
        .request(Verb::Transfer, &stage.alice, text, None)
        .await?;
    let request = Stage::payment(&stage.alice, &stage.neighbour, "1.00")?;
    let outcome = stage.ask(&request).await?;
    let shard = stage.stack.options().shards.of(&stage.alice).0;
    let parked = stage.api.parked().await?;
    let parked = parked
        .iter()
        .find(|parked| (parked.shard, parked.sequence) == (shard, place.sequence));
    let by = parked.map_or("not parked".to_owned(), |parked| {
        format!("parked by {}", parked.service)
    });
    let why = parked.map_or("not parked", |parked| {
        parked.detail.split(':').next().unwrap_or_default()
    });
    Ok(Scene::of(&request)
        .asked(format!(
            "{text}   (message {} in the log of shard {shard})",
            place.sequence
        ))
        .asked(words(&request))
        .check("the first", "parked by debit-svc", by)
        .check("why", "not a request", why)
        .check("the second", "settled", outcome.outcome.as_str()))
}

async fn another_shard(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.stranger, "10.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "settled", outcome.outcome.as_str())
        .check("the payee has", "10.00", stage.available(&stage.stranger).await?))
}

async fn killed(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.stack.kill(Service::Credit).await?;
    let request = Stage::payment(&stage.alice, &stage.stranger, "7.00")?;
    let mut listener = Listener::start(&stage.connection, &request.account, request.id).await?;
    outcome::publish(&stage.connection, &request).await?;
    let meanwhile = stage.until(&request, "wallet.account.debited.v1").await?;
    stage.stack.start_service(Service::Credit).await?;
    let outcome = listener.until(Instant::now() + OUTCOME_WITHIN).await?;
    let outcome = outcome.with_context(|| format!("no outcome within {OUTCOME_WITHIN:?} of the restart"))?;
    Ok(Scene::of(&request)
        .asked(format!("{}, with credit-svc killed", words(&request)))
        .check("after a restart", "settled", outcome.outcome.as_str())
        .check("before it, debited and", "running", meanwhile.status.word())
        .check("the payee has", "17.00", stage.available(&stage.stranger).await?))
}
