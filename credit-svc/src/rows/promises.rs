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
    let rows: Vec<_> = state.promises.written().collect();
    let set = Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .ints("amount", rows.iter().map(|(_, promise)| promise.amount))
        .texts(
            "standing",
            rows.iter().map(|(_, promise)| promise.standing.word()),
        );
    let sql = "INSERT INTO promise (id, payer, amount, standing) SELECT id, payer, amount, standing FROM k WHERE true \
               ON CONFLICT (id, payer) DO UPDATE SET standing = excluded.standing";
    db.apply(sql, set).await.map(|_| ())
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
