//! A simulation's flows in the form that `wallet trace --file` draws: the ledger's own format, built from the logs alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wallet_contract::envelope;
use wallet_contract::event::{AccountFact, Event, Fact, Movement, MovementFact, RequestFact};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::request::{Order, Request};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_kernel::Input;

use crate::entry::{Entry, Stored};

/// A flow's id, account and verb on a shard. Operators' requests are kept apart from transfers.
type Key = (Shard, TransferId, AccountId, Verb);

/// A flow as reconstructed from a log.
#[derive(Debug, Default)]
struct Flow {
    began_us: i64,
    ended_us: Option<i64>,
    verb: Option<Verb>,
    movement: Option<Movement>,
    trace: String,
    status: &'static str,
    refusal: Option<(String, String)>,
    elements: Vec<Value>,
}

/// All flows of all logs, each taken from its own shard's log.
pub(super) fn json(logs: &[Vec<Stored>]) -> Value {
    let mut flows: BTreeMap<Key, Flow> = BTreeMap::new();
    for (shard, log) in (0..).map(Shard).zip(logs) {
        for stored in log {
            for entry in &stored.entries {
                take(&mut flows, shard, stored, entry);
            }
        }
    }
    let mut flows: Vec<_> = flows.iter().filter(|(_, flow)| flow.verb.is_some()).collect();
    flows.sort_by_key(|(_, flow)| flow.began_us);
    let transfers: Vec<Value> = flows.into_iter().map(|(key, flow)| head(key, flow)).collect();
    json!({ "transfers": transfers })
}

fn take(flows: &mut BTreeMap<Key, Flow>, shard: Shard, stored: &Stored, entry: &Entry) {
    let at_us = stored.message.at_us;
    match &entry.what {
        Ok(Input::Request(request)) => {
            let key = (
                shard,
                request.transfer,
                request.account.clone(),
                request.verb.flow(),
            );
            let flow = flows.entry(key).or_default();
            if flow.verb.is_none() {
                let movement = request.order.as_ref().ok().and_then(Order::movement);
                begin(flow, request.verb, request.trace, movement.cloned(), at_us);
            }
            flow.elements.push(requested(shard, stored, entry, request));
        }
        Ok(Input::Event(event)) => {
            if let Fact::Request(account, RequestFact::RequestRecalled(verb, movement, _)) = &event.fact {
                let key = (shard, event.transfer, account.clone(), verb.flow());
                let flow = flows.entry(key).or_default();
                if flow.verb.is_none() {
                    begin(flow, *verb, event.trace, movement.clone(), at_us);
                }
                flow.elements.push(said(shard, stored, event));
                return;
            }
            let kinds = [
                Verb::Transfer,
                Verb::Open,
                Verb::Freeze,
                Verb::Unfreeze,
                Verb::Close,
            ];
            let key = |verb| (shard, event.transfer, event.fact.account(), verb);
            // An event does not name its verb: it belongs to the flow that contains its cause.
            let mine = kinds
                .map(key)
                .into_iter()
                .find(|key| flows.get(key).is_some_and(|flow| has(flow, event)));
            if let Some(flow) = mine.and_then(|key| flows.get_mut(&key)) {
                end(flow, event);
                flow.elements.push(said(shard, stored, event));
            }
        }
        Ok(Input::Due(_)) | Err(_) => {}
    }
}

fn has(flow: &Flow, event: &Event) -> bool {
    let cause = event.cause.to_string();
    let known = |element: &Value| element.get("id").and_then(Value::as_str) == Some(&cause);
    flow.elements.iter().any(known)
}

fn begin(flow: &mut Flow, verb: Verb, trace: TraceId, movement: Option<Movement>, at_us: i64) {
    flow.began_us = at_us;
    flow.verb = Some(verb);
    flow.trace = trace.to_string();
    flow.status = "running";
    flow.movement = movement;
}

fn end(flow: &mut Flow, event: &Event) {
    flow.status = match &event.fact {
        Fact::Movement(_, MovementFact::TransferSettled) => "settled",
        Fact::Movement(_, MovementFact::CreditPromised(_)) if flow.status == "running" => "reserved",
        Fact::Request(_, RequestFact::TransferFailed(_, failure, _)) => failure.word(),
        Fact::Account(
            _,
            AccountFact::AccountOpened(..)
            | AccountFact::AccountFrozen
            | AccountFact::AccountUnfrozen
            | AccountFact::AccountClosed,
        ) => "done",
        Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => return,
    };
    if flow.status != "reserved" {
        flow.ended_us = Some(event.time.as_microsecond());
        flow.refusal = event
            .fact
            .refusal()
            .map(|refusal| (refusal.reason.to_string(), refusal.detail.clone()));
    }
}

fn head((_, transfer, payer, _): &Key, flow: &Flow) -> Value {
    let movement = flow.movement.as_ref();
    json!({
        "transfer": transfer.0,
        "payer": payer.as_str(),
        "payee": movement.map(|movement| movement.payee.as_str()),
        "amount": movement.map(|movement| movement.money.decimal()),
        "currency": movement.map(|movement| movement.money.currency.code()),
        "memo": movement.and_then(|movement| movement.memo.as_deref()),
        "status": flow.status,
        "verb": flow.verb.map(Verb::token),
        "reason": flow.refusal.as_ref().map(|(reason, _)| reason),
        "detail": flow.refusal.as_ref().map(|(_, detail)| detail),
        "trace": flow.trace,
        "started_at": time(flow.began_us),
        "ended_at": flow.ended_us.map(time),
        "events": flow.elements,
    })
}

fn requested(shard: Shard, stored: &Stored, entry: &Entry, request: &Request) -> Value {
    let message = &stored.message;
    let body = stored
        .text(entry.index.unwrap_or(0))
        .and_then(|body| RawValue::from_string(body).ok());
    json!({
        "id": request.id.to_string(),
        "type": request.verb.requested(),
        "source": "/client",
        "shard": shard.0,
        "sequence": message.sequence,
        "recorded_at": time(message.at_us),
        "time": time(message.at_us),
        "work_us": 0,
        "cause": null,
        "body": body,
    })
}

fn said(shard: Shard, stored: &Stored, event: &Event) -> Value {
    let message = &stored.message;
    let text = envelope::write(event);
    json!({
        "id": event.id.to_string(),
        "type": event.fact.kind().name(),
        "source": format!("/{}/{}", event.source.service.name(), event.source.shard),
        "shard": shard.0,
        "sequence": message.sequence,
        "recorded_at": time(message.at_us),
        "time": event.time,
        "work_us": event.work_us,
        "cause": event.cause.to_string(),
        "body": serde_json::from_str::<&RawValue>(&text).ok(),
    })
}

fn time(at_us: i64) -> Timestamp {
    Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH)
}
