//! The drawing of each kind of flow.

use serde_json::{Value, json};
use wallet_contract::event::{Fact, Failure, Movement, MovementFact, RequestFact, Terms};
use wallet_contract::money::Money;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::Service;

use super::{ID, check, event, flow, movement, request, time};

#[test]
fn a_settled_transfer_across_shards() {
    let events = vec![
        request(1, 0, &json!({})),
        event(
            2,
            1,
            (Service::Debit, 0),
            (1_200, 1_610, 2_310),
            Fact::Movement(movement(), MovementFact::AccountDebited),
        ),
        event(
            3,
            2,
            (Service::Credit, 1),
            (1_100, 4_010, 4_900),
            Fact::Movement(movement(), MovementFact::AccountCredited),
        ),
        event(
            4,
            3,
            (Service::Ledger, 0),
            (900, 7_500, 8_300),
            Fact::Movement(movement(), MovementFact::TransferSettled),
        ),
    ];
    check(&flow("settled", None, Some(7_500), &events), SETTLED);
}

const SETTLED: &str = "\
alice paid 12.50 USD to bob; settled in 7.50 ms

transfer  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   trace  0190b1c47a2e8c3d9f005a3c1e8b2d4f
memo      lunch

      ms  client debit  credit ledger what happened                  wait  work publish  log
    0.00  ●                           transfer requested                                 0:17
    2.31  ╰─────▶●                    account debited                0.41  1.20    0.70  0:18
    4.90         ╰─────▶●             account credited on shard 1    0.60  1.10    0.89  0:19
    8.30                ╰─────▶✓      transfer settled               1.70  0.90    0.80  0:20

    8.30  until the end was in the log                               2.71  3.20    2.39";

#[test]
fn a_refused_transfer() {
    let refusal = Refusal::new(
        Reason::InsufficientFunds,
        "alice has 3.00 USD available, and 12.50 USD was asked for",
    );
    let failed = Fact::Request(
        movement().payer,
        RequestFact::TransferFailed(Some(movement()), Failure::Refused, refusal.clone()),
    );
    let events = vec![
        request(1, 0, &json!({})),
        event(
            2,
            1,
            (Service::Debit, 0),
            (1_200, 1_610, 2_310),
            Fact::Request(
                movement().payer,
                RequestFact::DebitRefused(Some(movement()), None, refusal.clone()),
            ),
        ),
        event(3, 2, (Service::Ledger, 0), (900, 4_500, 5_300), failed),
    ];
    check(&flow("refused", Some(&refusal), Some(4_500), &events), REFUSED);
}

const REFUSED: &str = "\
alice did not pay 12.50 USD to bob; refused after 4.50 ms: insufficient_funds

transfer  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   trace  0190b1c47a2e8c3d9f005a3c1e8b2d4f
memo      lunch

      ms  client debit  credit ledger what happened                  wait  work publish  log
    0.00  ●                           transfer requested                                 0:17
    2.31  ╰─────▶✗                    debit refused                  0.41  1.20    0.70  0:18
                 │                    insufficient_funds: alice has 3.00 USD available, and 12.50
                 │                    USD was asked for
    5.30         ╰────────────▶✗      transfer failed: refused       1.29  0.90    0.80  0:19

    5.30  until the end was in the log                               1.70  2.10    1.50";

#[test]
fn a_compensated_transfer() {
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let failed = Fact::Request(
        movement().payer,
        RequestFact::TransferFailed(Some(movement()), Failure::Compensated, refusal.clone()),
    );
    let events = vec![
        request(1, 0, &json!({})),
        event(
            2,
            1,
            (Service::Debit, 0),
            (1_200, 1_610, 2_310),
            Fact::Movement(movement(), MovementFact::AccountDebited),
        ),
        event(
            3,
            2,
            (Service::Credit, 1),
            (1_100, 4_010, 4_900),
            Fact::Movement(movement(), MovementFact::CreditRefused(refusal.clone())),
        ),
        event(
            4,
            3,
            (Service::Debit, 0),
            (1_000, 6_000, 6_500),
            Fact::Movement(movement(), MovementFact::DebitReversed(refusal.clone())),
        ),
        event(5, 4, (Service::Ledger, 0), (900, 7_500, 8_300), failed),
    ];
    check(
        &flow("compensated", Some(&refusal), Some(7_500), &events),
        COMPENSATED,
    );
}

const COMPENSATED: &str = "\
alice paid 12.50 USD to bob and got it back; compensated after 7.50 ms: account_frozen

transfer  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   trace  0190b1c47a2e8c3d9f005a3c1e8b2d4f
memo      lunch

      ms  client debit  credit ledger what happened                  wait  work publish  log
    0.00  ●                           transfer requested                                 0:17
    2.31  ╰─────▶●                    account debited                0.41  1.20    0.70  0:18
    4.90         ╰─────▶✗             credit refused on shard 1      0.60  1.10    0.89  0:19
                        │             account_frozen: bob is frozen
    6.50         ↺◀─────╯             debit reversed                 0.10  1.00    0.50  0:20
                 │                    12.50 USD goes back to alice
    8.30         ╰────────────▶✗      transfer failed: compensated   0.10  0.90    0.80  0:21

    8.30  until the end was in the log                               1.21  4.20    2.89";

#[test]
fn a_reused_id() {
    let refusal = Refusal::new(Reason::IdReused, "amount was 12.50, now 13.00");
    let again = json!({ "id": ID, "to": "bob", "amount": "13.00", "currency": "USD" });
    let refused = Fact::Request(
        movement().payer,
        RequestFact::RequestRefused(wallet_contract::subject::Verb::Transfer, refusal),
    );
    let events = vec![
        request(1, 0, &json!({})),
        // Decided before its cause was stored: clocks differ, and no negative time is shown.
        event(
            2,
            1,
            (Service::Debit, 0),
            (200, 100, 50),
            Fact::Movement(movement(), MovementFact::AccountDebited),
        ),
        request(3, 900_000, &again),
        event(4, 3, (Service::Debit, 0), (1_200, 901_610, 902_310), refused),
    ];
    check(&flow("running", None, None, &events), REUSED);
}

const REUSED: &str = "\
alice is paying 12.50 USD to bob; still running, last heard after 0.05 ms

transfer  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   trace  0190b1c47a2e8c3d9f005a3c1e8b2d4f
memo      lunch

      ms  client debit  credit ledger what happened                  wait  work publish  log
    0.00  ●                           transfer requested                                 0:17
    0.05  ╰─────▶●                    account debited                0.00  0.20    0.00  0:18

  900.00  ●                           transfer requested again                           0:19
          │                           different content: 13.00 USD to bob
  902.31  ╰─────▶✗                    request refused                0.41  1.20    0.70  0:20
                                      id_reused: amount was 12.50, now 13.00

    0.05  so far                                                     0.00  0.20    0.00";

#[test]
fn a_reservation_that_waited_for_its_payer() {
    let held = |captured: &str| Movement {
        money: Money::parse(captured, "USD".parse().unwrap()).unwrap(),
        reserved: Some(movement().money.amount),
        ..movement()
    };
    let terms = Terms {
        expires: time(3_600_000_000).parse().unwrap(),
        auto_confirm: false,
    };
    let ask = |number, verb: &str, at_us, body: &Value| {
        let mut asked = request(number, at_us, body);
        asked["type"] = json!(format!("wallet.{verb}.requested.v1"));
        asked
    };
    let reserve = json!({ "id": ID, "to": "bob", "amount": "12.50", "currency": "USD" });
    let confirm = json!({ "id": ID, "amount": "5.00", "currency": "USD" });
    let later = 2_400_000_000;
    let events = vec![
        ask(1, "reserve", 0, &reserve),
        event(
            2,
            1,
            (Service::Debit, 0),
            (1_200, 1_610, 2_310),
            Fact::Movement(movement(), MovementFact::FundsReserved(terms)),
        ),
        event(
            3,
            2,
            (Service::Credit, 1),
            (1_100, 4_010, 4_900),
            Fact::Movement(movement(), MovementFact::CreditPromised(terms)),
        ),
        ask(4, "confirm", later, &confirm),
        event(
            5,
            4,
            (Service::Debit, 0),
            (1_000, later + 1_500, later + 2_000),
            Fact::Movement(held("5.00"), MovementFact::AccountDebited),
        ),
        event(
            6,
            5,
            (Service::Credit, 1),
            (1_000, later + 3_500, later + 4_000),
            Fact::Movement(held("5.00"), MovementFact::AccountCredited),
        ),
        event(
            7,
            6,
            (Service::Ledger, 0),
            (900, later + 5_500, later + 6_300),
            Fact::Movement(held("5.00"), MovementFact::TransferSettled),
        ),
    ];
    let mut flow = flow("settled", None, Some(later + 5_500), &events);
    (flow.verb, flow.memo) = ("reserve".to_owned(), None);
    (flow.captured, flow.released) = (Some("5.00".to_owned()), Some("7.50".to_owned()));
    check(&flow, HELD);
}

const HELD: &str = "\
alice paid 5.00 of 12.50 USD reserved for bob; settled in 10.4 ms, held for 39 min 59 s

transfer  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f   trace  0190b1c47a2e8c3d9f005a3c1e8b2d4f

      ms  client debit  credit ledger what happened                  wait  work publish  log
    0.00  ●                           reserve requested                                  0:17
    2.31  ╰─────▶●                    funds reserved                 0.41  1.20    0.70  0:18
                 │                    12.50 USD held for bob until 2026-01-31 13:00:00 UTC
    4.90         ╰─────▶●             credit promised on shard 1     0.60  1.10    0.89  0:19

 2400000  ●                           confirm requested                                  0:20
          │                           held for 39 min 59 s until then
          │                           5.00 USD of it
 2400002  ╰─────▶●                    account debited                0.50  1.00    0.50  0:21
                 │                    5.00 USD of 12.50 USD held
 2400004         ╰─────▶●             account credited on shard 1    0.50  1.00    0.50  0:22
 2400006                ╰─────▶✓      transfer settled               0.60  0.90    0.80  0:23

   11.20  until the end was in the log                               2.61  5.20    3.39";
