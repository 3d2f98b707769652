//! What a batch writes, as sets of rows.

pub(crate) mod aside;
pub(crate) mod flows;

use ledger_core::{Account, Booking, Keys, LogNo, Newest, Standing, State};
use wallet_contract::decider::{Heard, Input, Place};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Db, Set};

/// Requests have no type on the wire; this is theirs in the books.
fn requested(verb: Verb) -> &'static str {
    match verb {
        Verb::Transfer => "wallet.transfer.requested.v1",
        Verb::Reserve => "wallet.reserve.requested.v1",
        Verb::Confirm => "wallet.confirm.requested.v1",
        Verb::Cancel => "wallet.cancel.requested.v1",
        Verb::Reverse => "wallet.reverse.requested.v1",
        Verb::Open => "wallet.open.requested.v1",
        Verb::Freeze => "wallet.freeze.requested.v1",
        Verb::Unfreeze => "wallet.unfreeze.requested.v1",
        Verb::Close => "wallet.close.requested.v1",
    }
}

/// What a request asks, by its type in the books; nothing of an event.
pub(crate) fn asked(kind: &str) -> Option<Verb> {
    Verb::ALL.into_iter().find(|verb| requested(*verb) == kind)
}

struct Record<'h> {
    heard: &'h Heard<'h>,
    account: AccountId,
    kind: &'static str,
    body: Option<&'h str>,
}

fn record<'h>(heard: &'h Heard<'h>, place: Place) -> Record<'h> {
    match &heard.input {
        Input::Due(due) => Record {
            heard,
            account: due.transfer.payer.clone(),
            kind: "due",
            body: None,
        },
        Input::Request(request) => Record {
            heard,
            account: request.account.clone(),
            kind: requested(request.verb),
            body: Some(&heard.raw),
        },
        Input::Event(event) => {
            let account = event.fact.account();
            // A copy for the payee's books; the whole stands in the flow's home.
            let elsewhere = event.fact.movement().is_some() && !place.owns(&account);
            Record {
                heard,
                account,
                kind: event.fact.kind(),
                body: (!elsewhere).then_some(&*heard.raw),
            }
        }
    }
}

pub(crate) async fn save_records(db: &mut Db, heard: &[Heard<'_>], place: Place) -> sqlx::Result<()> {
    let rows: Vec<Record<'_>> = heard.iter().map(|heard| record(heard, place)).collect();
    let set = Set::new()
        .ints(
            "no",
            rows.iter()
                .map(|row| LogNo::new(row.heard.sequence, row.heard.index).0),
        )
        .uuids("id", rows.iter().map(|row| row.heard.input.as_cause().id.0))
        .uuids(
            "transfer",
            rows.iter().map(|row| row.heard.input.as_cause().transfer.0),
        )
        .texts("account", rows.iter().map(|row| row.account.as_str()))
        .texts("kind", rows.iter().map(|row| row.kind))
        .ints("at_us", rows.iter().map(|row| row.heard.at_us))
        .ints_or_null("publish_us", rows.iter().map(|row| published(row.heard)))
        .texts_or_null("body", rows.iter().map(|row| row.body));
    let sql = "INSERT INTO record (no, id, transfer, account, kind, at_us, publish_us, body) \
               SELECT no, id, transfer, account, kind, at_us, publish_us, body FROM k";
    db.apply(sql, set).await.map(|_| ())
}

fn published(heard: &Heard<'_>) -> Option<i64> {
    Some(heard.at_us.saturating_sub(heard.committed_us?))
}

pub(crate) async fn load_accounts(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.available, a.held, a.in_transit, \
               a.last_line, a.last_no FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    let mut state = State::default();
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            available: row.int(4)?,
            held: row.int(5)?,
            in_transit: row.int(6)?,
            newest: row
                .int_or_null(7)?
                .zip(row.int_or_null(8)?)
                .map(|(line, no)| Newest { line, no: LogNo(no) }),
        };
        state.accounts.load((row.parse(0)?, row.parse(1)?), account);
    }
    Ok(state)
}

pub(crate) async fn save_accounts(db: &mut Db, state: &State) -> sqlx::Result<()> {
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
    let limit = |account: &Account| match account.overdraft {
        Overdraft::Limit(limit) => Some(limit),
        Overdraft::Unlimited => None,
    };
    let set = Set::new()
        .texts("name", rows.iter().map(|((name, _), _)| name.as_str()))
        .texts("currency", rows.iter().map(|((_, currency), _)| currency.code()))
        .texts(
            "standing",
            rows.iter().map(|(_, account)| account.standing.word()),
        )
        .ints_or_null("overdraft", rows.iter().map(|(_, account)| limit(account)))
        .ints("available", rows.iter().map(|(_, account)| account.available))
        .ints("held", rows.iter().map(|(_, account)| account.held))
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit))
        .ints_or_null("last_line", rows.iter().map(|(_, account)| last_line(account)))
        .ints_or_null("last_no", rows.iter().map(|(_, account)| last_no(account)));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, available, held, in_transit, last_line, last_no) \
               SELECT name, currency, standing, overdraft, available, held, in_transit, last_line, last_no FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, overdraft = excluded.overdraft, \
               available = excluded.available, held = excluded.held, in_transit = excluded.in_transit, \
               last_line = excluded.last_line, last_no = excluded.last_no";
    db.apply(sql, set).await.map(|_| ())
}

/// Most accounts only change what they have: each column less in a statement is time.
async fn save_balances(db: &mut Db, rows: &[(&(AccountId, Currency), &Account)]) -> sqlx::Result<()> {
    let set = Set::new()
        .texts("name", rows.iter().map(|((name, _), _)| name.as_str()))
        .texts("currency", rows.iter().map(|((_, currency), _)| currency.code()))
        .ints("available", rows.iter().map(|(_, account)| account.available))
        .ints("held", rows.iter().map(|(_, account)| account.held))
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit))
        .ints_or_null("last_line", rows.iter().map(|(_, account)| last_line(account)))
        .ints_or_null("last_no", rows.iter().map(|(_, account)| last_no(account)));
    let sql = "UPDATE account SET available = k.available, held = k.held, in_transit = k.in_transit, \
               last_line = k.last_line, last_no = k.last_no FROM k \
               WHERE account.name = k.name AND account.currency = k.currency";
    db.apply(sql, set).await.map(|_| ())
}

fn last_line(account: &Account) -> Option<i64> {
    account.newest.map(|newest| newest.line)
}

fn last_no(account: &Account) -> Option<i64> {
    account.newest.map(|newest| newest.no.0)
}

/// Most hold nothing, and hardly any reverses: each column less in a statement is time.
pub(crate) async fn save_bookings(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let (reversing, others): (Vec<_>, Vec<_>) = state.bookings.iter().partition(|row| row.reverses.is_some());
    let plain = |row: &&Booking| row.held == 0 && row.held_balance == 0;
    let (plain, holding): (Vec<_>, Vec<_>) = others.into_iter().partition(plain);
    let sql = "INSERT INTO booking (no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo) \
               SELECT no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo FROM k";
    db.apply(sql, columns(&plain)).await?;
    let sql = "INSERT INTO booking (no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo, held, held_balance) \
               SELECT no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo, held, held_balance FROM k";
    db.apply(sql, with_held(&holding)).await?;
    let sql = "INSERT INTO booking (no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo, held, held_balance, reverses) \
               SELECT no, account, currency, at_us, line, previous, kind, amount, balance, \
               counterparty, transfer, trace, memo, held, held_balance, reverses FROM k";
    let reverses = reversing.iter().map(|row| row.reverses.map(|id| id.0));
    let set = with_held(&reversing).uuids_or_null("reverses", reverses);
    db.apply(sql, set).await.map(|_| ())
}

fn with_held<'r>(rows: &[&'r Booking]) -> Set<'r> {
    columns(rows)
        .ints("held", rows.iter().map(|row| row.held))
        .ints("held_balance", rows.iter().map(|row| row.held_balance))
}

/// What every booking has.
fn columns<'r>(rows: &[&'r Booking]) -> Set<'r> {
    Set::new()
        .ints("no", rows.iter().map(|row| row.no.0))
        .texts("account", rows.iter().map(|row| row.account.as_str()))
        .texts("currency", rows.iter().map(|row| row.currency.code()))
        .ints("at_us", rows.iter().map(|row| row.at_us))
        .ints("line", rows.iter().map(|row| row.line))
        .ints_or_null("previous", rows.iter().map(|row| row.previous.map(|no| no.0)))
        .texts("kind", rows.iter().map(|row| row.kind.word()))
        .ints("amount", rows.iter().map(|row| row.amount))
        .ints("balance", rows.iter().map(|row| row.balance))
        .texts("counterparty", rows.iter().map(|row| row.counterparty.as_str()))
        .uuids("transfer", rows.iter().map(|row| row.transfer.0))
        .uuids("trace", rows.iter().map(|row| row.trace.as_uuid()))
        .texts_or_null("memo", rows.iter().map(|row| row.memo.as_deref()))
}

fn standing(word: &str) -> sqlx::Result<Standing> {
    let all = [
        Standing::Open,
        Standing::Frozen,
        Standing::Closing,
        Standing::Closed,
    ];
    let unknown = || sqlx::Error::ColumnDecode {
        index: "standing".to_owned(),
        // The CHECK constraint leaves no other word; if one is there, somebody else wrote it.
        source: format!("unknown value {word:?}").into(),
    };
    all.into_iter()
        .find(|standing| standing.word() == word)
        .ok_or_else(unknown)
}
