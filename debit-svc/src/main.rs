//! The program `debit-svc`: see the library and README.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet_runtime::program::main::<debit_svc::Tables>(|running| Ok(debit_svc::api::routes(running)))
}
