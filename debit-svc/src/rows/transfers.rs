//! The phase table as rows.

use debit_core::{Keys, Phase, Reservation, State, Times, Transfer};
use wallet_contract::decider::Due;
use wallet_contract::event::Movement;
use wallet_contract::id::{EventId, TransferId, TransferKey};
use wallet_contract::money::{Amount, Currency, Money};
use wallet_contract::trace::TraceId;
use wallet_runtime::db::{Arg, Db, Row, Set};

use super::unknown;

/// The columns that [`read`] reads.
pub(crate) const COLUMNS: &str = "t.id, t.payer, t.payee, t.amount, t.currency, t.memo, t.reverses, t.phase, t.decided_us, \
    t.answered_us, t.promised_us, t.ordered_us, t.expires_us, t.auto_confirm, t.captured, t.trace, t.reserved_by";
const LOAD: &str = "SELECT t.id, t.payer, t.payee, t.amount, t.currency, t.memo, t.reverses, t.phase, t.decided_us, \
    t.answered_us, t.promised_us, t.ordered_us, t.expires_us, t.auto_confirm, t.captured, t.trace, t.reserved_by \
    FROM k CROSS JOIN transfer AS t WHERE t.id = k.id AND t.payer = k.payer";

type Rows<'s> = [(&'s TransferKey, &'s Transfer)];

pub(crate) async fn load(db: &mut Db, keys: &Keys, state: &mut State) -> sqlx::Result<()> {
    let set = Set::new()
        .uuids("id", keys.transfers.iter().map(|key| key.id.0))
        .texts("payer", keys.transfers.iter().map(|key| key.payer.as_str()));
    for row in db.select(LOAD, set).await? {
        let (key, transfer) = read(&row)?;
        state.transfers.load(key, transfer);
    }
    Ok(())
}

/// What is due at `now_us`, the most overdue first.
pub(crate) async fn due(db: &mut Db, now_us: i64, limit: i64) -> sqlx::Result<Vec<Due>> {
    let sql = "SELECT id, payer, trace, reserved_by FROM transfer WHERE due_us IS NOT NULL AND due_us <= $1 \
               ORDER BY due_us LIMIT $2";
    let mut due = Vec::new();
    for row in db.query(sql, &[Arg::Int(now_us), Arg::Int(limit)]).await? {
        due.push(Due {
            transfer: TransferKey {
                id: TransferId(row.uuid(0)?),
                payer: row.parse(1)?,
            },
            trace: TraceId::from_uuid(row.uuid(2)?),
            event: EventId(row.uuid(3)?),
        });
    }
    Ok(due)
}

/// The transfers with this id, one for each payer who used it.
pub(crate) async fn by_id(db: &mut Db, id: TransferId) -> sqlx::Result<Vec<(TransferKey, Transfer)>> {
    let sql = format!("SELECT {COLUMNS} FROM transfer AS t WHERE t.id = $1 ORDER BY t.payer");
    db.query(&sql, &[Arg::Uuid(id.0)])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Writes what is new, and of what was there only what has changed: each column less in a statement is time.
pub(crate) async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let (one, two): (Vec<_>, Vec<_>) = state
        .transfers
        .created()
        .partition(|(_, row)| row.reservation.is_none());
    let (plain, reversals): (Vec<_>, Vec<_>) = one.into_iter().partition(|(_, row)| row.reverses().is_none());
    insert(db, &plain).await?;
    insert_reversals(db, &reversals).await?;
    insert_reserved(db, &two).await?;
    update(db, state).await
}

/// What transfers of one phase and of two have in common.
fn common<'s>(rows: &Rows<'s>) -> Set<'s> {
    let each = || rows.iter().map(|(_, row)| row.movement.as_ref());
    Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .texts_or_null("payee", each().map(|m| m.map(|m| m.payee.as_str())))
        .ints_or_null("amount", each().map(|m| m.map(|m| m.money.amount.minor())))
        .texts_or_null("currency", each().map(|m| m.map(|m| m.money.currency.code())))
        .texts_or_null("memo", each().map(|m| m.and_then(|m| m.memo.as_deref())))
        .texts("phase", rows.iter().map(|(_, row)| row.phase.word()))
        .ints("decided_us", rows.iter().map(|(_, row)| row.times.decided))
}

/// Most are plain transfers, and each column less in a statement is time.
async fn insert(db: &mut Db, rows: &Rows<'_>) -> sqlx::Result<()> {
    let sql = "INSERT INTO transfer (id, payer, payee, amount, currency, memo, phase, decided_us) \
               SELECT id, payer, payee, amount, currency, memo, phase, decided_us FROM k";
    db.apply(sql, common(rows)).await.map(|_| ())
}

async fn insert_reversals(db: &mut Db, rows: &Rows<'_>) -> sqlx::Result<()> {
    let set = common(rows).uuids_or_null("reverses", rows.iter().map(|(_, row)| Some(row.reverses()?.0)));
    let sql = "INSERT INTO transfer (id, payer, payee, amount, currency, memo, phase, decided_us, reverses) \
               SELECT id, payer, payee, amount, currency, memo, phase, decided_us, reverses FROM k";
    db.apply(sql, set).await.map(|_| ())
}

async fn insert_reserved(db: &mut Db, rows: &Rows<'_>) -> sqlx::Result<()> {
    let (held, later): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, row)| row.phase == Phase::Reserved);
    let sql = "INSERT INTO transfer (id, payer, payee, amount, currency, memo, phase, decided_us, \
               expires_us, due_us, auto_confirm, trace, reserved_by) \
               SELECT id, payer, payee, amount, currency, memo, phase, decided_us, \
               expires_us, expires_us, auto_confirm, trace, reserved_by FROM k";
    db.apply(sql, terms(common(&held), &held)).await?;
    let sql = "INSERT INTO transfer (id, payer, payee, amount, currency, memo, phase, decided_us, answered_us, promised_us, \
               ordered_us, due_us, captured, expires_us, auto_confirm, trace, reserved_by) \
               SELECT id, payer, payee, amount, currency, memo, phase, decided_us, answered_us, promised_us, \
               ordered_us, due_us, captured, expires_us, auto_confirm, trace, reserved_by FROM k";
    let set = steps(terms(common(&later), &later), &later);
    db.apply(sql, set).await.map(|_| ())
}

/// On what terms each is held.
fn terms<'s>(set: Set<'s>, rows: &Rows<'s>) -> Set<'s> {
    let each = || rows.iter().filter_map(|(_, row)| row.reservation.as_ref());
    set.ints("expires_us", each().map(|reservation| reservation.expires_us))
        .ints(
            "auto_confirm",
            each().map(|reservation| i64::from(reservation.auto_confirm)),
        )
        .uuids("trace", each().map(|reservation| reservation.trace.as_uuid()))
        .uuids("reserved_by", each().map(|reservation| reservation.event.0))
}

/// What can change in a reservation behind its first decision.
fn steps<'s>(set: Set<'s>, rows: &Rows<'_>) -> Set<'s> {
    let captured = |row: &Transfer| Some(row.reservation.as_ref()?.captured?.minor());
    set.ints_or_null("answered_us", rows.iter().map(|(_, row)| row.times.answered))
        .ints_or_null("promised_us", rows.iter().map(|(_, row)| row.times.promised))
        .ints_or_null("ordered_us", rows.iter().map(|(_, row)| row.times.ordered))
        .ints_or_null("due_us", rows.iter().map(|(_, row)| row.due_us()))
        .ints_or_null("captured", rows.iter().map(|(_, row)| captured(row)))
}

/// Beyond its phase most steps write one time. An index reads `due_us`, and is left alone by them.
async fn update(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let (mut answered, mut promised, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (key, before, now) in state.transfers.changed() {
        let times = |answered, promised| Times {
            answered,
            promised,
            ..before.times
        };
        let same = before.reservation == now.reservation && before.due_us() == now.due_us();
        if same && now.times == times(now.times.answered, before.times.promised) {
            answered.push((key, now));
        } else if same && now.times == times(before.times.answered, now.times.promised) {
            promised.push((key, now));
        } else {
            others.push((key, now));
        }
    }
    let sql = "UPDATE transfer SET phase = k.phase, answered_us = k.answered_us FROM k \
               WHERE transfer.id = k.id AND transfer.payer = k.payer";
    let set = step(&answered).ints_or_null("answered_us", answered.iter().map(|(_, row)| row.times.answered));
    db.apply(sql, set).await?;
    let sql = "UPDATE transfer SET phase = k.phase, promised_us = k.promised_us FROM k \
               WHERE transfer.id = k.id AND transfer.payer = k.payer";
    let set = step(&promised).ints_or_null("promised_us", promised.iter().map(|(_, row)| row.times.promised));
    db.apply(sql, set).await?;
    let sql = "UPDATE transfer SET phase = k.phase, answered_us = k.answered_us, promised_us = k.promised_us, \
               ordered_us = k.ordered_us, due_us = k.due_us, captured = k.captured FROM k \
               WHERE transfer.id = k.id AND transfer.payer = k.payer";
    db.apply(sql, steps(step(&others), &others)).await.map(|_| ())
}

/// The phase that each has come to.
fn step<'s>(rows: &Rows<'s>) -> Set<'s> {
    Set::new()
        .uuids("id", rows.iter().map(|(key, _)| key.id.0))
        .texts("payer", rows.iter().map(|(key, _)| key.payer.as_str()))
        .texts("phase", rows.iter().map(|(_, row)| row.phase.word()))
}

fn read(row: &Row) -> sqlx::Result<(TransferKey, Transfer)> {
    let key = TransferKey {
        id: TransferId(row.uuid(0)?),
        payer: row.parse(1)?,
    };
    let transfer = Transfer {
        movement: movement(&key, row)?,
        phase: phase(&row.text(7)?)?,
        reservation: reservation(row)?,
        times: Times {
            decided: row.int(8)?,
            answered: row.int_or_null(9)?,
            promised: row.int_or_null(10)?,
            ordered: row.int_or_null(11)?,
        },
    };
    Ok((key, transfer))
}

fn movement(key: &TransferKey, row: &Row) -> sqlx::Result<Option<Movement>> {
    let Some(minor) = row.int_or_null(3)? else {
        return Ok(None);
    };
    let currency: Currency = row.parse(4)?;
    let money = Money {
        amount: amount(minor)?,
        currency,
    };
    Ok(Some(Movement {
        payer: key.payer.clone(),
        payee: row.parse(2)?,
        money,
        memo: row.text_or_null(5)?,
        reserved: None,
        reverses: row.uuid_or_null(6)?.map(TransferId),
    }))
}

fn reservation(row: &Row) -> sqlx::Result<Option<Reservation>> {
    let Some(expires_us) = row.int_or_null(12)? else {
        return Ok(None);
    };
    Ok(Some(Reservation {
        expires_us,
        auto_confirm: row.int(13)? == 1,
        captured: row.int_or_null(14)?.map(amount).transpose()?,
        trace: TraceId::from_uuid(row.uuid(15)?),
        event: EventId(row.uuid(16)?),
    }))
}

fn amount(minor: i64) -> sqlx::Result<Amount> {
    Amount::from_minor(minor).ok_or_else(|| unknown("amount", &minor.to_string()))
}

fn phase(word: &str) -> sqlx::Result<Phase> {
    let phase = Phase::ALL.into_iter().find(|phase| phase.word() == word);
    phase.ok_or_else(|| unknown("phase", word))
}
