//! Two-phase transfers, and a reversal.

use anyhow::{Context as _, Result};
use wallet_client::clock;
use wallet_client::request::{Request, Wanted};
use wallet_contract::event::Kind;
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;

use super::{detail, with_reason, words};
use crate::commands::demo::scene::Scene;
use crate::commands::demo::stage::{Stage, valid};

fn reserve(from: &AccountId, to: &AccountId, amount: &str, expires_in: u64) -> Result<Request> {
    let wanted = usd(from, to, amount);
    valid(Request::reserve(
        clock::new_id(),
        &wanted,
        Some(expires_in),
        false,
    ))
}

fn usd<'a>(from: &'a AccountId, to: &'a AccountId, amount: &'a str) -> Wanted<'a> {
    Wanted {
        from,
        to: to.as_str(),
        amount,
        currency: "USD",
        memo: None,
    }
}

fn cancelling(request: &Request) -> Result<Request> {
    valid(Request::plain(Verb::Cancel, request.id, &request.account))
}

/// `52.00 available, 12.50 held`
async fn money(stage: &Stage<'_>, account: &AccountId) -> Result<String> {
    let page = stage.api.account(account, None).await?;
    let balance = page.balances.first().context("an open account has a balance")?;
    Ok(format!("{} available, {} held", balance.available, balance.held))
}

pub(super) async fn confirm_part(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.top_up("100.00").await?;
    let request = reserve(&stage.alice, &stage.remote, "20.00", 900)?;
    let reserved = stage.ask(&request).await?;
    let between = money(stage, &stage.alice).await?;
    let confirm = valid(Request::confirm(
        request.id,
        &request.account,
        Some(("12.50", "USD")),
    ))?;
    let confirmed = stage.ask(&confirm).await?;
    let more = valid(Request::confirm(
        request.id,
        &request.account,
        Some(("20.00", "USD")),
    ))?;
    let again = stage.ask(&more).await?;
    Ok(Scene::of(&request)
        .asked(format!("reserve {}", words(&request)))
        .asked("confirm 12.50 USD of it")
        .asked("confirm 20.00 USD of it")
        .check("confirm of 12.50", "settled", confirmed.outcome.as_str())
        .check("after the reserve", "reserved", reserved.outcome.as_str())
        .check("alice, after the reserve", "80.00 available, 20.00 held", between)
        .check(
            "confirm of 20.00",
            "refused: already_confirmed",
            with_reason(&again),
        )
        .check(
            "alice, afterwards",
            "87.50 available, 0.00 held",
            money(stage, &stage.alice).await?,
        ))
}

pub(super) async fn cancel(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.top_up("100.00").await?;
    let request = reserve(&stage.alice, &stage.neighbour, "60.00", 900)?;
    let reserved = stage.ask(&request).await?;
    let beyond = Stage::payment(&stage.alice, &stage.neighbour, "50.00")?;
    let refused = stage.ask(&beyond).await?;
    let cancelled = stage.ask(&cancelling(&request)?).await?;
    Ok(Scene::of(&request)
        .asked(format!("reserve {}", words(&request)))
        .asked(format!("pay {}", words(&beyond)))
        .asked("cancel the reservation")
        .check("cancel", "cancelled", cancelled.outcome.as_str())
        .check("after the reserve", "reserved", reserved.outcome.as_str())
        .check(
            "payment refused",
            "40.00 USD available, 60.00 USD held, 50.00 USD requested",
            detail(&refused),
        )
        .check(
            "alice, afterwards",
            "100.00 available, 0.00 held",
            money(stage, &stage.alice).await?,
        ))
}

pub(super) async fn expiry(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.top_up("100.00").await?;
    let request = reserve(&stage.alice, &stage.remote, "30.00", 1)?;
    let reserved = stage.ask(&request).await?;
    let flow = stage.until(&request, Kind::TransferFailed).await?;
    let late = valid(Request::confirm(request.id, &request.account, None))?;
    let late = stage.ask(&late).await?;
    Ok(Scene::of(&request)
        .asked(format!("reserve {} for 1 second", words(&request)))
        .asked("confirm it, too late")
        .check("final status", "expired", flow.status.word())
        .check("after the reserve", "reserved", reserved.outcome.as_str())
        .check("late confirm", "refused: expired", with_reason(&late))
        .check(
            "alice, afterwards",
            "100.00 available, 0.00 held",
            money(stage, &stage.alice).await?,
        ))
}

pub(super) async fn cancel_first(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.top_up("100.00").await?;
    let request = reserve(&stage.alice, &stage.neighbour, "10.00", 900)?;
    let cancelled = stage.ask(&cancelling(&request)?).await?;
    let late = stage.ask(&request).await?;
    Ok(Scene::of(&request)
        .asked("cancel a reservation that has not arrived yet")
        .asked(format!("reserve {}, which arrives late", words(&request)))
        .check("early cancel", "cancelled", cancelled.outcome.as_str())
        .check("late reserve", "refused: cancelled", with_reason(&late))
        .check(
            "alice, afterwards",
            "100.00 available, 0.00 held",
            money(stage, &stage.alice).await?,
        ))
}

pub(super) async fn reversal(stage: &mut Stage<'_>) -> Result<Scene> {
    stage.top_up("100.00").await?;
    let paid = Stage::payment(&stage.alice, &stage.remote, "4.00")?;
    stage.ask(&paid).await?;
    let back = |amount| {
        let wanted = usd(&stage.remote, &stage.alice, amount);
        valid(Request::reverse(clock::new_id(), &wanted, paid.id))
    };
    let (first, second) = (back("1.50")?, back("3.00")?);
    let outcome = stage.ask(&first).await?;
    let beyond = stage.ask(&second).await?;
    Ok(Scene::of(&first)
        .asked(words(&paid))
        .asked(format!("reverse {}", words(&first)))
        .asked(format!("reverse {}", words(&second)))
        .check("first reversal", "settled", outcome.outcome.as_str())
        .check(
            "second reversal",
            "refused: exceeds_transfer",
            with_reason(&beyond),
        )
        .check(
            "alice, afterwards",
            "97.50 available, 0.00 held",
            money(stage, &stage.alice).await?,
        ))
}
