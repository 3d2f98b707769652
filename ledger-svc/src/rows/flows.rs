//! The heads of flows: how each began, whether it waits for its payer, how it ended; and how many stand how.

use std::collections::BTreeMap;

use ledger_core::{End, Flow, FlowKey, Start, State, Status};
use wallet_contract::event::Movement;
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
    let begun = insert_starts(db, &starts.collect::<Vec<_>>()).await?;
    count(&mut tally, None, Status::Running, begun);
    let reserved: Vec<&FlowKey> = flows
        .iter()
        .filter(|(_, flow)| flow.reserved)
        .map(|(key, _)| *key)
        .collect();
    let promised = update_reserved(db, &reserved).await?;
    count(&mut tally, Some(Status::Running), Status::Reserved, promised);
    for status in Status::ENDS {
        let ends = flows
            .iter()
            .filter_map(|(key, flow)| Some((*key, flow.end.as_ref()?)));
        let ends: Vec<_> = ends.filter(|(_, end)| end.status == status).collect();
        let at_once = update_ends(db, FROM_RUNNING, &ends).await?;
        count(&mut tally, Some(Status::Running), status, at_once);
        if at_once < ends.len() as u64 {
            let later = update_ends(db, FROM_RESERVED, &ends).await?;
            count(&mut tally, Some(Status::Reserved), status, later);
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

/// A flow begins once: a later request with the same id leaves it as it is.
async fn insert_starts(db: &mut Db, rows: &[(&FlowKey, &Start)]) -> sqlx::Result<u64> {
    let each = || rows.iter().map(|(_, start)| start.movement.as_ref());
    let form = |start: &Start| (start.verb != start.verb.flow()).then(|| start.verb.token());
    let reverses = |movement: Option<&Movement>| movement?.reverses.map(|id| id.0);
    let set = Set::new()
        .uuids("transfer", rows.iter().map(|((key, _), _)| key.id.0))
        .texts("account", rows.iter().map(|((key, _), _)| key.payer.as_str()))
        .ints(
            "no",
            rows.iter().map(|(_, start)| number(start.sequence, start.index)),
        )
        .texts("verb", rows.iter().map(|((_, verb), _)| verb.token()))
        .texts_or_null("form", rows.iter().map(|(_, start)| form(start)))
        .uuids("request", rows.iter().map(|(_, start)| start.request.0))
        .uuids("trace", rows.iter().map(|(_, start)| start.trace.as_uuid()))
        .texts_or_null("payee", each().map(|m| m.map(|m| m.payee.as_str())))
        .ints_or_null("amount", each().map(|m| m.map(|m| m.money.amount.minor())))
        .texts_or_null("currency", each().map(|m| m.map(|m| m.money.currency.code())))
        .texts_or_null("memo", each().map(|m| m.and_then(|m| m.memo.as_deref())))
        .uuids_or_null("reverses", each().map(reverses))
        .ints("started_us", rows.iter().map(|(_, start)| start.at_us));
    let sql = "INSERT INTO flow (transfer, account, no, verb, form, request, trace, payee, amount, currency, memo, reverses, \
               started_us, status) \
               SELECT transfer, account, no, verb, form, request, trace, payee, amount, currency, memo, reverses, \
               started_us, 'running' FROM k WHERE true ON CONFLICT (transfer, account, verb) DO NOTHING";
    db.apply(sql, set).await
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

const FROM_RUNNING: &str = "UPDATE flow SET status = k.status, captured = k.captured, reason = k.reason, detail = k.detail, \
    ended_us = k.ended_us FROM k WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb \
    AND flow.status = 'running'";
const FROM_RESERVED: &str = "UPDATE flow SET status = k.status, captured = k.captured, reason = k.reason, detail = k.detail, \
    ended_us = k.ended_us FROM k WHERE flow.transfer = k.transfer AND flow.account = k.account AND flow.verb = k.verb \
    AND flow.status = 'reserved'";

/// A flow ends once.
async fn update_ends(db: &mut Db, sql: &'static str, rows: &[(&FlowKey, &End)]) -> sqlx::Result<u64> {
    let refusals = || rows.iter().map(|(_, end)| end.refusal.as_ref());
    let set = keys(rows.iter().map(|(key, _)| *key))
        .texts("status", rows.iter().map(|(_, end)| end.status.word()))
        .ints_or_null("captured", rows.iter().map(|(_, end)| end.captured))
        .texts_or_null(
            "reason",
            refusals().map(|refusal| refusal.map(|refusal| refusal.reason.code())),
        )
        .texts_or_null(
            "detail",
            refusals().map(|refusal| refusal.map(|refusal| &*refusal.detail)),
        )
        .ints("ended_us", rows.iter().map(|(_, end)| end.at_us));
    db.apply(sql, set).await
}
