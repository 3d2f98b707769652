//! `wallet reverse`: gives back what was received.

use anyhow::{Context as _, Result};
use wallet_contract::money::Currency;

use super::submit;
use crate::api::{Status, Transfer};
use crate::args::{Common, Reverse};
use crate::exit::{Exit, Usage};
use crate::request::{Request, Wanted};

/// Gives back a transfer, or what is left of it, or a part of that.
pub async fn run(args: &Reverse, common: &Common) -> Result<Exit> {
    let id = args.transfer;
    let flow = common.ledger()?.transfer(id, args.payer.as_ref()).await?;
    let unknown = || Usage::new(format!("the ledger knows no transfer {id}"));
    let flow = flow.ok_or_else(unknown)?;
    let (Some(payee), Some(code)) = (&flow.payee, &flow.currency) else {
        return Err(Usage::new(format!("{id} moved no money")).into());
    };
    if flow.status != Status::Settled {
        let status = flow.status.word();
        return Err(Usage::new(format!(
            "transfer {id} is {status}: there is nothing to give back"
        ))
        .into());
    }
    let currency: Currency = code.parse()?;
    let left = left(&flow, currency)?;
    let from = payee.parse().context("the ledger's payee")?;
    let wanted = Wanted {
        from: &from,
        to: &flow.payer,
        amount: args.amount.as_ref().unwrap_or(&left),
        currency: code,
        memo: args.memo.as_deref(),
    };
    let request = Request::reverse(submit::id(&args.sending), &wanted, id);
    submit::submit(request, &args.sending.waiting, common).await
}

/// What has arrived, less what was given back already or is on its way back.
fn left(flow: &Transfer, currency: Currency) -> Result<String> {
    let minor = |text: &str| currency.parse_minor(text).context("the ledger's amount");
    let moved = flow.captured.as_ref().or(flow.amount.as_ref());
    let mut left = minor(moved.map_or("", String::as_str))?;
    let undone = |status| matches!(status, Status::Refused | Status::Compensated);
    for reversal in flow
        .reversed_by
        .iter()
        .filter(|reversal| !undone(reversal.status))
    {
        left -= minor(reversal.amount.as_deref().unwrap_or_default())?;
    }
    if left <= 0 {
        let id = flow.transfer;
        return Err(Usage::new(format!(
            "nothing is left of transfer {id}: all of it was given back"
        ))
        .into());
    }
    Ok(currency.format_minor(left))
}
