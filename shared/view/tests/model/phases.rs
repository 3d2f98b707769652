//! The cells of the phase table that a flow goes through.

use serde_json::json;
use wallet_contract::event::Failure::{Cancelled, Expired, Refused};
use wallet_contract::event::{Fact, MovementFact, RequestFact};
use wallet_contract::reason::Reason;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{ONE, name, part};
use wallet_view::{phases, steps};

use crate::stage::{FlowBuilder, compensated, paid, refusal, reserved, settled};

#[track_caller]
fn check(builder: FlowBuilder, status: &str, expected: &[&str]) {
    let flow = builder.flow(status, |_| {});
    let word = |phase: Option<wallet_kernel::Phase>| phase.map_or("unknown", wallet_kernel::Phase::word);
    let visits = phases::of(&flow, &steps::of(&flow));
    let cells = visits.iter().map(|visit| {
        format!(
            "{} + {} = {}",
            word(visit.before),
            visit.signal.word(),
            word(visit.after)
        )
    });
    assert_eq!(cells.collect::<Vec<_>>(), expected);
}

#[test]
fn one_phase() {
    check(
        FlowBuilder::default().pay_request(),
        "running",
        &["unknown + transfer = unknown"],
    );
    check(
        settled(),
        "settled",
        &["unknown + transfer = debited", "debited + credited = credited"],
    );
    check(
        compensated(),
        "compensated",
        &[
            "unknown + transfer = debited",
            "debited + credit refused = reversed",
        ],
    );
    let short = refusal(Reason::InsufficientFunds, "too little");
    let refused = FlowBuilder::default().pay_request().event(
        Service::Debit,
        1,
        Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(Some(paid()), None, short),
        ),
    );
    check(refused, "refused", &["unknown + transfer = refused"]);
    let reused = refusal(Reason::IdReused, "another amount");
    let again = settled().pay_request().event(
        Service::Debit,
        5,
        Fact::Request(name("alice"), RequestFact::RequestRefused(Verb::Transfer, reused)),
    );
    check(
        again,
        "settled",
        &[
            "unknown + transfer = debited",
            "debited + credited = credited",
            "credited + transfer = credited",
        ],
    );
}

#[test]
fn two_phases() {
    let promised = [
        "unknown + reserve = reserved",
        "reserved + credit promised = promised",
    ];
    let with = |more: &[&'static str]| [&promised[..], more].concat();
    check(reserved(false), "reserved", &promised);
    let all = || part("alice", "bob", "12.50", "12.50");
    let confirmed = reserved(false)
        .request("confirm", &json!({ "id": ONE }))
        .event(
            Service::Debit,
            4,
            Fact::Movement(all(), MovementFact::AccountDebited),
        )
        .event(
            Service::Credit,
            5,
            Fact::Movement(all(), MovementFact::AccountCredited),
        );
    check(
        confirmed,
        "settled",
        &with(&[
            "promised + confirm = confirmed",
            "confirmed + credited = completed",
        ]),
    );
    let auto = reserved(true).event(
        Service::Debit,
        3,
        Fact::Movement(all(), MovementFact::AccountDebited),
    );
    check(
        auto,
        "running",
        &[
            "unknown + reserve = reserved",
            "reserved + credit promised = confirmed",
        ],
    );
    let by_payer = refusal(Reason::Cancelled, "cancelled");
    let cancelled = reserved(false).request("cancel", &json!({ "id": ONE })).event(
        Service::Debit,
        4,
        Fact::Movement(paid(), MovementFact::ReservationReleased(Cancelled, by_payer)),
    );
    check(cancelled, "cancelled", &with(&["promised + cancel = cancelled"]));
    let late = refusal(Reason::Expired, "late");
    let expired = reserved(false).event(
        Service::Debit,
        2,
        Fact::Movement(paid(), MovementFact::ReservationReleased(Expired, late)),
    );
    check(expired, "expired", &with(&["promised + due = expired"]));
}

#[test]
fn a_confirm_that_overtakes_the_promise() {
    let all = || part("alice", "bob", "12.50", "12.50");
    // The log holds the promise before debit-svc's decision on the confirm, which it made before it heard of the promise.
    let builder = FlowBuilder::default()
        .reserve_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::FundsReserved(crate::stage::terms(false))),
        )
        .request("confirm", &json!({ "id": ONE }))
        .event(
            Service::Credit,
            2,
            Fact::Movement(paid(), MovementFact::CreditPromised(crate::stage::terms(false))),
        )
        .event(
            Service::Debit,
            3,
            Fact::Movement(all(), MovementFact::ConfirmationDeferred),
        )
        .event(
            Service::Debit,
            4,
            Fact::Movement(all(), MovementFact::AccountDebited),
        );
    check(
        builder,
        "running",
        &[
            "unknown + reserve = reserved",
            "reserved + confirm = confirming",
            "confirming + credit promised = confirmed",
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
        );
    check(
        declined,
        "refused",
        &[
            "unknown + reserve = reserved",
            "reserved + credit refused = declined",
        ],
    );
}
