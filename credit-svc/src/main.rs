//! The program `credit-svc`: see the library and README.md.

use std::process::ExitCode;

use axum::Router;
use wallet_runtime::http;

/// A batch makes thousands of small allocations on one thread and frees them on another; with glibc's allocator they took a tenth
/// of all processor time. SQLite uses this allocator too. `.cargo/config.toml` configures it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    wallet_runtime::program::main::<credit_svc::Tables>(|_| Ok(Router::new().fallback(http::not_found)))
}
