//! Promises as rows.

use credit_core::{Keys, Promise, PromiseStanding, State};
use wallet_contract::id::{TransferId, TransferKey};
use wallet_runtime::db::{Db, Set};

pub(crate) async fn load(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new()
        .uuids("id", keys.promises.iter().map(|key| key.id.0))
        .texts("payer", keys.promises.iter().map(|key| key.payer.as_str()));
    let sql = "SELECT p.id, p.payer, p.amount, p.standing FROM k CROSS JOIN promise AS p \
               WHERE p.id = k.id AND p.payer = k.payer";
    for row in db.select(sql, set).await? {
        let key = TransferKey {
            id: TransferId(row.uuid(0)?),
            payer: row.parse(1)?,
        };
        let promise = Promise {
            amount: row.int(2)?,
            standing: standing(&row.text(3)?)?,
        };
        state.promises.load(key, promise);
    }
    Ok(())
}

pub(crate) async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let new: Vec<_> = state.promises.created().collect();
    let set = columns(&new).ints("amount", new.iter().map(|(_, promise)| promise.amount));
    let sql = "INSERT INTO promise (id, payer, amount, standing) SELECT id, payer, amount, standing FROM k";
    db.apply(sql, set).await?;
    let sql =
        "UPDATE promise SET standing = k.standing FROM k WHERE promise.id = k.id AND promise.payer = k.payer";
    let changed: Vec<_> = state.promises.changed().map(|(key, _, now)| (key, now)).collect();
    db.apply(sql, columns(&changed)).await.map(|_| ())
}

fn columns<'s>(rows: &[(&'s TransferKey, &'s Promise)]) -> Set<'s> {
    Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .texts(
            "standing",
            rows.iter().map(|(_, promise)| promise.standing.word()),
        )
}

fn standing(word: &str) -> sqlx::Result<PromiseStanding> {
    let all = [
        PromiseStanding::Open,
        PromiseStanding::Kept,
        PromiseStanding::Released,
    ];
    let found = all.into_iter().find(|standing| standing.word() == word);
    found.ok_or_else(|| super::unknown("standing", word))
}
