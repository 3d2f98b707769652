//! The program `debit-svc`: see the library and README.md.

use std::process::ExitCode;

/// A batch is thousands of small allocations, made on one thread and freed on another: glibc's allocator took a tenth of all
/// processor time for them. SQLite allocates here, too. `.cargo/config.toml` configures it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    wallet_runtime::program::main::<debit_svc::Tables>(|running| Ok(debit_svc::api::routes(running)))
}
