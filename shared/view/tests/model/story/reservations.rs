//! The stories of two-phase transfers.

use super::{AS_IT_IS, check};
use crate::stage::{FlowBuilder, paid, refusal, reserved};
use serde_json::{Value, json};
use wallet_contract::event::Failure::{Cancelled, Expired, Refused};
use wallet_contract::event::{Fact, MovementFact, RequestFact};
use wallet_contract::reason::Reason;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{ONE, name, part};

#[test]
fn the_ends_of_a_reservation() {
    let began = "alice reserved 12.50 USD for bob at 2026-01-31 12:00:00 UTC.";
    check(
        &reserved(false).flow("reserved", AS_IT_IS),
        &[
            began,
            "The money is held and promised to bob. It waits for alice to confirm or cancel; otherwise it is released at \
             2026-01-31 13:00:00 UTC.",
        ],
    );
    let confirm = json!({ "id": ONE, "amount": "5.00", "currency": "USD" });
    let moved = || part("alice", "bob", "5.00", "12.50");
    let confirmed = reserved(false)
        .request("confirm", &confirm)
        .event(
            Service::Debit,
            4,
            Fact::Movement(moved(), MovementFact::AccountDebited),
        )
        .event(
            Service::Credit,
            5,
            Fact::Movement(moved(), MovementFact::AccountCredited),
        )
        .event(
            Service::Ledger,
            6,
            Fact::Movement(moved(), MovementFact::TransferSettled),
        );
    check(
        &confirmed.flow("settled", |flow| {
            (flow["captured"], flow["released"]) = (json!("5.00"), json!("7.50"));
        }),
        &[
            began,
            "It was held for 2.00 ms, until alice confirmed it: 5.00 of 12.50 USD went to bob, and 7.50 USD was \
             available to alice again at once. It was settled after 9.50 ms, not counting the time for which it was \
             held.",
        ],
    );
    let all = || part("alice", "bob", "12.50", "12.50");
    let confirmed = reserved(true)
        .event(
            Service::Debit,
            3,
            Fact::Movement(all(), MovementFact::AccountDebited),
        )
        .event(
            Service::Credit,
            4,
            Fact::Movement(all(), MovementFact::AccountCredited),
        )
        .event(
            Service::Ledger,
            5,
            Fact::Movement(all(), MovementFact::TransferSettled),
        );
    check(
        &confirmed.flow("settled", AS_IT_IS),
        &[
            began,
            "It was confirmed automatically when bob's side promised it: all of it went to bob. It was settled after 9.50 ms.",
        ],
    );
}

#[test]
fn a_failed_reservation() {
    let began = "alice reserved 12.50 USD for bob at 2026-01-31 12:00:00 UTC.";
    let by_payer = || refusal(Reason::Cancelled, "alice cancelled it");
    let cancelled = reserved(false)
        .request("cancel", &json!({ "id": ONE }))
        .event(
            Service::Debit,
            4,
            Fact::Movement(paid(), MovementFact::ReservationReleased(Cancelled, by_payer())),
        )
        .event(
            Service::Ledger,
            5,
            Fact::Request(
                name("alice"),
                RequestFact::TransferFailed(Some(paid()), Cancelled, by_payer()),
            ),
        );
    check(
        &cancelled.flow("cancelled", AS_IT_IS),
        &[
            began,
            "It was held for 2.00 ms, until alice cancelled it, and all of it was available to alice again.",
        ],
    );
    let late = || refusal(Reason::Expired, "not confirmed in time");
    let expired = reserved(false)
        .event(
            Service::Debit,
            2,
            Fact::Movement(paid(), MovementFact::ReservationReleased(Expired, late())),
        )
        .event(
            Service::Ledger,
            4,
            Fact::Request(
                name("alice"),
                RequestFact::TransferFailed(Some(paid()), Expired, late()),
            ),
        );
    check(
        &expired.flow("expired", AS_IT_IS),
        &[
            began,
            "It was held for 1.20 ms and was not confirmed in time, so it was released, and all of it was available to alice again.",
        ],
    );
    let frozen = || refusal(Reason::AccountFrozen, "bob is frozen");
    let declined = FlowBuilder::default()
        .reserve_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::FundsReserved(crate::stage::terms(false))),
        )
        .event(
            Service::Credit,
            2,
            Fact::Movement(paid(), MovementFact::CreditRefused(frozen())),
        )
        .event(
            Service::Debit,
            3,
            Fact::Movement(paid(), MovementFact::ReservationReleased(Refused, frozen())),
        )
        .event(
            Service::Ledger,
            4,
            Fact::Request(
                name("alice"),
                RequestFact::TransferFailed(Some(paid()), Refused, frozen()),
            ),
        );
    check(
        &declined.flow("refused", AS_IT_IS),
        &[
            began,
            "bob is frozen, so bob's side declined it, and the money was available to alice again 6.00 ms later.",
        ],
    );
}

#[test]
fn a_cancel_before_its_reserve() {
    let by_payer = || refusal(Reason::Cancelled, "alice cancelled it");
    let late = || refusal(Reason::Cancelled, "it was cancelled before it came");
    let barred = FlowBuilder::default()
        .request("cancel", &json!({ "id": ONE }))
        .event(
            Service::Debit,
            1,
            Fact::Request(name("alice"), RequestFact::ReservationBarred),
        )
        .event(
            Service::Ledger,
            2,
            Fact::Request(
                name("alice"),
                RequestFact::TransferFailed(None, Cancelled, by_payer()),
            ),
        )
        .request(
            "reserve",
            &json!({ "id": ONE, "to": "bob", "amount": "9.00", "currency": "USD" }),
        )
        .event(
            Service::Debit,
            4,
            Fact::Request(name("alice"), RequestFact::RequestRefused(Verb::Reserve, late())),
        );
    let no_movement = |flow: &mut Value| {
        for field in ["payee", "amount", "currency"] {
            flow[field] = Value::Null;
        }
    };
    check(
        &barred.flow("cancelled", no_movement),
        &[
            "alice cancelled a reservation at 2026-01-31 12:00:00 UTC, before it arrived; a later reserve is refused.",
            "At 2026-01-31 12:00:00 UTC a reserve of 9.00 USD to bob arrived under the same id; it was refused and changed nothing: \
             it was cancelled before it came.",
        ],
    );
}
