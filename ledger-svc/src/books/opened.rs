//! When an account was opened. The head of an opening names no currency; its event does.

use std::collections::BTreeMap;

use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{AccountFact, Fact, Kind};
use wallet_contract::id::{TransferId, derived_range};
use wallet_db::{Arg, Db, Result, Set};

/// How many openings there may be besides one per currency: a closed account can be opened again.
const AGAIN: usize = 16;

/// When an account was first opened in each currency, by currency code, in microseconds. Empty for an account that was never opened.
pub(super) async fn since_us(db: &mut Db, account: &str, currencies: usize) -> Result<BTreeMap<String, i64>> {
    // The list of statuses matches the index's condition.
    let sql = "SELECT transfer FROM flow WHERE account = $1 AND verb = 'open' AND status = 'done' \
               AND status IN ('refused', 'compensated', 'cancelled', 'expired', 'done') ORDER BY no LIMIT $2";
    let limit = i64::try_from(currencies.saturating_add(AGAIN)).unwrap_or(i64::MAX);
    let rows = db.query(sql, &[Arg::Text(account), Arg::Int(limit)]).await?;
    let transfers: Vec<Uuid> = rows.iter().map(|row| row.uuid(0)).collect::<Result<_>>()?;
    let range = |transfer: &Uuid| derived_range(TransferId(*transfer));
    let set = Set::new()
        .uuids("first", transfers.iter().map(|transfer| range(transfer).0.0))
        .uuids("last", transfers.iter().map(|transfer| range(transfer).1.0))
        .uuids("transfer", transfers.iter().copied())
        .texts("account", transfers.iter().map(|_| account))
        .texts("kind", transfers.iter().map(|_| Kind::AccountOpened.name()));
    let sql = "SELECT r.at_us, r.body FROM k CROSS JOIN record AS r \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.account \
               AND r.kind = k.kind AND r.body IS NOT NULL";
    let mut since = BTreeMap::new();
    for row in db.select(sql, set).await? {
        let at_us = row.int(0)?;
        if let Ok(event) = envelope::read(&row.text(1)?)
            && let Fact::Account(_, AccountFact::AccountOpened(currency, _)) = event.fact
        {
            let first = since.entry(currency.code().to_owned()).or_insert(at_us);
            *first = at_us.min(*first);
        }
    }
    Ok(since)
}
