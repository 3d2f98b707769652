//! The ledger's state compared with the log.

use wallet_client::api::Tally;

use super::script::Script;
use crate::compare::{Shown, compare, minor};
use crate::report::{Breaches, Invariant};

#[test]
fn a_ledger_that_differs_from_the_log_breaks_books() {
    let (counts, books, _) = Script::valid().audit();
    let balance = |name: &str, available| ((name.to_owned(), "USD".to_owned()), [available, 0, 0]);
    let valid = Shown {
        balances: [
            balance("@world", -10_000),
            balance("alice", 7_000),
            balance("bob", 3_000),
        ]
        .into(),
        transfers: Tally {
            settled: 2,
            refused: 1,
            compensated: 1,
            ..Tally::default()
        },
        parked: 0,
    };
    let check = |shown: &Shown, expected: &[&str]| {
        let mut breaches = Breaches::default();
        compare(&counts, &books, shown, &mut breaches);
        assert_eq!(breaches.of(Invariant::Books).1, expected);
    };
    check(&valid, &[]);
    let mut other = valid.clone();
    other
        .balances
        .extend([balance("alice", 7_001), balance("carol", 5)]);
    other.transfers.settled = 3;
    check(
        &other,
        &[
            "alice: 70.01 USD available in the ledger, 70.00 USD in the log",
            "the ledger shows carol in USD, which is not in the log",
            "3 settled in the ledger, 2 in the log",
        ],
    );
    other = valid;
    other.balances.remove(&("bob".to_owned(), "USD".to_owned()));
    check(&other, &["the ledger does not show bob in USD"]);
}

#[test]
fn amounts_of_the_ledger_are_read_with_their_sign() {
    assert_eq!(minor("-12.50", "USD").unwrap(), -1250);
    assert_eq!(minor("0", "KRW").unwrap(), 0);
    assert!(minor("--1.00", "USD").is_err());
}
