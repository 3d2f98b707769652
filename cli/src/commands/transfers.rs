//! `wallet transfers`

use anyhow::Result;

use crate::api::{Filter, MAX_ROWS, Transfer, TransferPage};
use crate::args::{Common, Transfers};
use crate::exit::Exit;
use crate::output::{self, Paint, Side, Table, time};

/// Lists flows, newest first.
pub async fn run(args: &Transfers, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    let reason = args.reason.map(|reason| reason.code().to_owned());
    let filter = Filter {
        account: args.account.clone(),
        status: args.status,
        reason,
    };
    let wanted = if args.limit == 0 {
        usize::MAX
    } else {
        args.limit as usize
    };
    let mut transfers: Vec<Transfer> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let rows = u32::try_from(wanted - transfers.len())
            .unwrap_or(MAX_ROWS)
            .min(MAX_ROWS);
        let page = api.transfers(&filter, rows, next.as_deref()).await?;
        transfers.extend(page.transfers);
        next = page.next;
        if next.is_none() || transfers.len() >= wanted {
            break;
        }
    }
    if common.json {
        output::json(&TransferPage { transfers, next })?;
    } else if transfers.is_empty() {
        eprintln!("no such transfer");
    } else {
        output::line(&table(&transfers).draw(Paint::for_stdout()))?;
    }
    Ok(Exit::Ok)
}

fn table(transfers: &[Transfer]) -> Table {
    let mut table = Table::new(&[
        ("started (UTC)", Side::Left),
        ("status", Side::Left),
        ("request", Side::Left),
        ("amount", Side::Right),
        ("", Side::Left),
        ("id", Side::Left),
        ("why", Side::Left),
    ]);
    for flow in transfers {
        table.row([
            &*time(flow.started_at),
            if flow.stuck.is_some() {
                "stuck"
            } else {
                flow.status.word()
            },
            &what(flow),
            flow.amount.as_deref().unwrap_or_default(),
            flow.currency.as_deref().unwrap_or_default(),
            &flow.transfer.to_string(),
            &why(flow),
        ]);
    }
    table
}

fn why(flow: &Transfer) -> String {
    match &flow.stuck {
        Some(stuck) => format!("{}, since {}", stuck.told(), time(stuck.since)),
        None => flow.reason.clone().unwrap_or_default(),
    }
}

/// `alice → bob`, or `open alice`.
pub(super) fn what(flow: &Transfer) -> String {
    match &flow.payee {
        Some(payee) if flow.verb == "transfer" => format!("{} → {payee}", flow.payer),
        Some(payee) => format!("{} {} → {payee}", flow.verb, flow.payer),
        None => format!("{} {}", flow.verb, flow.payer),
    }
}
