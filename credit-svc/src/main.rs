//! The program `credit-svc`: see the library and README.md.

use std::process::ExitCode;

use axum::Router;
use wallet_runtime::http;

fn main() -> ExitCode {
    wallet_runtime::program::main::<credit_svc::Tables>(|_| Ok(Router::new().fallback(http::nothing_there)))
}
