//! What each decision reveals about the request that it answers.

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::event::{
    AccountFact, Cause, Event, Fact, Failure, Movement, MovementFact, Origin, Overdraft, RequestFact, Source,
    Terms,
};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::recall::recalled;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{movement, name, part, reversal};
use wallet_contract::trace::TraceId;

const REQUEST: EventId = EventId(Uuid::from_u128(0x0190_0000_0000_8000_8000_0000_0000_0001));

fn decided(fact: Fact) -> Event {
    let cause = Cause {
        id: REQUEST,
        transfer: TransferId(Uuid::from_u128(7)),
        trace: TraceId::started_by(REQUEST),
    };
    let source = Source {
        service: Service::Debit,
        shard: Shard(0),
    };
    let origin = Origin {
        source,
        place: LogPlace::START,
        time: Timestamp::UNIX_EPOCH,
        work_us: 0,
    };
    Event::new(fact, cause, origin)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of facts")]
fn a_request_can_be_recalled_from_its_decision() {
    let check = |fact: Fact, expected: Option<(&str, Verb, Option<Movement>)>| {
        let decision = decided(fact);
        let recalled_event = recalled(&decision);
        let fact = recalled_event.as_ref().map(|event| event.fact.clone());
        let wanted = expected.map(|(account, verb, movement)| {
            Fact::Request(name(account), RequestFact::RequestRecalled(verb, movement, None))
        });
        assert_eq!(fact, wanted, "{decision:?}");
        // It has the request's own id, so that the decision has its cause again; all else is the flow's.
        let flow = |event: &Event| (event.transfer, event.trace);
        assert!(recalled_event.is_none_or(|event| event.id == REQUEST && flow(&event) == flow(&decision)));
    };
    let paid = || movement("alice", "bob", "12.50");
    let refusal = |reason| Refusal::new(reason, "why");
    let short = || refusal(Reason::InsufficientFunds);
    let terms = || Terms {
        expires: Timestamp::UNIX_EPOCH,
        auto_confirm: false,
    };
    let alice = |verb, movement| Some(("alice", verb, movement));
    let usd: Currency = "USD".parse().expect("a currency");

    check(
        Fact::Account(name("alice"), AccountFact::AccountOpened(usd, Overdraft::NONE)),
        alice(Verb::Open, None),
    );
    check(
        Fact::Account(name("alice"), AccountFact::AccountFrozen),
        alice(Verb::Freeze, None),
    );
    check(
        Fact::Account(name("alice"), AccountFact::AccountUnfrozen),
        alice(Verb::Unfreeze, None),
    );
    check(
        Fact::Account(name("alice"), AccountFact::AccountClosing),
        alice(Verb::Close, None),
    );
    check(
        Fact::Movement(paid(), MovementFact::AccountDebited),
        alice(Verb::Transfer, Some(paid())),
    );
    let some = || part("alice", "bob", "4.00", "12.50");
    check(
        Fact::Movement(some(), MovementFact::AccountDebited),
        alice(Verb::Confirm, Some(some())),
    );
    check(
        Fact::Movement(paid(), MovementFact::FundsReserved(terms())),
        alice(Verb::Reserve, Some(paid())),
    );
    check(
        Fact::Movement(some(), MovementFact::ConfirmationDeferred),
        alice(Verb::Confirm, Some(some())),
    );
    check(
        Fact::Movement(
            paid(),
            MovementFact::ReservationReleased(Failure::Cancelled, short()),
        ),
        alice(Verb::Cancel, Some(paid())),
    );
    check(
        Fact::Request(name("alice"), RequestFact::ReservationBarred),
        alice(Verb::Cancel, None),
    );
    check(
        Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(Some(paid()), None, short()),
        ),
        alice(Verb::Transfer, Some(paid())),
    );
    check(
        Fact::Request(name("alice"), RequestFact::DebitRefused(None, None, short())),
        alice(Verb::Transfer, None),
    );
    check(
        Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(None, None, refusal(Reason::NoReservation)),
        ),
        alice(Verb::Confirm, None),
    );
    check(
        Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(Some(paid()), Some(Box::new(terms())), short()),
        ),
        alice(Verb::Reserve, Some(paid())),
    );
    let back = || reversal("bob", "alice", "12.50", "01900000-0000-7000-8000-000000000009");
    check(
        Fact::Movement(back(), MovementFact::ReversalGranted),
        Some(("bob", Verb::Reverse, Some(back()))),
    );
    check(
        Fact::Request(name("bob"), RequestFact::ReversalDenied(None, short())),
        Some(("bob", Verb::Reverse, None)),
    );
    check(
        Fact::Request(name("alice"), RequestFact::RequestRefused(Verb::Cancel, short())),
        alice(Verb::Cancel, None),
    );

    // These answer events, not requests.
    check(Fact::Movement(back(), MovementFact::AccountDebited), None);
    check(Fact::Movement(paid(), MovementFact::AccountCredited), None);
    check(Fact::Movement(paid(), MovementFact::CreditRefused(short())), None);
    check(
        Fact::Movement(paid(), MovementFact::CreditPromised(terms())),
        None,
    );
    check(Fact::Movement(paid(), MovementFact::DebitReversed(short())), None);
    check(Fact::Account(name("alice"), AccountFact::ClosureAccepted), None);
    check(
        Fact::Account(name("alice"), AccountFact::ClosureRefused(short())),
        None,
    );
    check(Fact::Account(name("alice"), AccountFact::AccountClosed), None);
    check(Fact::Movement(paid(), MovementFact::TransferSettled), None);
    check(
        Fact::Request(
            name("alice"),
            RequestFact::TransferFailed(Some(paid()), Failure::Refused, short()),
        ),
        None,
    );
}
