//! The register as rows.

pub(crate) mod promises;
pub(crate) mod reversals;

use credit_core::{Account, Keys, Standing, State};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_runtime::db::{Db, Set};

pub(crate) async fn load(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.received, a.promised \
               FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            received: row.int(4)?,
            promised: row.int(5)?,
        };
        state.accounts.load((row.parse(0)?, row.parse(1)?), account);
    }
    Ok(())
}

pub(crate) async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let same = |before: &Account, now: &Account| {
        (before.standing, before.overdraft) == (now.standing, now.overdraft)
    };
    let (moved, others): (Vec<_>, Vec<_>) = state
        .accounts
        .changed()
        .partition(|(_, before, now)| same(before, now));
    let moved: Vec<_> = moved.into_iter().map(|(key, _, now)| (key, now)).collect();
    let others = others.into_iter().map(|(key, _, now)| (key, now));
    let rows: Vec<_> = others.chain(state.accounts.created()).collect();
    save_balances(db, &moved).await?;
    let set = Set::new()
        .texts("name", rows.iter().map(|((name, _), _)| name.as_str()))
        .texts("currency", rows.iter().map(|((_, currency), _)| currency.code()))
        .texts(
            "standing",
            rows.iter().map(|(_, account)| standing_word(account.standing)),
        )
        .ints_or_null(
            "overdraft",
            rows.iter().map(|(_, account)| limit(account.overdraft)),
        )
        .ints("received", rows.iter().map(|(_, account)| account.received))
        .ints("promised", rows.iter().map(|(_, account)| account.promised));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, received, promised) \
               SELECT name, currency, standing, overdraft, received, promised FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, \
               overdraft = excluded.overdraft, received = excluded.received, \
               promised = excluded.promised";
    db.apply(sql, set).await.map(|_| ())
}

/// Most accounts only change what they have: each column less in a statement is time.
async fn save_balances(db: &mut Db, rows: &[(&(AccountId, Currency), &Account)]) -> sqlx::Result<()> {
    let set = Set::new()
        .texts("name", rows.iter().map(|((name, _), _)| name.as_str()))
        .texts("currency", rows.iter().map(|((_, currency), _)| currency.code()))
        .ints("received", rows.iter().map(|(_, account)| account.received))
        .ints("promised", rows.iter().map(|(_, account)| account.promised));
    let sql = "UPDATE account SET received = k.received, promised = k.promised FROM k \
               WHERE account.name = k.name AND account.currency = k.currency";
    db.apply(sql, set).await.map(|_| ())
}

fn limit(overdraft: Overdraft) -> Option<i64> {
    match overdraft {
        Overdraft::Limit(limit) => Some(limit),
        Overdraft::Unlimited => None,
    }
}

fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Frozen => "frozen",
        Standing::Closing => "closing",
        Standing::Closed => "closed",
    }
}

fn standing(word: &str) -> sqlx::Result<Standing> {
    match word {
        "open" => Ok(Standing::Open),
        "frozen" => Ok(Standing::Frozen),
        "closing" => Ok(Standing::Closing),
        "closed" => Ok(Standing::Closed),
        _ => Err(unknown("standing", word)),
    }
}

/// The CHECK constraints leave no other word; if one is there, somebody else wrote it.
fn unknown(column: &str, word: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("unknown value {word:?}").into(),
    }
}
