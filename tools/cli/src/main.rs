//! The program `wallet`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet::main()
}
