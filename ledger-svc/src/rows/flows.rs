//! The heads of flows: how each began, whether it waits for its payer, how it ended; and how many stand how.

use std::collections::BTreeMap;

use ledger_core::{End, Flow, FlowKey, Start, State, Status};
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Db, Set};

use super::{number, signed};

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
    let reserved: Vec<&FlowKey> = flows
        .iter()
        .filter(|(_, flow)| flow.reserved && flow.end.is_none())
        .map(|(key, _)| *key)
        .collect();
    let promised = update_reserved(db, &reserved).await?;
    count(&mut tally, Some(Status::Running), Status::Reserved, promised);
    for status in Status::ENDS {
        let ends = flows
            .iter()
            .filter_map(|(key, flow)| Some((*key, flow.end.as_ref()?)));
        let ends: Vec<_> = ends.filter(|(_, end)| end.status == status).collect();
        let (whole, part): (Vec<_>, Vec<_>) = ends.into_iter().partition(|(_, end)| end.captured.is_none());
        for (rows, updates) in [(whole, &WHOLE), (part, &PART)] {
            let mut left = rows.len() as u64;
            for (from, sql) in updates {
                if left == 0 {
                    break;
                }
                let ended = update_ends(db, sql, &rows).await?;
                count(&mut tally, Some(*from), status, ended);
                left = left.saturating_sub(ended);
            }
        }
    }
    Ok(tally)
}

fn count(tally: &mut Tally, from: Option<Status>, to: Status, flows: u64) {
    if flows > 0 {
        for (status, change) in [(from, -signed(flows)), (Some(to), signed(flows))] {
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
        .ints(
            "no",
            rows.iter().map(|(_, start)| number(start.sequence, start.index)),
        )
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

async fn update_reserved(db: &mut Db, rows: &[&FlowKey]) -> sqlx::Result<u64> {
    let sql = "UPDATE flow SET status = 'reserved' FROM k WHERE flow.transfer = k.transfer AND flow.account = k.account \
               AND flow.verb = k.verb AND flow.status = 'running'";
    db.apply(sql, keys(rows.iter().copied())).await
}

/// From which status an end is reached, the likelier one first.
type Updates = [(Status, &'static str); 2];

const WHOLE: Updates = [
    (
        Status::Running,
        "UPDATE flow SET status = k.status, reason = k.reason, detail = k.detail, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'running'",
    ),
    (
        Status::Reserved,
        "UPDATE flow SET status = k.status, reason = k.reason, detail = k.detail, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'reserved'",
    ),
];
/// Of what was reserved, a part has moved.
const PART: Updates = [
    (
        Status::Reserved,
        "UPDATE flow SET status = k.status, captured = k.captured, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'reserved'",
    ),
    (
        Status::Running,
        "UPDATE flow SET status = k.status, captured = k.captured, ended_us = k.ended_us FROM k \
         WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb AND flow.status = 'running'",
    ),
];

/// A flow ends once.
async fn update_ends(db: &mut Db, sql: &'static str, rows: &[(&FlowKey, &End)]) -> sqlx::Result<u64> {
    let set = keys(rows.iter().map(|(key, _)| *key))
        .texts("status", rows.iter().map(|(_, end)| end.status.word()))
        .ints("ended_us", rows.iter().map(|(_, end)| end.at_us));
    let set = if rows.iter().any(|(_, end)| end.captured.is_some()) {
        set.ints_or_null("captured", rows.iter().map(|(_, end)| end.captured))
    } else {
        let refusals = || rows.iter().map(|(_, end)| end.refusal.as_ref());
        set.texts_or_null("reason", refusals().map(|refusal| Some(refusal?.reason.code())))
            .texts_or_null("detail", refusals().map(|refusal| Some(&*refusal?.detail)))
    };
    db.apply(sql, set).await
}
