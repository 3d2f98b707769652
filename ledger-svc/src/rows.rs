//! What a batch writes, as sets of rows.

use ledger_core::{Account, Booking, End, Flow, FlowKey, Keys, Standing, Start, State, Status};
use wallet_contract::decider::{Heard, Input, Place};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Db, Set};

/// Requests have no type on the wire; this is theirs in the books.
fn requested(verb: Verb) -> &'static str {
    match verb {
        Verb::Transfer => "wallet.transfer.requested.v1",
        Verb::Open => "wallet.open.requested.v1",
        Verb::Freeze => "wallet.freeze.requested.v1",
        Verb::Unfreeze => "wallet.unfreeze.requested.v1",
        Verb::Close => "wallet.close.requested.v1",
    }
}

struct Record<'h> {
    heard: &'h Heard<'h>,
    account: AccountId,
    kind: &'static str,
    body: Option<&'h str>,
}

fn record<'h>(heard: &'h Heard<'h>, place: Place) -> Record<'h> {
    match &heard.input {
        Input::Request(request) => Record {
            heard,
            account: request.account.clone(),
            kind: requested(request.verb),
            body: Some(heard.raw),
        },
        Input::Event(event) => {
            let account = event.fact.account();
            // A copy for the payee's books; the whole stands in the flow's home.
            let elsewhere = event.fact.movement().is_some() && !place.owns(&account);
            Record {
                heard,
                account,
                kind: event.fact.kind(),
                body: (!elsewhere).then_some(heard.raw),
            }
        }
    }
}

pub(crate) async fn save_records(db: &mut Db, heard: &[Heard<'_>], place: Place) -> sqlx::Result<()> {
    let rows: Vec<Record<'_>> = heard.iter().map(|heard| record(heard, place)).collect();
    let set = Set::new()
        .ints(
            "no",
            rows.iter().map(|row| number(row.heard.sequence, row.heard.index)),
        )
        .uuids("id", rows.iter().map(|row| row.heard.input.as_cause().id.0))
        .uuids(
            "transfer",
            rows.iter().map(|row| row.heard.input.as_cause().transfer.0),
        )
        .texts("account", rows.iter().map(|row| row.account.as_str()))
        .texts("kind", rows.iter().map(|row| row.kind))
        .ints("at_us", rows.iter().map(|row| row.heard.at_us))
        .texts_or_null("body", rows.iter().map(|row| row.body));
    let sql = "INSERT INTO record (no, id, transfer, account, kind, at_us, body) \
               SELECT no, id, transfer, account, kind, at_us, body FROM k";
    db.apply(sql, set).await.map(|_| ())
}

pub(crate) async fn load_accounts(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
    let set = Set::new().texts("name", keys.accounts.iter().map(AccountId::as_str));
    let sql = "SELECT a.name, a.currency, a.standing, a.overdraft, a.available, a.in_transit \
               FROM k CROSS JOIN account AS a WHERE a.name = k.name";
    let mut state = State::default();
    for row in db.select(sql, set).await? {
        let account = Account {
            standing: standing(&row.text(2)?)?,
            overdraft: row.int_or_null(3)?.map_or(Overdraft::Unlimited, Overdraft::Limit),
            available: row.int(4)?,
            in_transit: row.int(5)?,
        };
        state.accounts.load((row.parse(0)?, row.parse(1)?), account);
    }
    Ok(state)
}

pub(crate) async fn save_accounts(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: Vec<_> = state.accounts.written().collect();
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
        .ints("in_transit", rows.iter().map(|(_, account)| account.in_transit));
    let sql = "INSERT INTO account (name, currency, standing, overdraft, available, in_transit) \
               SELECT name, currency, standing, overdraft, available, in_transit FROM k WHERE true \
               ON CONFLICT (name, currency) DO UPDATE SET standing = excluded.standing, overdraft = excluded.overdraft, \
               available = excluded.available, in_transit = excluded.in_transit";
    db.apply(sql, set).await.map(|_| ())
}

pub(crate) async fn save_bookings(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let rows: &[Booking] = &state.bookings;
    let contra = AccountId::in_transit();
    let set = Set::new()
        .texts("account", rows.iter().map(|row| row.account.as_str()))
        .texts("currency", rows.iter().map(|row| row.currency.code()))
        .ints("at_us", rows.iter().map(|row| row.at_us))
        .ints("sequence", rows.iter().map(|row| signed(row.sequence)))
        .ints("element", rows.iter().map(|row| i64::from(row.index)))
        .texts("kind", rows.iter().map(|row| row.kind.word()))
        .ints("amount", rows.iter().map(|row| row.amount))
        .ints("balance", rows.iter().map(|row| row.balance))
        .texts("contra", rows.iter().map(|_| contra.as_str()))
        .texts("counterparty", rows.iter().map(|row| row.counterparty.as_str()))
        .uuids("transfer", rows.iter().map(|row| row.transfer.0))
        .uuids("trace", rows.iter().map(|row| row.trace.as_uuid()))
        .uuids("event", rows.iter().map(|row| row.event.0))
        .texts_or_null("memo", rows.iter().map(|row| row.memo.as_deref()));
    let sql = "INSERT INTO booking (account, currency, at_us, sequence, element, kind, amount, balance, contra, \
               counterparty, transfer, trace, event, memo) \
               SELECT account, currency, at_us, sequence, element, kind, amount, balance, contra, \
               counterparty, transfer, trace, event, memo FROM k";
    db.apply(sql, set).await.map(|_| ())
}

/// Writes the beginnings and the ends of flows, and counts the transfers among them.
pub(crate) async fn save_flows(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let flows: Vec<(&FlowKey, &Flow)> = state.flows.written().collect();
    let mut running = 0;
    let mut tally = Vec::new();
    for transfers in [true, false] {
        let kind = || {
            flows
                .iter()
                .filter(move |((_, verb), _)| (*verb == Verb::Transfer) == transfers)
        };
        let starts: Vec<_> = kind()
            .filter_map(|(key, flow)| flow.start.as_ref().map(|start| (*key, start)))
            .collect();
        let mut still = signed(insert_starts(db, &starts).await?);
        for status in Status::ENDS {
            let ends = kind().filter_map(|(key, flow)| flow.end.as_ref().map(|end| (*key, end)));
            let ends: Vec<_> = ends.filter(|(_, end)| end.status == status).collect();
            let ended = signed(update_ends(db, &ends).await?);
            still -= ended;
            if transfers && ended > 0 {
                tally.push((status, ended));
            }
        }
        if transfers {
            running = still;
        }
    }
    tally.push((Status::Running, running));
    let set = Set::new()
        .texts("status", tally.iter().map(|(status, _)| status.word()))
        .ints("transfers", tally.iter().map(|(_, transfers)| *transfers));
    let sql = "INSERT INTO tally (status, transfers) SELECT status, transfers FROM k WHERE true \
               ON CONFLICT (status) DO UPDATE SET transfers = tally.transfers + excluded.transfers";
    db.apply(sql, set).await.map(|_| ())
}

/// A flow begins once: a later request with the same id leaves it as it is.
async fn insert_starts(db: &mut Db, rows: &[(&FlowKey, &Start)]) -> sqlx::Result<u64> {
    let each = || rows.iter().map(|(_, start)| start.movement.as_ref());
    let set = Set::new()
        .uuids("transfer", rows.iter().map(|((key, _), _)| key.id.0))
        .texts("account", rows.iter().map(|((key, _), _)| key.payer.as_str()))
        .ints(
            "no",
            rows.iter().map(|(_, start)| number(start.sequence, start.index)),
        )
        .texts("verb", rows.iter().map(|(_, start)| start.verb.token()))
        .uuids("request", rows.iter().map(|(_, start)| start.request.0))
        .uuids("trace", rows.iter().map(|(_, start)| start.trace.as_uuid()))
        .texts_or_null("payee", each().map(|m| m.map(|m| m.payee.as_str())))
        .ints_or_null("amount", each().map(|m| m.map(|m| m.money.amount.minor())))
        .texts_or_null("currency", each().map(|m| m.map(|m| m.money.currency.code())))
        .texts_or_null("memo", each().map(|m| m.and_then(|m| m.memo.as_deref())))
        .ints("started_us", rows.iter().map(|(_, start)| start.at_us));
    let sql = "INSERT INTO flow (transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, status) \
               SELECT transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, 'running' \
               FROM k WHERE true ON CONFLICT (transfer, account, verb) DO NOTHING";
    db.apply(sql, set).await
}

/// A flow ends once.
async fn update_ends(db: &mut Db, rows: &[(&FlowKey, &End)]) -> sqlx::Result<u64> {
    let set = Set::new()
        .uuids("transfer", rows.iter().map(|((key, _), _)| key.id.0))
        .texts("account", rows.iter().map(|((key, _), _)| key.payer.as_str()))
        .texts("verb", rows.iter().map(|((_, verb), _)| verb.token()))
        .texts("status", rows.iter().map(|(_, end)| end.status.word()))
        .texts_or_null(
            "reason",
            rows.iter()
                .map(|(_, end)| end.refusal.as_ref().map(|refusal| refusal.reason.code())),
        )
        .texts_or_null(
            "detail",
            rows.iter()
                .map(|(_, end)| end.refusal.as_ref().map(|refusal| &*refusal.detail)),
        )
        .ints("ended_us", rows.iter().map(|(_, end)| end.at_us));
    let sql = "UPDATE flow SET status = k.status, reason = k.reason, detail = k.detail, ended_us = k.ended_us \
               FROM k WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'running'";
    db.apply(sql, set).await
}

/// A place in a shard's log as one number: a message holds at most 10,000 requests or events, fewer than 2^14.
fn number(sequence: u64, index: u32) -> i64 {
    signed((sequence << 14) | u64::from(index))
}

/// The sequence of the message in [`number`].
pub(crate) fn sequence(no: i64) -> i64 {
    no >> 14
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
