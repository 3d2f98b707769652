//! What the stores are given: a payment, a reservation that is confirmed in part, one that is released, a reversal, repeats.

use jiff::Timestamp;
use wallet_contract::event::{Fact, Failure, MovementFact, Resolution, Resolved, Source, Terms};
use wallet_contract::id::AccountId;
use wallet_contract::log::LogPlace;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};
use wallet_engine::store::ParkedRow;
use wallet_kernel::testing::{ONE, TWO, event, movement, opened, part, pays, place, request_input, reversal};
use wallet_kernel::{Input, Place};

const THREE: &str = "0190b1c4-7a2e-7c3d-9f00-000000000003";

/// The first of two shards, as in the simulation.
pub(super) fn here() -> Place {
    place(0, 2)
}

pub(super) fn source(service: Service) -> Source {
    let shard = Shard(0);
    Source { service, shard }
}

/// When a batch is handled.
pub(super) fn at(number: u64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap()).unwrap()
}

/// Two accounts of this shard.
fn accounts() -> [String; 2] {
    let names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];
    let ours = names
        .iter()
        .filter(|name| here().owns(&name.parse::<AccountId>().unwrap()));
    let [one, other, ..] = &ours.collect::<Vec<_>>()[..] else {
        unreachable!("some are ours")
    };
    [(**one).to_owned(), (**other).to_owned()]
}

pub(super) fn batches() -> Vec<Vec<Input>> {
    let [payer, payee] = accounts();
    let moved = |amount| movement(&payer, &payee, amount);
    let debit = |id, movement, fact| event(Service::Debit, id, Fact::Movement(movement, fact));
    let credit = |id, movement, fact| event(Service::Credit, id, Fact::Movement(movement, fact));
    let terms = || Terms {
        expires: at(900),
        auto_confirm: false,
    };
    let open = r#""currency":"USD","overdraft":"100.00""#;
    let cancelled = || Refusal::new(Reason::Cancelled, "the payer cancelled it");
    let requests = || {
        vec![
            request_input(Verb::Transfer, ONE, &payer, &pays(&payee, "5.00")),
            request_input(Verb::Reserve, TWO, &payer, &pays(&payee, "3.00")),
            request_input(Verb::Reserve, THREE, &payer, &pays(&payee, "2.00")),
        ]
    };
    vec![
        vec![
            request_input(Verb::Open, ONE, &payer, open),
            request_input(Verb::Open, TWO, &payee, open),
            opened(&payer, "100.00"),
        ],
        requests(),
        vec![
            debit(ONE, moved("5.00"), MovementFact::AccountDebited),
            debit(TWO, moved("3.00"), MovementFact::FundsReserved(terms())),
            debit(THREE, moved("2.00"), MovementFact::FundsReserved(terms())),
        ],
        vec![
            credit(ONE, moved("5.00"), MovementFact::AccountCredited),
            credit(TWO, moved("3.00"), MovementFact::CreditPromised(terms())),
        ],
        requests(),
        vec![
            debit(
                TWO,
                part(&payer, &payee, "1.00", "3.00"),
                MovementFact::AccountDebited,
            ),
            debit(
                THREE,
                moved("2.00"),
                MovementFact::ReservationReleased(Failure::Cancelled, cancelled()),
            ),
            request_input(Verb::Cancel, THREE, &payer, ""),
            request_input(Verb::Confirm, TWO, &payer, r#""amount":"1.00","currency":"USD""#),
        ],
        vec![credit(
            TWO,
            part(&payer, &payee, "1.00", "3.00"),
            MovementFact::AccountCredited,
        )],
        vec![credit(
            ONE,
            reversal(&payee, &payer, "1.00", ONE),
            MovementFact::ReversalGranted,
        )],
    ]
}

/// Something that is parked, and what becomes of it.
pub(super) fn parked() -> (ParkedRow, (ParkedRow, Resolved)) {
    let row = ParkedRow {
        place: LogPlace::element(3, 7),
        subject: "wallet.0.cmd.transfer.alice".to_owned(),
        detail: "not JSON".to_owned(),
        body: "{".to_owned(),
        at_us: at(3).as_microsecond(),
        transfer: Some(ONE.parse().unwrap()),
        account: Some("alice".to_owned()),
        traceparent: None,
        event_id: None,
    };
    let resolved = Resolved {
        place: row.place,
        how: Resolution::Discarded("a test".to_owned()),
        instruction: 5,
    };
    (row.clone(), (row, resolved))
}
