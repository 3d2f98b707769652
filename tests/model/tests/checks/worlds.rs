//! All states of all worlds: every invariant holds, and every required outcome is found.

use credit_core::Credit;
use debit_core::Debit;
use ledger_core::Ledger;
use wallet_model::report::{Report, check};
use wallet_model::scenario::Outcome;
use wallet_model::scenarios;

#[test]
fn in_every_state_of_every_world_the_invariants_hold() {
    println!("{}", Report::head());
    for scenario in scenarios::ALL {
        let report = check::<Debit, Credit, Ledger>(*scenario);
        println!("{report}");
        assert!(report.is_good(), "{report}");
    }
}

#[test]
fn the_worlds_show_every_way_to_end() {
    for end in Outcome::ALL {
        assert!(
            scenarios::ALL.iter().any(|scenario| scenario.ends.contains(&end)),
            "{end:?}"
        );
    }
}
