//! An event of each kind, and requests in each form.

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::event::{
    AccountFact, Cause, Event, Fact, Failure, MessageFact, Movement, MovementFact, Origin, Overdraft, Parked,
    RequestFact, Resolution, Resolved, Source, Terms,
};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::Context;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{TWO, name, part, reversal};
use wallet_contract::trace::TraceId;
use wallet_contract::{event, testing};

pub(super) const REQUESTS: &[(Verb, &str)] = &[
    (
        Verb::Transfer,
        r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"12.50","currency":"USD"}"#,
    ),
    (
        Verb::Transfer,
        r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","to":"bob","amount":"12.50","currency":"USD","memo":"rent","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"USD"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"BHD","overdraft":"1.500"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"KRW","overdraft":"unlimited"}"#,
    ),
    (Verb::Freeze, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (Verb::Unfreeze, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (Verb::Close, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (
        Verb::Reserve,
        r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"12.50","currency":"USD"}"#,
    ),
    (
        Verb::Reserve,
        r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","to":"bob","amount":"12.50","currency":"USD","memo":"room 7","expires_in":900,"auto_confirm":true}"#,
    ),
    (Verb::Confirm, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (
        Verb::Confirm,
        r#"{"id":"01900000-0000-7000-8000-000000000001","amount":"4.00","currency":"USD"}"#,
    ),
    (Verb::Cancel, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (
        Verb::Reverse,
        r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"12.50","currency":"USD","memo":"returned","reverses":"01900000-0000-7000-8000-000000000002"}"#,
    ),
    (
        Verb::Transfer,
        r#"{"id":"01900000-0000-7000-8000-000000000001","verb":"transfer","to":"bob","amount":"12.50","currency":"USD"}"#,
    ),
];

/// Requests in a bulk message.
pub(super) const BULK: &[&str] = &[
    r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","to":"bob","amount":"12.50","currency":"USD"}"#,
    r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","verb":"transfer","to":"bob","amount":"12.50","currency":"USD"}"#,
    r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","verb":"reserve","to":"bob","amount":"12.50","currency":"USD","expires_in":900}"#,
    r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","verb":"confirm","amount":"4.00","currency":"USD"}"#,
    r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","verb":"cancel"}"#,
];

pub(super) fn facts() -> Vec<Fact> {
    [first_facts(), refused_reservations()].concat()
}

pub(super) fn refused_reservations() -> Vec<Fact> {
    let refused = |(memo, auto_confirm)| {
        let terms = Terms {
            expires: Timestamp::from_microsecond(1_700_000_900_123_456).unwrap(),
            auto_confirm,
        };
        let refusal = Refusal::new(Reason::InsufficientFunds, "3.00 USD available, 12.50 USD asked");
        Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(Some(movement(memo)), Some(Box::new(terms)), refusal),
        )
    };
    [(Some("room 7"), false), (None, true)].map(refused).to_vec()
}

#[expect(clippy::too_many_lines, reason = "a table of facts")]
pub(super) fn first_facts() -> Vec<Fact> {
    let (alice, usd) = (name("alice"), "USD".parse().unwrap());
    let refusal = || Refusal::new(Reason::InsufficientFunds, "3.00 USD available, 12.50 USD asked");
    let parked = |element| Parked {
        place: LogPlace { sequence: 7, element },
        subject: "wallet.0.bulk".to_owned(),
        detail: "not \"JSON\"".to_owned(),
        transfer: None,
    };
    let terms = |auto_confirm| Terms {
        expires: Timestamp::from_microsecond(1_700_000_900_123_456).unwrap(),
        auto_confirm,
    };
    let back = || reversal("alice", "bob", "12.50", TWO);
    vec![
        Fact::Account(alice.clone(), AccountFact::AccountOpened(usd, Overdraft::NONE)),
        Fact::Account(
            alice.clone(),
            AccountFact::AccountOpened(usd, Overdraft::Unlimited),
        ),
        Fact::Account(alice.clone(), AccountFact::AccountFrozen),
        Fact::Account(alice.clone(), AccountFact::AccountUnfrozen),
        Fact::Account(alice.clone(), AccountFact::AccountClosing),
        Fact::Account(alice.clone(), AccountFact::ClosureAccepted),
        Fact::Account(
            alice.clone(),
            AccountFact::ClosureRefused(Refusal::new(Reason::BalanceNotZero, "alice has 1.00 USD")),
        ),
        Fact::Account(alice.clone(), AccountFact::AccountClosed),
        Fact::Movement(movement(Some("rent, März")), MovementFact::AccountDebited),
        Fact::Request(
            alice.clone(),
            RequestFact::DebitRefused(Some(movement(None)), None, refusal()),
        ),
        Fact::Request(alice.clone(), RequestFact::DebitRefused(None, None, refusal())),
        Fact::Movement(movement(None), MovementFact::DebitReversed(refusal())),
        Fact::Movement(movement(None), MovementFact::AccountCredited),
        Fact::Movement(movement(None), MovementFact::CreditRefused(refusal())),
        Fact::Movement(movement(None), MovementFact::TransferSettled),
        Fact::Request(
            alice.clone(),
            RequestFact::TransferFailed(Some(movement(None)), Failure::Refused, refusal()),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::TransferFailed(None, Failure::Compensated, refusal()),
        ),
        Fact::Request(alice.clone(), RequestFact::RequestRefused(Verb::Open, refusal())),
        Fact::Message(MessageFact::MessageParked(parked(Some(2)))),
        Fact::Message(MessageFact::MessageParked(parked(None))),
        Fact::Movement(
            movement(Some("room 7")),
            MovementFact::FundsReserved(terms(false)),
        ),
        Fact::Movement(movement(None), MovementFact::FundsReserved(terms(true))),
        Fact::Movement(movement(None), MovementFact::CreditPromised(terms(false))),
        Fact::Movement(movement(None), MovementFact::CreditPromised(terms(true))),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::ConfirmationDeferred,
        ),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::AccountDebited,
        ),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::AccountCredited,
        ),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::CreditRefused(refusal()),
        ),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::DebitReversed(refusal()),
        ),
        Fact::Movement(
            part("alice", "bob", "4.00", "12.50"),
            MovementFact::TransferSettled,
        ),
        Fact::Movement(
            movement(None),
            MovementFact::ReservationReleased(
                Failure::Cancelled,
                Refusal::new(Reason::Cancelled, "alice cancelled it"),
            ),
        ),
        Fact::Movement(
            movement(None),
            MovementFact::ReservationReleased(
                Failure::Expired,
                Refusal::new(Reason::Expired, "not confirmed by 2023-11-14T22:28:20Z"),
            ),
        ),
        Fact::Movement(
            movement(None),
            MovementFact::ReservationReleased(Failure::Refused, refusal()),
        ),
        Fact::Request(alice.clone(), RequestFact::ReservationBarred),
        Fact::Movement(back(), MovementFact::ReversalGranted),
        Fact::Request(
            alice.clone(),
            RequestFact::ReversalDenied(Some(back()), refusal()),
        ),
        Fact::Request(alice.clone(), RequestFact::ReversalDenied(None, refusal())),
        Fact::Movement(back(), MovementFact::AccountDebited),
        Fact::Request(
            alice.clone(),
            RequestFact::DebitRefused(Some(back()), None, refusal()),
        ),
        Fact::Movement(back(), MovementFact::AccountCredited),
        Fact::Movement(back(), MovementFact::TransferSettled),
        Fact::Request(
            alice.clone(),
            RequestFact::TransferFailed(Some(movement(None)), Failure::Cancelled, refusal()),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::TransferFailed(None, Failure::Expired, refusal()),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::RequestRefused(
                Verb::Confirm,
                Refusal::new(Reason::Expired, "the reservation is expired already"),
            ),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::RequestRefused(
                Verb::Reverse,
                Refusal::new(
                    Reason::IdReused,
                    "the id was used for another reversal: use a new id",
                ),
            ),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::RequestRecalled(Verb::Transfer, Some(movement(Some("rent"))), None),
        ),
        Fact::Request(
            alice.clone(),
            RequestFact::RequestRecalled(Verb::Freeze, None, None),
        ),
        Fact::Message(MessageFact::MessageParked(Parked {
            transfer: Some(TransferId(Uuid::from_u128(
                0x0190_0000_0000_7000_8000_0000_0000_0002,
            ))),
            ..parked(Some(2))
        })),
        Fact::Message(MessageFact::MessageResolved(resolved(Resolution::Retried))),
        Fact::Message(MessageFact::MessageResolved(resolved(Resolution::Replaced(12)))),
        Fact::Message(MessageFact::MessageResolved(resolved(Resolution::Discarded(
            "said twice".to_owned(),
        )))),
        Fact::Request(alice, RequestFact::RequestRecalled(Verb::Confirm, None, Some(19))),
    ]
}

pub(super) fn resolved(how: Resolution) -> Resolved {
    Resolved {
        place: LogPlace::element(7, 2),
        how,
        instruction: 19,
    }
}

pub(super) fn placed(fact: Fact) -> event::Event {
    let id = EventId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::started_by(id),
    };
    let source = Source {
        service: Service::Debit,
        shard: Shard(1),
    };
    let origin = Origin {
        source,
        place: LogPlace::element(17, 2),
        time: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
        work_us: 250,
    };
    Event::new(fact, cause, origin)
}

pub(super) fn movement(memo: Option<&str>) -> Movement {
    Movement {
        memo: memo.map(str::to_owned),
        ..testing::movement("alice", "bob", "12.50")
    }
}

pub(super) fn context(verb: Verb, account: Option<&AccountId>) -> Context<'_> {
    Context {
        verb,
        account,
        traceparent: None,
        event_id: None,
    }
}
