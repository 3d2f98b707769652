//! Flows as the ledger returns them, made from facts: each is stored in the log 2 ms after the one before.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, Movement, MovementFact, RequestFact, Source, Terms};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_contract::testing::{ONE, movement};
use wallet_contract::trace::TraceId;
use wallet_view::flow::Flow;

/// 2026-01-31 12:00:00 UTC.
pub(crate) const NOON_US: i64 = 1_769_860_800_000_000;
pub(crate) const TRACE: &str = "0190b1c47a2e8c3d9f005a3c1e8b2d4f";

/// A flow under construction.
#[derive(Default)]
pub(crate) struct FlowBuilder {
    events: Vec<Value>,
    refusal: Option<Refusal>,
}

pub(crate) fn at(us: i64) -> Timestamp {
    Timestamp::from_microsecond(NOON_US + us).unwrap()
}

pub(crate) fn paid() -> Movement {
    movement("alice", "bob", "12.50")
}

pub(crate) fn refusal(reason: Reason, detail: &str) -> Refusal {
    Refusal::new(reason, detail)
}

/// An hour from noon.
pub(crate) fn terms(auto_confirm: bool) -> Terms {
    Terms {
        expires: at(3_600_000_000),
        auto_confirm,
    }
}

impl FlowBuilder {
    fn next(&self) -> (u128, i64) {
        let place = self.events.len();
        (place as u128 + 1, 2_000 * i64::try_from(place).unwrap())
    }

    /// Adds a client's request.
    pub(crate) fn request(self, verb: &str, body: &Value) -> Self {
        let (_, recorded_us) = self.next();
        self.request_at(recorded_us, verb, body)
    }

    /// Adds a client's request at a given time.
    pub(crate) fn request_at(mut self, recorded_us: i64, verb: &str, body: &Value) -> Self {
        let (id, _) = self.next();
        self.events.push(json!({
            "id": Uuid::from_u128(id), "type": format!("wallet.{verb}.requested.v1"), "source": "/client",
            "shard": 0, "sequence": 16 + id, "recorded_at": at(recorded_us), "time": at(recorded_us),
            "work_us": 0, "cause": null, "body": body,
        }));
        self
    }

    /// A transfer of 12.50 USD to bob.
    pub(crate) fn pay_request(self) -> Self {
        self.request(
            "transfer",
            &json!({ "id": ONE, "to": "bob", "amount": "12.50", "currency": "USD" }),
        )
    }

    /// A reservation of 12.50 USD for bob.
    pub(crate) fn reserve_request(self) -> Self {
        let body =
            json!({ "id": ONE, "to": "bob", "amount": "12.50", "currency": "USD", "expires_in": 3600 });
        self.request("reserve", &body)
    }

    /// Adds a decision of a service on shard 0 on the event with this number, counted from 1.
    pub(crate) fn event(self, service: Service, cause: u128, fact: Fact) -> Self {
        let (_, recorded_us) = self.next();
        self.event_at((service, 0), cause, recorded_us - 500, recorded_us, fact)
    }

    /// Adds a decision with its shard and times: decided, stored.
    pub(crate) fn event_at(
        mut self,
        (service, shard): (Service, u16),
        cause: u128,
        decided_us: i64,
        recorded_us: i64,
        fact: Fact,
    ) -> Self {
        let (id, _) = self.next();
        self.refusal = fact.refusal().cloned().or(self.refusal);
        let kind = fact.kind().name();
        let event = Event {
            id: EventId(Uuid::from_u128(id)),
            cause: EventId(Uuid::from_u128(cause)),
            source: Source {
                service,
                shard: Shard(shard),
            },
            place: LogPlace::START,
            time: at(decided_us),
            work_us: 300,
            transfer: ONE.parse::<TransferId>().unwrap(),
            trace: TRACE.parse::<TraceId>().unwrap(),
            fact,
        };
        let body: Value = serde_json::from_str(&envelope::write(&event)).unwrap();
        self.events.push(json!({
            "id": Uuid::from_u128(id), "type": kind, "source": format!("/{service}/{shard}"), "shard": 0,
            "sequence": 16 + id, "recorded_at": at(recorded_us), "time": at(decided_us), "work_us": 300,
            "cause": Uuid::from_u128(cause), "body": body,
        }));
        self
    }

    /// The finished flow with its head; `change` edits its JSON.
    pub(crate) fn flow(self, status: &str, change: impl FnOnce(&mut Value)) -> Flow {
        let ended = !matches!(status, "running" | "reserved");
        let refused = ended && status != "settled" && status != "done";
        let refusal = self.refusal.filter(|_| refused);
        let verb = self
            .events
            .first()
            .and_then(|event| event["type"].as_str())
            .unwrap_or("wallet.transfer.");
        let verb = verb.split('.').nth(1).unwrap().to_owned();
        // A transfer ends with the ledger's decision, an operator's request with credit-svc's.
        let by = |service: &str| {
            let is_cause = |event: &&Value| {
                event["source"]
                    .as_str()
                    .is_some_and(|source| source.starts_with(service))
            };
            self.events
                .iter()
                .rfind(is_cause)
                .map(|event| event["time"].clone())
        };
        let end = by("/ledger-svc")
            .or_else(|| by("/credit-svc"))
            .or_else(|| by("/debit-svc"));
        let mut flow = json!({
            "transfer": ONE, "payer": "alice", "payee": "bob", "amount": "12.50", "currency": "USD", "memo": null,
            "status": status, "verb": verb, "reason": refusal.as_ref().map(|refusal| refusal.reason.code()),
            "detail": refusal.as_ref().map(|refusal| &refusal.detail), "trace": TRACE, "started_at": at(0),
            "ended_at": ended.then_some(end), "events": self.events,
        });
        change(&mut flow);
        serde_json::from_str(&flow.to_string()).unwrap()
    }
}

/// alice pays bob, who lives on shard 1.
pub(crate) fn settled() -> FlowBuilder {
    FlowBuilder::default()
        .pay_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::AccountDebited),
        )
        .event_at(
            (Service::Credit, 1),
            2,
            3_500,
            4_000,
            Fact::Movement(paid(), MovementFact::AccountCredited),
        )
        .event(
            Service::Ledger,
            3,
            Fact::Movement(paid(), MovementFact::TransferSettled),
        )
}

/// bob is frozen.
pub(crate) fn compensated() -> FlowBuilder {
    use wallet_contract::event::Failure::Compensated;
    let frozen = || refusal(Reason::AccountFrozen, "bob is frozen");
    FlowBuilder::default()
        .pay_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::AccountDebited),
        )
        .event_at(
            (Service::Credit, 1),
            2,
            3_500,
            4_000,
            Fact::Movement(paid(), MovementFact::CreditRefused(frozen())),
        )
        .event(
            Service::Debit,
            3,
            Fact::Movement(paid(), MovementFact::DebitReversed(frozen())),
        )
        .event(
            Service::Ledger,
            4,
            Fact::Request(
                paid().payer,
                RequestFact::TransferFailed(Some(paid()), Compensated, frozen()),
            ),
        )
}

/// Held and promised.
pub(crate) fn reserved(auto_confirm: bool) -> FlowBuilder {
    FlowBuilder::default()
        .reserve_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::FundsReserved(terms(auto_confirm))),
        )
        .event_at(
            (Service::Credit, 1),
            2,
            3_500,
            4_000,
            Fact::Movement(paid(), MovementFact::CreditPromised(terms(auto_confirm))),
        )
}
