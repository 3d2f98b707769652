//! `wallet reserve`, `confirm`, `cancel`: two-phase transfers.

use anyhow::{Context as _, Result};
use wallet_client::api::Transfer;
use wallet_client::request::{Request, Wanted};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::subject::Verb;
use wallet_terminal::exit::{Exit, Usage};

use super::submit;
use crate::args::{Cancel, Common, Confirm, Reserve};

/// Reserves money.
pub async fn reserve(args: &Reserve, common: &Common) -> Result<Exit> {
    let wanted = Wanted {
        from: &args.from,
        to: args.to.as_str(),
        amount: &args.amount,
        currency: args.currency.code(),
        memo: args.memo.as_deref(),
    };
    let expires_in = args.expires_in.map(|time| time.as_secs());
    let request = Request::reserve(submit::id(&args.sending), &wanted, expires_in, args.auto_confirm);
    submit::submit(request, &args.sending.waiting, common).await
}

/// Confirms a reservation, or a part of it.
pub async fn confirm(args: &Confirm, common: &Common) -> Result<Exit> {
    let named = args.amount.is_none() || args.currency.is_some();
    let flow = match &args.from {
        Some(_) if named => None,
        from => Some(known(args.id, from.as_ref(), common).await?),
    };
    let payer = payer(args.from.as_ref(), flow.as_ref())?;
    let currency = match (&args.currency, &flow) {
        (Some(currency), _) => Some(currency.code().to_owned()),
        (None, Some(flow)) => flow.currency.clone(),
        (None, None) => None,
    };
    let part = args.amount.as_deref().zip(currency.as_deref());
    submit::submit(Request::confirm(args.id, &payer, part), &args.waiting, common).await
}

/// Cancels a reservation.
pub async fn cancel(args: &Cancel, common: &Common) -> Result<Exit> {
    let flow = match &args.from {
        Some(_) => None,
        None => Some(known(args.id, None, common).await?),
    };
    let payer = payer(args.from.as_ref(), flow.as_ref())?;
    submit::submit(
        Request::plain(Verb::Cancel, args.id, &payer),
        &args.waiting,
        common,
    )
    .await
}

/// The reservation as the ledger knows it.
async fn known(id: TransferId, payer: Option<&AccountId>, common: &Common) -> Result<Transfer> {
    let flow = common.ledger()?.transfer(id, payer).await;
    let flow = flow.context("the payer can't be looked up; give --from ACCOUNT")?;
    flow.with_context(|| format!("the ledger has no reservation {id}: check the id, or give --from ACCOUNT"))
}

fn payer(named: Option<&AccountId>, flow: Option<&Transfer>) -> Result<AccountId> {
    match (named, flow) {
        (Some(payer), _) => Ok(payer.clone()),
        (None, Some(flow)) => flow.payer.parse().context("the ledger returned an invalid payer"),
        (None, None) => Err(Usage::new("give --from ACCOUNT").into()),
    }
}
