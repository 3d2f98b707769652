//! Reversals as rows, and what they give back, out of the event store.

use credit_core::{Keys, Reversal, State};
use wallet_contract::envelope;
use wallet_contract::event::{Fact, Movement};
use wallet_contract::id::{TransferId, TransferKey, derived_range};
use wallet_runtime::db::{Arg, Db, Row, Set};

pub(crate) async fn load(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let by_key = "SELECT r.id, r.payer, r.of_id, r.of_payer, r.amount, r.live FROM k CROSS JOIN reversal AS r \
                  WHERE r.id = k.id AND r.payer = k.payer";
    let by_transfer = "SELECT r.id, r.payer, r.of_id, r.of_payer, r.amount, r.live FROM k CROSS JOIN reversal AS r \
                       WHERE r.of_id = k.id AND r.of_payer = k.payer";
    for (sql, keys) in [(by_key, &keys.reversals), (by_transfer, &keys.reversed)] {
        let set = Set::new()
            .uuids("id", keys.iter().map(|key| key.id.0))
            .texts("payer", keys.iter().map(|key| key.payer.as_str()));
        for row in db.select(sql, set).await? {
            let (key, reversal) = read(&row)?;
            state.reversals.load(key, reversal);
        }
    }
    for key in &keys.reversed {
        let receipt = receipt(db, key).await?;
        state.receipts.insert(key.clone(), receipt);
    }
    Ok(())
}

/// What was credited of a transfer, as the event store has it. All ids of a flow lie in one range, also those of the causes
/// in the inbox, which names the number of what was decided on each.
async fn receipt(db: &mut Db, key: &TransferKey) -> sqlx::Result<Option<Movement>> {
    let (first, last) = derived_range(key.id);
    let sql =
        "SELECT e.body FROM inbox AS i CROSS JOIN event AS e WHERE i.id BETWEEN $1 AND $2 AND e.no = i.no";
    for row in db.query(sql, &[Arg::Uuid(first.0), Arg::Uuid(last.0)]).await? {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        if let Fact::AccountCredited(movement) = event.fact
            && event.transfer == key.id
            && movement.payer == key.payer
        {
            return Ok(Some(movement));
        }
    }
    Ok(None)
}

pub(crate) async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: Vec<_> = state.reversals.written().collect();
    let set = Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .uuids("of_id", rows.iter().map(|(_, reversal)| reversal.of.id.0))
        .texts(
            "of_payer",
            rows.iter().map(|(_, reversal)| reversal.of.payer.as_str()),
        )
        .ints("amount", rows.iter().map(|(_, reversal)| reversal.amount))
        .ints("live", rows.iter().map(|(_, reversal)| i64::from(reversal.live)));
    let sql = "INSERT INTO reversal (id, payer, of_id, of_payer, amount, live) \
               SELECT id, payer, of_id, of_payer, amount, live FROM k WHERE true \
               ON CONFLICT (id, payer) DO UPDATE SET live = excluded.live";
    db.apply(sql, set).await.map(|_| ())
}

fn read(row: &Row) -> sqlx::Result<(TransferKey, Reversal)> {
    let key = |id, payer| {
        Ok::<_, sqlx::Error>(TransferKey {
            id: TransferId(row.uuid(id)?),
            payer: row.parse(payer)?,
        })
    };
    let reversal = Reversal {
        of: key(2, 3)?,
        amount: row.int(4)?,
        live: row.int(5)? == 1,
    };
    Ok((key(0, 1)?, reversal))
}
