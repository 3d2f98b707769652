//! Accounts as rows.

use debit_core::{Account, Keys, Standing, State};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_runtime::db::{Db, Set};

use super::unknown;

pub(crate) async fn load(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.available, a.held, a.in_transit \
               FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            available: row.int(4)?,
            held: row.int(5)?,
            in_transit: row.int(6)?,
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
        .ints("available", rows.iter().map(|(_, account)| account.available))
        .ints("held", rows.iter().map(|(_, account)| account.held))
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, available, held, in_transit) \
               SELECT name, currency, standing, overdraft, available, held, in_transit FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, overdraft = excluded.overdraft, \
               available = excluded.available, held = excluded.held, in_transit = excluded.in_transit";
    db.apply(sql, set).await.map(|_| ())
}

/// Most accounts only change what they have: each column less in a statement is time.
async fn save_balances(db: &mut Db, rows: &[(&(AccountId, Currency), &Account)]) -> sqlx::Result<()> {
    let set = Set::new()
        .texts("name", rows.iter().map(|((name, _), _)| name.as_str()))
        .texts("currency", rows.iter().map(|((_, currency), _)| currency.code()))
        .ints("available", rows.iter().map(|(_, account)| account.available))
        .ints("held", rows.iter().map(|(_, account)| account.held))
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit));
    let sql = "UPDATE account SET available = k.available, held = k.held, in_transit = k.in_transit FROM k \
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
        Standing::Closed => "closed",
    }
}

fn standing(word: &str) -> sqlx::Result<Standing> {
    match word {
        "open" => Ok(Standing::Open),
        "frozen" => Ok(Standing::Frozen),
        "closed" => Ok(Standing::Closed),
        _ => Err(unknown("standing", word)),
    }
}
