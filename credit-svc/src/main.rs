//! The program `credit-svc`: see the library and README.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet_runtime::program::main::<credit_svc::Tables>(|_| Ok(axum::Router::new()))
}
