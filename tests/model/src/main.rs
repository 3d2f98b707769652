//! Checks all worlds and prints a table.

use std::process::ExitCode;

use credit_core::Credit;
use debit_core::Debit;
use ledger_core::Ledger;
use wallet_model::report::{Report, check};
use wallet_model::scenarios;

/// The standard library's `println!` panics once the reader has gone, as in `| head`.
macro_rules! println {
    ($($told:tt)+) => {
        if std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($told)+))).is_err() {
            std::process::exit(141);
        }
    };
}

fn main() -> ExitCode {
    println!("{}", Report::head());
    let only = std::env::args().nth(1).unwrap_or_default();
    let mut all_good = true;
    for scenario in scenarios::ALL
        .iter()
        .filter(|scenario| scenario.name.contains(&only))
    {
        let report = check::<Debit, Credit, Ledger>(*scenario);
        println!("{report}");
        all_good &= report.is_good();
    }
    if all_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
