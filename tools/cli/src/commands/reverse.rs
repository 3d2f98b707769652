//! `wallet reverse`: returns what was received by a transfer.

use anyhow::{Context as _, Result};
use wallet_client::api::{Status, Transfer};
use wallet_client::request::{Request, Wanted};
use wallet_contract::money::Currency;
use wallet_terminal::exit::{Denied, Exit};

use super::submit;
use crate::args::{Common, Reverse};

/// Reverses a transfer, or what is left of it, or a part of that.
pub async fn run(args: &Reverse, common: &Common) -> Result<Exit> {
    let id = args.transfer;
    let flow = common.ledger()?.transfer(id, args.payer.as_ref()).await?;
    let unknown = || format!("the ledger has no transfer {id}; `wallet transfers` lists all");
    let flow = flow.with_context(unknown)?;
    let (Some(payee), Some(code)) = (&flow.payee, &flow.currency) else {
        return Err(Denied::new(format!("{id} moved no money: there is nothing to reverse")).into());
    };
    if flow.status != Status::Settled {
        let status = flow.status.word();
        return Err(Denied::new(format!(
            "transfer {id} is {status}, not settled: there is nothing to reverse"
        ))
        .into());
    }
    let currency: Currency = code.parse()?;
    let left = left(&flow, currency)?;
    let from = payee.parse().context("the ledger returned an invalid payee")?;
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

/// The amount that has arrived, less what was already returned or is being returned.
fn left(flow: &Transfer, currency: Currency) -> Result<String> {
    let minor = |text: &str| {
        currency
            .parse_minor(text)
            .context("the ledger returned an invalid amount")
    };
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
        return Err(Denied::new(format!("transfer {id} has already been reversed in full")).into());
    }
    Ok(currency.format_minor(left))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reversed_amount_can_not_be_reversed_again() {
        let usd = "USD".parse().unwrap();
        let flow = |back: &str, status: &str| {
            let reversal = json!({ "transfer": ID, "payer": "bob", "amount": back, "status": status });
            let flow = json!({
                "transfer": ID, "payer": "alice", "payee": "bob", "amount": "12.50", "currency": "USD", "trace": "",
                "status": "settled", "verb": "transfer", "started_at": "2026-01-01T00:00:00Z", "reversed_by": [reversal],
            });
            serde_json::from_value::<Transfer>(flow).unwrap()
        };
        assert_eq!(left(&flow("2.50", "settled"), usd).unwrap(), "10.00");
        assert_eq!(left(&flow("12.50", "refused"), usd).unwrap(), "12.50");
        let nothing = left(&flow("12.50", "running"), usd).unwrap_err();
        assert_eq!(
            Exit::of(&nothing),
            Exit::Refused,
            "like a reversal of too much: {nothing}"
        );
    }

    const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";
}
