//! The stories of every kind of flow and outcome.

mod reservations;

use serde_json::{Value, json};
use wallet_contract::event::Failure::Refused;
use wallet_contract::event::{AccountFact, Fact, MovementFact, Overdraft, RequestFact};
use wallet_contract::reason::Reason;
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{ONE, TWO, name, reversal};
use wallet_view::flow::Flow;
use wallet_view::story;

use crate::stage::{FlowBuilder, at, compensated, paid, refusal, settled};

const AS_IT_IS: fn(&mut Value) = |_| {};

#[track_caller]
fn check(flow: &Flow, expected: &[&str]) {
    assert_eq!(story::of(flow), expected);
}

#[test]
fn a_settled_payment() {
    check(
        &settled().flow("settled", AS_IT_IS),
        &[
            "alice paid 12.50 USD to bob at 2026-01-31 12:00:00 UTC; bob received it 4.00 ms later, and it was settled after 5.50 ms.",
        ],
    );
    check(
        &settled().flow("settled", |flow| flow["payer"] = json!("@world")),
        &[
            "12.50 USD was deposited to bob at 2026-01-31 12:00:00 UTC; bob received it 4.00 ms later, and it was \
             settled after 5.50 ms.",
        ],
    );
    check(
        &settled().flow("settled", |flow| flow["payee"] = json!("@world")),
        &["alice withdrew 12.50 USD at 2026-01-31 12:00:00 UTC; it was settled after 5.50 ms."],
    );
}

#[test]
fn a_reversed_payment() {
    let back = json!([
        { "transfer": TWO, "payer": "bob", "amount": "1.50", "status": "settled" },
        { "transfer": TWO, "payer": "bob", "amount": "9.50", "status": "refused" },
    ]);
    check(
        &settled().flow("settled", |flow| flow["reversed_by"] = back),
        &[
            "alice paid 12.50 USD to bob at 2026-01-31 12:00:00 UTC; bob received it 4.00 ms later, and it was settled after 5.50 ms.",
            "bob gave back 1.50 USD of it later.",
        ],
    );
    let movement = || reversal("alice", "bob", "12.50", TWO);
    let body = json!({ "id": ONE, "to": "bob", "amount": "12.50", "currency": "USD", "reverses": TWO });
    let reversal = || {
        FlowBuilder::default()
            .request("reverse", &body)
            .event(
                Service::Credit,
                1,
                Fact::Movement(movement(), MovementFact::ReversalGranted),
            )
            .event(
                Service::Debit,
                2,
                Fact::Movement(movement(), MovementFact::AccountDebited),
            )
            .event(
                Service::Credit,
                3,
                Fact::Movement(movement(), MovementFact::AccountCredited),
            )
            .event(
                Service::Ledger,
                4,
                Fact::Movement(movement(), MovementFact::TransferSettled),
            )
    };
    check(
        &reversal().flow("settled", |flow| flow["reverses"] = json!(TWO)),
        &[
            "alice gave back 12.50 USD to bob at 2026-01-31 12:00:00 UTC; bob received it 6.00 ms later, and it was \
             settled after 7.50 ms.",
            "It gives back transfer 01900000-0000-7000-8000-000000000002.",
        ],
    );
    let more = || refusal(Reason::ExceedsTransfer, "1.00 USD of 12.50 USD is left");
    let denied = FlowBuilder::default()
        .request("reverse", &body)
        .event(
            Service::Credit,
            1,
            Fact::Request(
                name("alice"),
                RequestFact::ReversalDenied(Some(movement()), more()),
            ),
        )
        .event(
            Service::Debit,
            2,
            Fact::Request(
                name("alice"),
                RequestFact::DebitRefused(Some(movement()), None, more()),
            ),
        )
        .event(
            Service::Ledger,
            3,
            Fact::Request(
                name("alice"),
                RequestFact::TransferFailed(Some(movement()), Refused, more()),
            ),
        );
    check(
        &denied.flow("refused", AS_IT_IS),
        &[
            "alice wanted to give back 12.50 USD to bob at 2026-01-31 12:00:00 UTC.",
            "That was refused after 5.50 ms: 1.00 USD of 12.50 USD is left. No money moved.",
        ],
    );
}

#[test]
fn a_refused_payment() {
    let short = || {
        refusal(
            Reason::InsufficientFunds,
            "3.00 USD available, 12.50 USD requested",
        )
    };
    let refused = || {
        FlowBuilder::default()
            .pay_request()
            .event(
                Service::Debit,
                1,
                Fact::Request(
                    name("alice"),
                    RequestFact::DebitRefused(Some(paid()), None, short()),
                ),
            )
            .event(
                Service::Ledger,
                2,
                Fact::Request(
                    name("alice"),
                    RequestFact::TransferFailed(Some(paid()), Refused, short()),
                ),
            )
    };
    check(
        &refused().flow("refused", AS_IT_IS),
        &[
            "alice wanted to pay 12.50 USD to bob at 2026-01-31 12:00:00 UTC.",
            "That was refused after 3.50 ms: 3.00 USD available, 12.50 USD requested. No money moved.",
        ],
    );
    let no_movement = |flow: &mut Value| {
        for field in ["payee", "amount", "currency"] {
            flow[field] = Value::Null;
        }
    };
    check(
        &refused().flow("refused", no_movement),
        &[
            "alice asked to transfer at 2026-01-31 12:00:00 UTC.",
            "That was refused after 3.50 ms: 3.00 USD available, 12.50 USD requested. No money moved.",
        ],
    );
}

#[test]
fn a_compensated_payment() {
    check(
        &compensated().flow("compensated", AS_IT_IS),
        &[
            "alice paid 12.50 USD to bob at 2026-01-31 12:00:00 UTC.",
            "bob is frozen, so the credit was refused, and alice got the money back 6.00 ms later.",
        ],
    );
}

#[test]
fn a_running_flow() {
    let debited = || {
        FlowBuilder::default().pay_request().event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::AccountDebited),
        )
    };
    let began = "alice is paying 12.50 USD to bob, since 2026-01-31 12:00:00 UTC; the money has left alice and is in transit.";
    check(&debited().flow("running", AS_IT_IS), &[began]);
    let mut flow = debited().flow("running", AS_IT_IS);
    flow.expected = wallet_view::expected::of(&flow, wallet_contract::shard::Shards::new(1).unwrap());
    check(
        &flow,
        &[
            began,
            "It waits: credit-svc of shard 0 has not reacted to account.debited, since 2026-01-31 12:00:00 UTC.",
        ],
    );
    let parked = json!([{ "service": "credit-svc", "shard": 0, "sequence": 18, "detail": "unknown type", "since": at(2_000) }]);
    let parked = debited().flow("running", |flow| flow["parked"] = parked);
    assert_eq!(parked.display_status(), "parked");
    check(
        &parked,
        &[
            began,
            "It is parked: credit-svc has parked message 18 of WALLET_0: unknown type.",
        ],
    );
    let stuck = json!({ "since": at(60_000_000), "waits_for": {
        "service": "credit-svc", "shard": 0, "after": "wallet.account.debited.v1", "events": [] } });
    check(
        &debited().flow("running", |flow| flow["stuck"] = stuck),
        &[
            began,
            "It is stuck: credit-svc of shard 0 has not reacted to account.debited, since 2026-01-31 12:01:00 UTC.",
        ],
    );
    let withheld = json!({ "since": at(60_000_000), "waits_for": {
        "service": "debit-svc", "shard": 0, "after": "wallet.account.debited.v1", "events": [], "cannot": "publish to shard 1: it is sealed" } });
    check(
        &debited().flow("running", |flow| flow["stuck"] = withheld),
        &[
            began,
            "It is stuck: debit-svc of shard 0 cannot publish to shard 1: it is sealed, since 2026-01-31 12:01:00 UTC.",
        ],
    );
    let mut flow = debited().flow("running", AS_IT_IS);
    flow.expected = wallet_view::expected::of(&flow, wallet_contract::shard::Shards::new(1).unwrap());
    let mut withheld = flow.expected[0].clone();
    withheld.waits_for_publisher(&flow, "publish to shard 1: it is sealed".to_owned());
    flow.expected = vec![withheld];
    check(
        &flow,
        &[
            began,
            "It waits: debit-svc of shard 0 cannot publish to shard 1: it is sealed, since 2026-01-31 12:00:00 UTC.",
        ],
    );
}

#[test]
fn a_reused_id() {
    let reused = refusal(Reason::IdReused, "amount was 12.50, now 13.00");
    let again = settled()
        .request(
            "transfer",
            &json!({ "id": ONE, "to": "bob", "amount": "13.00", "currency": "USD" }),
        )
        .event(
            Service::Debit,
            5,
            Fact::Request(name("alice"), RequestFact::RequestRefused(Verb::Transfer, reused)),
        );
    check(
        &again.flow("settled", AS_IT_IS),
        &[
            "alice paid 12.50 USD to bob at 2026-01-31 12:00:00 UTC; bob received it 4.00 ms later, and it was settled after 5.50 ms.",
            "At 2026-01-31 12:00:00 UTC a transfer of 13.00 USD to bob arrived under the same id; it was refused and \
             changed nothing: amount was 12.50, now 13.00.",
        ],
    );
}

#[test]
fn an_operators_request() {
    let of = |verb: &str, fact: Fact, status: &str| {
        let operator = |flow: &mut Value| {
            flow["payee"] = Value::Null;
            flow["amount"] = Value::Null;
            if verb != "open" {
                flow["currency"] = Value::Null;
            }
        };
        FlowBuilder::default()
            .request(verb, &json!({ "id": ONE, "currency": "USD" }))
            .event(Service::Credit, 1, fact)
            .flow(status, operator)
    };
    let opened = Fact::Account(
        name("alice"),
        AccountFact::AccountOpened(paid().money.currency, Overdraft::NONE),
    );
    check(
        &of("open", opened, "done"),
        &["alice was opened in USD: requested at 2026-01-31 12:00:00 UTC, done after 1.50 ms."],
    );
    check(
        &of(
            "freeze",
            Fact::Account(name("alice"), AccountFact::AccountFrozen),
            "done",
        ),
        &["alice was frozen: requested at 2026-01-31 12:00:00 UTC, done after 1.50 ms."],
    );
    check(
        &of(
            "close",
            Fact::Account(name("alice"), AccountFact::AccountClosing),
            "running",
        ),
        &["alice is being closed, since 2026-01-31 12:00:00 UTC."],
    );
    let busy = refusal(Reason::BalanceNotZero, "alice has 1.00 USD available");
    check(
        &of(
            "close",
            Fact::Account(name("alice"), AccountFact::ClosureRefused(busy)),
            "refused",
        ),
        &[
            "alice was not closed: requested at 2026-01-31 12:00:00 UTC, refused after 1.50 ms: alice has 1.00 USD available.",
        ],
    );
}

#[test]
fn foreign_text_can_not_rewrite_a_terminal() {
    let sentences = story::of(&settled().flow("settled", |flow| flow["payee"] = json!("b\u{1b}[2Job")));
    assert!(!sentences[0].contains('\u{1b}'), "{sentences:?}");
}
