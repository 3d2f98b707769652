//! Which flows have moved or hold an account's money: those have a line in the account's books.

use std::collections::BTreeSet;

use uuid::Uuid;
use wallet_contract::event::Kind;
use wallet_contract::id::{AccountId, TransferId, derived_range};
use wallet_db::{Db, Result, Set};

use super::Flow;

/// The first booking of a payer, and of a payee. An account's line and its event's record are written together.
const OF_PAYER: [Kind; 2] = [Kind::AccountDebited, Kind::FundsReserved];
const OF_PAYEE: [Kind; 2] = [Kind::AccountCredited; 2];

/// Those of these transfers that have a line in the books of `account`, from the database of its shard, by [`Flow::key`].
pub(crate) async fn among(
    db: &mut Db,
    account: &AccountId,
    flows: &[&Flow],
) -> Result<BTreeSet<(Uuid, String)>> {
    let range = |flow: &Flow| derived_range(TransferId(flow.transfer()));
    let kind = |flow: &Flow, place: usize| {
        if flow.payer() == account.as_str() {
            OF_PAYER[place]
        } else {
            OF_PAYEE[place]
        }
    };
    let set = Set::new()
        .uuids("first", flows.iter().map(|flow| range(flow).0.0))
        .uuids("last", flows.iter().map(|flow| range(flow).1.0))
        .uuids("transfer", flows.iter().map(|flow| flow.transfer()))
        .texts("payer", flows.iter().map(|flow| flow.payer()))
        .texts("kind", flows.iter().map(|flow| kind(flow, 0).name()))
        .texts("or_kind", flows.iter().map(|flow| kind(flow, 1).name()));
    let sql = "SELECT r.transfer, r.account FROM k CROSS JOIN record AS r \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.payer \
               AND r.kind IN (k.kind, k.or_kind)";
    let rows = db.select(sql, set).await?;
    rows.iter().map(|row| Ok((row.uuid(0)?, row.text(1)?))).collect()
}
