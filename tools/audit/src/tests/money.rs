//! Money that appears from nowhere, and money that was spent without being there.

use super::script::Script;
use crate::report::Invariant;
use wallet_contract::event::Kind;

#[test]
fn a_credit_above_its_debit_breaks_conservation() {
    let script = Script::valid().with(Kind::AccountCredited, ("\"30.00\"", "\"31.00\""), &[0, 1]);
    script.breaks(Invariant::Conservation, "31.00 USD: Σ is 1.00 USD after it");
    script.breaks(Invariant::OneEnd, "31.00 USD to bob is not what was debited");
    script.holds(Invariant::Floors);
}

#[test]
fn a_credit_without_a_debit_breaks_conservation() {
    let script = Script::valid().without(Kind::AccountDebited);
    script.breaks(Invariant::Conservation, "of 100.00 USD: Σ is 130.00 USD after it");
    script.breaks(Invariant::OneEnd, "has no valid end: credited, settled");
    script.breaks(Invariant::Causes, "is not before it in the log");
}

#[test]
fn an_overdrawn_account_breaks_floors() {
    let mut script = Script::valid();
    script.settle("alice", "bob", "70.01");
    script.breaks(
        Invariant::Floors,
        "leaves alice with -0.01 USD, its limit is 0.00 USD",
    );
    script.holds(Invariant::Conservation);
    let mut within = Script::valid();
    within.settle("alice", "bob", "70.00");
    within.holds(Invariant::Floors);
}
