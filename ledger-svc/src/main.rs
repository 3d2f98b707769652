//! The program `ledger-svc`: see the library and README.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet_runtime::program::main::<ledger_svc::Tables>(ledger_svc::api::routes)
}
