//! The heads of flows: how each began, whether it waits for its payer, how it ended; and how many stand how.

use std::collections::BTreeMap;

use ledger_core::{End, Flow, FlowKey, Start, State, Status, Until};
use uuid::Uuid;
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Db, Set};

/// How many transfers more, or fewer, stand how.
type Tally = BTreeMap<Status, i64>;

/// Writes what the batch learnt of flows, and counts the transfers among them.
pub(crate) async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
    let (transfers, others): (Vec<_>, Vec<_>) = state
        .flows
        .written()
        .partition(|((_, verb), _)| *verb == Verb::Transfer);
    write(db, &others).await?;
    let tally = write(db, &transfers).await?;
    let set = Set::new()
        .texts("status", tally.keys().map(|status| status.word()))
        .ints("transfers", tally.values().copied());
    let sql = "INSERT INTO tally (status, transfers) SELECT status, transfers FROM k WHERE true \
               ON CONFLICT (status) DO UPDATE SET transfers = tally.transfers + excluded.transfers";
    db.apply(sql, set).await.map(|_| ())
}

async fn write(db: &mut Db, flows: &[(&FlowKey, &Flow)]) -> sqlx::Result<Tally> {
    let mut tally = Tally::new();
    let starts = flows
        .iter()
        .filter_map(|(key, flow)| Some((*key, flow.start.as_ref()?)));
    let plain = |(_, start): &(&FlowKey, &Start)| start.verb == start.verb.flow();
    let (plain, others): (Vec<_>, Vec<_>) = starts.partition(plain);
    let begun = insert_plain(db, &plain).await? + insert_others(db, &others).await?;
    count(&mut tally, None, Status::Running, begun);
    let now = |status| {
        let alike = flows
            .iter()
            .filter(move |(_, flow)| flow.now == Some(status) && flow.end.is_none());
        alike.copied().collect::<Vec<_>>()
    };
    let promised = update_reserved(db, &now(Status::Reserved)).await?;
    count(&mut tally, Some(Status::Running), Status::Reserved, promised);
    let confirmed = update_running(db, &now(Status::Running)).await?;
    count(&mut tally, Some(Status::Reserved), Status::Running, confirmed);
    let ordered = flows
        .iter()
        .filter(|(_, flow)| flow.order.is_some() || flow.held.until.is_some());
    update_ordered(db, &ordered.copied().collect::<Vec<_>>()).await?;
    let ends: Vec<(&FlowKey, &End)> = flows
        .iter()
        .filter_map(|(key, flow)| Some((*key, flow.end.as_ref()?)))
        .collect();
    for status in Status::ENDS {
        for reserved in [false, true] {
            let alike = |(_, end): &&(&FlowKey, &End)| (end.status, end.reserved) == (status, reserved);
            let alike: Vec<_> = ends.iter().filter(alike).copied().collect();
            end(db, &mut tally, status, reserved, &alike).await?;
        }
    }
    Ok(tally)
}

/// Ends flows from the status in which they most likely stand; those that did not, from the other.
async fn end(
    db: &mut Db,
    tally: &mut Tally,
    status: Status,
    reserved: bool,
    rows: &[(&FlowKey, &End)],
) -> sqlx::Result<()> {
    let mut from = [Status::Running, Status::Reserved];
    if reserved {
        from.reverse();
    }
    let mut left = rows.len() as u64;
    for from in from {
        if left > 0 {
            let ended = if status == Status::Settled {
                update_settled(db, from, rows).await?
            } else {
                update_failed(db, from, rows).await?
            };
            count(tally, Some(from), status, ended);
            left = left.saturating_sub(ended);
        }
    }
    Ok(())
}

fn count(tally: &mut Tally, from: Option<Status>, to: Status, flows: u64) {
    if flows > 0 {
        let flows = i64::try_from(flows).unwrap_or(i64::MAX);
        for (status, change) in [(from, -flows), (Some(to), flows)] {
            if let Some(status) = status {
                *tally.entry(status).or_default() += change;
            }
        }
    }
}

/// A flow begins once: a later request with the same id leaves it as it is. Most are plain transfers, and each column less
/// in a statement is time.
async fn insert_plain(db: &mut Db, rows: &[(&FlowKey, &Start)]) -> sqlx::Result<u64> {
    let sql = "INSERT INTO flow (transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, status) \
               SELECT transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, 'running' \
               FROM k WHERE true ON CONFLICT (transfer, account, verb) DO NOTHING";
    db.apply(sql, columns(rows)).await
}

async fn insert_others(db: &mut Db, rows: &[(&FlowKey, &Start)]) -> sqlx::Result<u64> {
    let reverses = |start: &Start| start.movement.as_ref()?.reverses.map(|id| id.0);
    let set = columns(rows)
        .texts("form", rows.iter().map(|(_, start)| start.verb.token()))
        .uuids_or_null("reverses", rows.iter().map(|(_, start)| reverses(start)));
    let sql = "INSERT INTO flow (transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, status, \
               form, reverses) \
               SELECT transfer, account, no, verb, request, trace, payee, amount, currency, memo, started_us, 'running', \
               form, reverses FROM k WHERE true ON CONFLICT (transfer, account, verb) DO NOTHING";
    db.apply(sql, set).await
}

/// What every beginning has.
fn columns<'s>(rows: &[(&'s FlowKey, &'s Start)]) -> Set<'s> {
    let each = || rows.iter().map(|(_, start)| start.movement.as_ref());
    keys(rows.iter().map(|(key, _)| *key))
        .ints("no", rows.iter().map(|(_, start)| start.no.0))
        .uuids("request", rows.iter().map(|(_, start)| start.request.0))
        .uuids("trace", rows.iter().map(|(_, start)| start.trace.as_uuid()))
        .texts_or_null("payee", each().map(|m| m.map(|m| m.payee.as_str())))
        .ints_or_null("amount", each().map(|m| m.map(|m| m.money.amount.minor())))
        .texts_or_null("currency", each().map(|m| m.map(|m| m.money.currency.code())))
        .texts_or_null("memo", each().map(|m| m.and_then(|m| m.memo.as_deref())))
        .ints("started_us", rows.iter().map(|(_, start)| start.at_us))
}

fn keys<'s>(rows: impl Iterator<Item = &'s FlowKey> + Clone) -> Set<'s> {
    Set::new()
        .uuids("transfer", rows.clone().map(|(key, _)| key.id.0))
        .texts("account", rows.clone().map(|(key, _)| key.payer.as_str()))
        .texts("verb", rows.map(|(_, verb)| verb.token()))
}

/// Only transfers are reserved, or settle.
fn transfers<'s>(rows: impl Iterator<Item = &'s FlowKey> + Clone) -> Set<'s> {
    Set::new()
        .uuids("transfer", rows.clone().map(|(key, _)| key.id.0))
        .texts("account", rows.map(|(key, _)| key.payer.as_str()))
}

fn ended_at<'s>(rows: &[(&'s FlowKey, &'s End)]) -> Set<'s> {
    transfers(rows.iter().map(|(key, _)| *key)).ints("ended_us", rows.iter().map(|(_, end)| end.at_us))
}

async fn update_reserved(db: &mut Db, rows: &[(&FlowKey, &Flow)]) -> sqlx::Result<u64> {
    let sql = "UPDATE flow SET status = 'reserved', promised_us = k.promised_us FROM k \
               WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer' \
               AND flow.status = 'running'";
    let set = transfers(rows.iter().map(|(key, _)| *key))
        .ints_or_null("promised_us", rows.iter().map(|(_, flow)| flow.held.from_us));
    db.apply(sql, set).await
}

async fn update_running(db: &mut Db, rows: &[(&FlowKey, &Flow)]) -> sqlx::Result<u64> {
    let sql = "UPDATE flow SET status = 'running' FROM k WHERE flow.transfer = k.transfer AND flow.account = k.account \
               AND flow.verb = 'transfer' AND flow.status = 'reserved'";
    db.apply(sql, transfers(rows.iter().map(|(key, _)| *key))).await
}

/// What the payer, or the clock, said on a reservation. The first word that is known of stays. The record has when it stood there.
async fn update_ordered(db: &mut Db, rows: &[(&FlowKey, &Flow)]) -> sqlx::Result<u64> {
    let sql = "UPDATE flow SET ordered = COALESCE(flow.ordered, k.ordered), captured = COALESCE(k.captured, flow.captured), \
               held_us = COALESCE(k.due_us, (SELECT r.at_us FROM record AS r WHERE r.id = k.word)) \
               - COALESCE(flow.promised_us, k.promised_us) FROM k \
               WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer'";
    let orders = || rows.iter().map(|(_, flow)| flow.order);
    let until = || rows.iter().map(|(_, flow)| flow.held.until);
    let set = transfers(rows.iter().map(|(key, _)| *key))
        .uuids_or_null("ordered", orders().map(|order| Some(order?.by.0)))
        .ints_or_null("captured", orders().map(|order| order?.captured))
        .ints_or_null("promised_us", rows.iter().map(|(_, flow)| flow.held.from_us))
        .uuids_or_null("word", until().map(word))
        .ints_or_null("due_us", until().map(due));
    db.apply(sql, set).await
}

fn word(until: Option<Until>) -> Option<Uuid> {
    match until? {
        Until::Word(request) => Some(request.0),
        Until::Due(_) => None,
    }
}

fn due(until: Option<Until>) -> Option<i64> {
    match until? {
        Until::Word(_) => None,
        Until::Due(at_us) => Some(at_us),
    }
}

/// A flow ends once.
async fn update_settled(db: &mut Db, from: Status, rows: &[(&FlowKey, &End)]) -> sqlx::Result<u64> {
    let (part, whole): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, end)| end.captured.is_some());
    let sql = if from == Status::Running {
        "UPDATE flow SET status = 'settled', ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer' AND flow.status = 'running'"
    } else {
        "UPDATE flow SET status = 'settled', ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer' AND flow.status = 'reserved'"
    };
    let ended = db.apply(sql, ended_at(&whole)).await?;
    let sql = if from == Status::Running {
        "UPDATE flow SET status = 'settled', ended_us = k.ended_us, captured = k.captured FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer' AND flow.status = 'running'"
    } else {
        "UPDATE flow SET status = 'settled', ended_us = k.ended_us, captured = k.captured FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = 'transfer' AND flow.status = 'reserved'"
    };
    let captured = part.iter().map(|(_, end)| end.captured);
    let ended_in_part = db
        .apply(sql, ended_at(&part).ints_or_null("captured", captured))
        .await?;
    Ok(ended + ended_in_part)
}

async fn update_failed(db: &mut Db, from: Status, rows: &[(&FlowKey, &End)]) -> sqlx::Result<u64> {
    let sql = if from == Status::Running {
        "UPDATE flow SET status = k.status, reason = k.reason, detail = k.detail, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'running'"
    } else {
        "UPDATE flow SET status = k.status, reason = k.reason, detail = k.detail, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'reserved'"
    };
    let refusals = || rows.iter().map(|(_, end)| end.refusal.as_ref());
    let set = keys(rows.iter().map(|(key, _)| *key))
        .texts("status", rows.iter().map(|(_, end)| end.status.word()))
        .texts_or_null("reason", refusals().map(|refusal| Some(refusal?.reason.code())))
        .texts_or_null("detail", refusals().map(|refusal| Some(&*refusal?.detail)))
        .ints("ended_us", rows.iter().map(|(_, end)| end.at_us));
    db.apply(sql, set).await
}
