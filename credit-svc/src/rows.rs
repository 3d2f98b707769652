//! The register as rows.

use credit_core::{Account, Keys, Standing, State};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_runtime::db::{Db, Set};

pub(crate) async fn load_accounts(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.received \
               FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    let mut state = State::default();
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            received: row.int(4)?,
        };
        state.accounts.load((row.parse(0)?, row.parse(1)?), account);
    }
    Ok(state)
}

pub(crate) async fn save_accounts(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: Vec<_> = state.accounts.written().collect();
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
        .ints("received", rows.iter().map(|(_, account)| account.received));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, received) \
               SELECT name, currency, standing, overdraft, received FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, \
               overdraft = excluded.overdraft, received = excluded.received";
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
        // The CHECK constraint leaves no other word; if one is there, somebody else wrote it.
        _ => Err(sqlx::Error::ColumnDecode {
            index: "standing".to_owned(),
            source: format!("unknown value {word:?}").into(),
        }),
    }
}
