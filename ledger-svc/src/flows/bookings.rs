//! The bookings of a flow's events on its two accounts, with the balances after them.

use uuid::Uuid;
use wallet_contract::event::Fact;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_db::{Arg, Db, Result};
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::pool;
use wallet_runtime::running::Running;
use wallet_view::content::Content;
use wallet_view::flow::{Booked, Flow};
use wallet_view::money::{Side, books};

/// The bookings of a flow with its events. Each takes one look-up by the event's id in its account's shard, and one by the place
/// in the log found there.
pub(crate) async fn of(running: &Running, flow: &Flow) -> Result<Vec<Booked>, Problem> {
    let mut lines = Vec::new();
    let Some(currency) = flow
        .currency
        .as_ref()
        .and_then(|code| code.parse::<Currency>().ok())
    else {
        return Ok(lines);
    };
    for event in &flow.events {
        let content = Content::of(event, flow);
        let account = content.fact().and_then(|fact| whose(fact, flow));
        let Some(account) = account.and_then(|name| name.parse::<AccountId>().ok()) else {
            continue;
        };
        let shard = running.settings.shards.of(&account);
        let mut db = pool(running, shard)?.acquire().await?;
        lines.extend(line(&mut db, &account, currency, event.id).await?);
    }
    Ok(lines)
}

fn whose<'f>(fact: &Fact, flow: &'f Flow) -> Option<&'f str> {
    match books(fact)? {
        Side::Payer => Some(&flow.payer),
        Side::Payee => flow.payee.as_deref(),
    }
}

async fn line(db: &mut Db, account: &AccountId, currency: Currency, event: Uuid) -> Result<Option<Booked>> {
    let sql = "SELECT b.kind, b.amount, b.held, b.balance, b.held_balance FROM record AS r CROSS JOIN booking AS b \
               WHERE r.id = $1 AND b.no = r.no AND b.account = $2";
    let args = [Arg::Uuid(event), Arg::Text(account.as_str())];
    let rows = db.query(sql, &args).await?;
    let booked = |row: &wallet_db::Row| {
        Ok(Booked {
            event,
            account: account.to_string(),
            kind: row.text(0)?,
            amount: currency.format_minor(row.int(1)?),
            held: currency.format_minor(row.int(2)?),
            balance: currency.format_minor(row.int(3)?),
            held_balance: currency.format_minor(row.int(4)?),
        })
    };
    rows.first().map(booked).transpose()
}
