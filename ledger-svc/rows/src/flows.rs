//! The heads of flows.

use ledger_core::{Flow, FlowKey, Start, Status};
use wallet_contract::event::Movement;
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::money::{Amount, Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

wallet_kernel::table! {
    /// The beginning, status and end of each flow. A plain flow has no `form`: its request's verb says everything.
    pub Flows "flow" (key: FlowKey, flow: Flow) {
        key { transfer: TransferId = key.0.id, account: AccountId = &key.0.payer, verb: Verb = key.1 }
        no: LogPlace = flow.start.no,
        form: Option<Verb> = Some(flow.start.verb).filter(|verb| *verb != verb.flow()),
        request: EventId = flow.start.request,
        trace: TraceId = flow.start.trace,
        payee: Option<AccountId> = movement_of(flow).map(|movement| &movement.payee),
        amount: Option<Amount> = movement_of(flow).map(|movement| movement.money.amount),
        captured: Option<i64> = flow.captured,
        currency: Option<Currency> = movement_of(flow).map(|movement| movement.money.currency),
        memo: Option<String> = movement_of(flow).and_then(|movement| movement.memo.as_deref()),
        reverses: Option<TransferId> = movement_of(flow).and_then(|movement| movement.reverses),
        started_us: i64 = flow.start.at_us,
        status: Status = flow.status,
        reason: Option<Reason> = flow.refusal.as_ref().map(|refusal| refusal.reason),
        detail: Option<String> = flow.refusal.as_ref().map(|refusal| &*refusal.detail),
        ended_us: Option<i64> = flow.ended_us,
        ordered: Option<EventId> = flow.ordered,
        promised_us: Option<i64> = flow.promised_us,
        held_us: Option<i64> = flow.held_us,
    }
    {
        let movement = match (payee, amount, currency) {
            (Some(payee), Some(amount), Some(currency)) => Some(Movement {
                payer: account.clone(),
                payee,
                money: Money { amount, currency },
                memo,
                reserved: None,
                reverses,
            }),
            _ => None,
        };
        let start = Start {
            verb: form.unwrap_or(verb),
            request,
            movement,
            trace,
            at_us: started_us,
            no,
        };
        let refusal = reason.zip(detail).map(|(reason, detail)| Refusal { reason, detail });
        let flow = Flow { start, status, ordered, captured, promised_us, held_us, refusal, ended_us };
        ((TransferKey { id: transfer, payer: account }, verb), flow)
    }
}

fn movement_of(flow: &Flow) -> Option<&Movement> {
    flow.start.movement.as_ref()
}
