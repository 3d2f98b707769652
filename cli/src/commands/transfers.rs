//! `wallet transfers`

use anyhow::Result;

use crate::api::{Filter, StatusFilter, Transfer};
use crate::args::{Common, Transfers};
use crate::exit::{Exit, Usage};
use crate::output::{self, Paint, Side, Table, time};

/// Lists flows, newest first; what is stuck, oldest first.
pub async fn run(args: &Transfers, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    let reason = args.reason.map(|reason| reason.code().to_owned());
    let ended = (args.ended_since, args.ended_until);
    if let (Some(since), Some(until)) = ended
        && since > until
    {
        let why =
            format!("--ended-since {since} is later than --ended-until {until}: nothing lies between them");
        return Err(Usage::new(why).into());
    }
    let filter = Filter {
        account: args.account.clone(),
        status: args.status,
        reason,
        ended,
    };
    let page = api
        .flows(&filter, Some(args.limit).filter(|limit| *limit > 0))
        .await?;
    if common.json {
        output::json(&page)?;
    } else if page.transfers.is_empty() {
        eprintln!("no such transfer");
    } else {
        if page.next.is_some() {
            let which = if args.status == Some(StatusFilter::Stuck) {
                "oldest"
            } else {
                "newest"
            };
            eprintln!("only the {which} {}; --limit 0 shows all", page.transfers.len());
        }
        output::line(&table(&page.transfers).draw(Paint::for_stdout()))?;
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
            &flow.how_much().unwrap_or_default(),
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
