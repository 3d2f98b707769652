//! `wallet transfers`

use anyhow::Result;
use wallet_client::api::{Api, Filter, StatusFilter, Transfer};
use wallet_contract::id::AccountId;
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Paint, Side, Table, time};

use crate::args::{Common, Transfers};

/// Lists flows, newest first; stuck ones, oldest first.
pub async fn run(args: &Transfers, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    let reason = args.reason.map(|reason| reason.code().to_owned());
    let ended = (args.ended_since, args.ended_until);
    if let (Some(since), Some(until)) = ended
        && since > until
    {
        let [since, until] = [since, until].map(time);
        let why =
            format!("--ended-since {since} UTC is later than --ended-until {until} UTC: the range is empty");
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
    if page.transfers.is_empty()
        && let Some(account) = &args.account
    {
        known(&api, account).await?;
    }
    if common.json {
        output::json(&page)?;
    } else if page.transfers.is_empty() {
        eprintln!("{}", none(args));
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

/// An account for which nothing is listed must at least have been opened: an unknown name is probably a typing slip.
async fn known(api: &Api, account: &AccountId) -> Result<()> {
    if *account != AccountId::world() {
        api.account(account, None).await?;
    }
    Ok(())
}

/// The message that no flow matches.
fn none(args: &Transfers) -> String {
    let of = args.account.as_ref();
    let of = of.map_or_else(String::new, |account| format!(" of {account}"));
    let narrowed = args.reason.is_some() || args.ended_since.is_some() || args.ended_until.is_some();
    match args.status {
        Some(status) if !narrowed => format!("no transfer{of} is {}", status.word()),
        None if !narrowed => format!("there is no transfer{of} yet"),
        Some(_) | None => format!("no transfer{of} matches"),
    }
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
        Some(stuck) => format!("{}, since {}", stuck.describe(), time(stuck.since)),
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn an_empty_list_repeats_the_filter() {
        for (words, expected) in [
            (&[][..], "there is no transfer yet"),
            (&["--status", "stuck"], "no transfer is stuck"),
            (
                &["--account", "bob", "--status", "running"],
                "no transfer of bob is running",
            ),
            (&["--reason", "account_frozen"], "no transfer matches"),
            (
                &["--account", "bob", "--ended-since", "1h"],
                "no transfer of bob matches",
            ),
        ] {
            let cli = Cli::try_parse_from([&["wallet", "transfers"], words].concat()).unwrap();
            let Command::Transfers(args) = cli.command else {
                panic!("{words:?}")
            };
            assert_eq!(none(&args), expected, "{words:?}");
        }
    }
}
