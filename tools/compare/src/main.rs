//! The program `wallet-compare`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet_compare::main()
}
