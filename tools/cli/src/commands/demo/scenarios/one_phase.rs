//! One-phase transfers.

use anyhow::{Context as _, Result};
use tokio::time::Instant;
use wallet_client::outcome::{Listener, Outcome};
use wallet_contract::event::Kind;
use wallet_contract::subject::{Service, Verb};

use super::{detail, with_reason, words};
use crate::commands::demo::scene::Scene;
use crate::commands::demo::stage::{OUTCOME_WITHIN, Stage};

pub(super) async fn settled(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.neighbour, "12.50")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "settled", outcome.outcome.as_str())
        .check("alice has", "87.50", stage.available(&stage.alice).await?)
        .check("the payee has", "12.50", stage.available(&stage.neighbour).await?))
}

pub(super) async fn insufficient_funds(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.neighbour, &stage.alice, "1000.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "refused: insufficient_funds", with_reason(&outcome))
        .check(
            "detail",
            "12.50 USD available, 1000.00 USD requested",
            detail(&outcome),
        ))
}

pub(super) async fn compensated(stage: &mut Stage<'_>) -> Result<Scene> {
    let before = stage.available(&stage.alice).await?;
    let request = Stage::payment(&stage.alice, &stage.frozen, "5.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(format!("{}, which is frozen", words(&request)))
        .check("outcome", "compensated: account_frozen", with_reason(&outcome))
        .check(
            "alice has, as before",
            before,
            stage.available(&stage.alice).await?,
        ))
}

pub(super) async fn twice(stage: &mut Stage<'_>) -> Result<Scene> {
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
        .check("second outcome", with_time(&first), with_time(&second))
        .check("movements", "1", lines.to_string()))
}

/// An outcome with the time of its decision, which stays the same if nothing was decided again.
fn with_time(outcome: &Outcome) -> String {
    format!("{} at {}", outcome.outcome, outcome.time)
}

pub(super) async fn other_amount(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.neighbour, "2.00")?;
    let first = stage.ask(&request).await?;
    let other = Stage::payment_with(request.id, &stage.alice, &stage.neighbour, "20.00")?;
    let second = stage.ask(&other).await?;
    let flow = stage
        .flow(&request)
        .await?
        .context("the ledger does not know the first transfer")?;
    let unchanged = format!("{} {}", flow.status.word(), flow.amount.unwrap_or_default());
    Ok(Scene::of(&request)
        .asked(words(&request))
        .asked(format!("{}, under the same id", words(&other)))
        .check("second request", "refused: id_reused", with_reason(&second))
        .check("first request", "settled", first.outcome.as_str())
        .check("the first is still", "settled 2.00", unchanged))
}

pub(super) async fn unreadable(stage: &mut Stage<'_>) -> Result<Scene> {
    let text = "{\"to\":\"bob\",\"amount\":";
    let stored = stage
        .wallet
        .connection()
        .request(Verb::Transfer, &stage.alice, text, None)
        .await?;
    let request = Stage::payment(&stage.alice, &stage.neighbour, "1.00")?;
    let outcome = stage.ask(&request).await?;
    let shard = stage.stack.options().shards.of(&stage.alice).0;
    let parked = stage.api.parked(false).await?;
    let parked = parked
        .iter()
        .find(|parked| (parked.shard, parked.sequence) == (shard, stored.sequence));
    let by = parked.map_or("not parked".to_owned(), |parked| {
        format!("parked by {}", parked.service)
    });
    let why = parked.map_or("not parked", |parked| {
        parked.detail.split(':').next().unwrap_or_default()
    });
    Ok(Scene::of(&request)
        .asked(format!(
            "{text}   (message {} in the log of shard {shard})",
            stored.sequence
        ))
        .asked(words(&request))
        .check("first request", "parked by debit-svc", by)
        .check("reason", "not a request", why)
        .check("second request", "settled", outcome.outcome.as_str()))
}

pub(super) async fn another_shard(stage: &mut Stage<'_>) -> Result<Scene> {
    let request = Stage::payment(&stage.alice, &stage.remote, "10.00")?;
    let outcome = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked(words(&request))
        .check("outcome", "settled", outcome.outcome.as_str())
        .check("the payee has", "10.00", stage.available(&stage.remote).await?))
}

pub(super) async fn killed(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.stack.kill(Service::Credit).await?;
    let request = Stage::payment(&stage.alice, &stage.remote, "7.00")?;
    let connection = stage.wallet.connection();
    let mut listener = Listener::start(connection, &request.account, request.id, request.request).await?;
    connection.send(&request).await?;
    let meanwhile = stage.until(&request, Kind::AccountDebited).await?;
    stage.stack.start_service(Service::Credit).await?;
    let outcome = listener.until(Instant::now() + OUTCOME_WITHIN).await?;
    let outcome = outcome.with_context(|| format!("no outcome within {OUTCOME_WITHIN:?} of the restart"))?;
    Ok(Scene::of(&request)
        .asked(format!("{}, with credit-svc killed", words(&request)))
        .check("after a restart", "settled", outcome.outcome.as_str())
        .check("while credit-svc was down", "running", meanwhile.status.word())
        .check("the payee has", "17.00", stage.available(&stage.remote).await?))
}
