//! Each check that no mutation of the simulation and no mistake of the model is aimed at fails on what it is for.

use std::collections::BTreeSet;

use uuid::Uuid;
use wallet_contract::event::{Fact, MovementFact, Overdraft};
use wallet_contract::id::EventId;
use wallet_contract::shard::Shards;
use wallet_contract::testing::movement;
use wallet_invariants::Breach;
use wallet_invariants::end::{
    invariant_nothing_is_under_way, invariant_rows_are_as_the_logs_say, invariant_services_agree,
};
use wallet_invariants::events::{Tally, invariant_causes_exist, invariant_ids_are_unique};
use wallet_invariants::log::Logs;
use wallet_invariants::rows::{
    Account, Accounts, invariant_accounts_match_their_transfers, invariant_floors,
    invariant_money_is_conserved, sum,
};

#[track_caller]
fn fails(found: Result<(), Breach>, invariant: &str) {
    assert_eq!(found.expect_err(invariant).invariant, invariant);
}

fn accounts(balance: [i64; 3]) -> Accounts {
    let alice = (
        "alice".parse().expect("a name"),
        "USD".parse().expect("a currency"),
    );
    Accounts::from([(alice, Account::new(balance, Overdraft::Limit(100)))])
}

fn id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

#[test]
fn rows() {
    let none = Accounts::new();
    assert_eq!(invariant_floors(&accounts([-100, 0, 0])), Ok(()));
    for below in [[-101, 0, 0], [0, -1, 0], [0, 0, -1]] {
        fails(invariant_floors(&accounts(below)), "invariant_floors");
    }
    let some = accounts([0, 5, 0]);
    fails(
        invariant_money_is_conserved(sum(&some), 0),
        "invariant_money_is_conserved",
    );
    fails(
        invariant_accounts_match_their_transfers(&some, []),
        "invariant_accounts_match_their_transfers",
    );
    fails(
        invariant_nothing_is_under_way(&some),
        "invariant_nothing_is_under_way",
    );
    fails(invariant_services_agree(&some, &none), "invariant_services_agree");
    let logs = Logs::new(Shards::new(2).unwrap(), true);
    assert_eq!(invariant_rows_are_as_the_logs_say(&logs, &none), Ok(()));
    fails(
        invariant_rows_are_as_the_logs_say(&logs, &some),
        "invariant_rows_are_as_the_logs_say",
    );
}

#[test]
fn events() {
    assert_eq!(invariant_ids_are_unique([id(1), id(2)]), Ok(()));
    fails(
        invariant_ids_are_unique([id(1), id(1)]),
        "invariant_ids_are_unique",
    );
    let known = BTreeSet::from([id(1)]);
    assert_eq!(invariant_causes_exist(&known, [id(1)]), Ok(()));
    fails(invariant_causes_exist(&known, [id(2)]), "invariant_causes_exist");

    let mut tally = Tally::default();
    let paid = |moved| Fact::Movement(movement("alice", "bob", "12.50"), moved);
    for moved in [
        MovementFact::AccountDebited,
        MovementFact::AccountCredited,
        MovementFact::TransferSettled,
    ] {
        tally.add(&paid(moved));
    }
    assert_eq!(
        (tally.invariant_at_most_once(), tally.invariant_whole()),
        (Ok(()), Ok(()))
    );
    tally.add(&paid(MovementFact::AccountCredited));
    fails(tally.invariant_at_most_once(), "invariant_at_most_once");
    fails(tally.invariant_whole(), "invariant_whole");
}
