//! Valid logs have no breaches.

use super::script::Script;

/// Both shards must have accounts, or the merge would go untested.
#[test]
fn the_script_crosses_shards() {
    let script = Script::new();
    assert_ne!(script.home("alice"), script.home("bob"));
}

#[test]
fn a_valid_log_breaks_no_invariant() {
    let (counts, books) = Script::valid().holds_all();
    assert_eq!(
        (counts.settled, counts.refused, counts.compensated, counts.running),
        (2, 1, 1, 0)
    );
    assert_eq!(
        (counts.requests, counts.repeats, counts.copies, counts.parked),
        (6, 0, 0, 0)
    );
    let balances: Vec<_> = books
        .iter()
        .map(|((name, _), balance)| (name.to_string(), balance.available))
        .collect();
    let expected = [("@world", -10_000), ("alice", 7_000), ("bob", 3_000)];
    let mut balances: Vec<_> = balances
        .iter()
        .map(|(name, minor)| (name.as_str(), *minor))
        .collect();
    balances.sort_unstable();
    assert_eq!(balances, expected);
}

#[test]
fn repeats_and_copies_change_nothing() {
    let (counts, _) = Script::valid().twice().holds_all();
    assert_eq!((counts.requests, counts.repeats), (6, 6));
    assert!(counts.copies > 10, "{counts:?}");
}
