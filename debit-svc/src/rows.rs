//! Accounts and transfers as rows.

use debit_core::{Account, Keys, Phase, Standing, State, Transfer};
use wallet_contract::event::{Movement, Overdraft};
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::money::{Amount, Currency, Money};
use wallet_runtime::db::{Db, Row, Set};

pub(crate) async fn load_accounts(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.available, a.in_transit \
               FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            available: row.int(4)?,
            in_transit: row.int(5)?,
        };
        state.accounts.load((row.parse(0)?, row.parse(1)?), account);
    }
    Ok(())
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
        .ints("available", rows.iter().map(|(_, account)| account.available))
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, available, in_transit) \
               SELECT name, currency, standing, overdraft, available, in_transit FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, overdraft = excluded.overdraft, \
               available = excluded.available, in_transit = excluded.in_transit";
    db.apply(sql, set).await.map(|_| ())
}

pub(crate) async fn load_transfers(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new()
        .uuids("id", keys.transfers.iter().map(|key| key.id.0))
        .texts("payer", keys.transfers.iter().map(|key| key.payer.as_str()));
    let sql = "SELECT t.id, t.payer, t.payee, t.amount, t.currency, t.memo, t.phase \
               FROM k CROSS JOIN transfer AS t WHERE t.id = k.id AND t.payer = k.payer";
    for row in db.select(sql, set).await? {
        let key = TransferKey {
            id: TransferId(row.uuid(0)?),
            payer: row.parse(1)?,
        };
        let transfer = Transfer {
            movement: movement(&key, &row)?,
            phase: phase(&row.text(6)?)?,
        };
        state.transfers.load(key, transfer);
    }
    Ok(())
}

pub(crate) async fn insert_transfers(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: Vec<_> = state
        .transfers
        .created()
        .map(|(key, row)| (key, row.movement.as_ref(), row.phase))
        .collect();
    let set = Set::new()
        .uuids("id", rows.iter().map(|(key, ..)| key.id.0))
        .texts("payer", rows.iter().map(|(key, ..)| key.payer.as_str()))
        .texts_or_null(
            "payee",
            rows.iter()
                .map(|(_, movement, _)| movement.map(|m| m.payee.as_str())),
        )
        .ints_or_null(
            "amount",
            rows.iter()
                .map(|(_, movement, _)| movement.map(|m| m.money.amount.minor())),
        )
        .texts_or_null(
            "currency",
            rows.iter()
                .map(|(_, movement, _)| movement.map(|m| m.money.currency.code())),
        )
        .texts_or_null(
            "memo",
            rows.iter()
                .map(|(_, movement, _)| movement.and_then(|m| m.memo.as_deref())),
        )
        .texts("phase", rows.iter().map(|(.., phase)| phase_word(*phase)));
    let sql = "INSERT INTO transfer (id, payer, payee, amount, currency, memo, phase) \
               SELECT id, payer, payee, amount, currency, memo, phase FROM k";
    db.apply(sql, set).await.map(|_| ())
}

pub(crate) async fn update_transfers(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: Vec<_> = state.transfers.changed().collect();
    let set = Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .texts(
            "phase",
            rows.iter().map(|(_, transfer)| phase_word(transfer.phase)),
        );
    let sql =
        "UPDATE transfer SET phase = k.phase FROM k WHERE transfer.id = k.id AND transfer.payer = k.payer";
    db.apply(sql, set).await.map(|_| ())
}

fn movement(key: &TransferKey, row: &Row) -> sqlx::Result<Option<Movement>> {
    let Some(minor) = row.int_or_null(3)? else {
        return Ok(None);
    };
    let amount = Amount::from_minor(minor).ok_or_else(|| unknown("amount", &minor.to_string()))?;
    let currency: Currency = row.parse(4)?;
    let money = Money { amount, currency };
    Ok(Some(Movement {
        payer: key.payer.clone(),
        payee: row.parse(2)?,
        money,
        memo: row.text_or_null(5)?,
    }))
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

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Refused => "refused",
        Phase::Debited => "debited",
        Phase::Credited => "credited",
        Phase::Reversed => "reversed",
    }
}

fn phase(word: &str) -> sqlx::Result<Phase> {
    match word {
        "refused" => Ok(Phase::Refused),
        "debited" => Ok(Phase::Debited),
        "credited" => Ok(Phase::Credited),
        "reversed" => Ok(Phase::Reversed),
        _ => Err(unknown("phase", word)),
    }
}

/// The CHECK constraints leave no other word; if one is there, somebody else wrote it.
fn unknown(column: &str, word: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("unknown value {word:?}").into(),
    }
}
