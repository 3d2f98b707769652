//! What the programs for people share.
//!
//! | module | is about |
//! |---|---|
//! | [`exit`] | exit codes, and the errors that choose them |
//! | [`output`] | data on stdout, talk on stderr, tables and colours |
//! | [`signals`] | Ctrl-C and SIGTERM |

pub mod exit;
pub mod output;
pub mod signals;

/// Like the standard library's `eprintln!`, which panics when stderr is closed and would take a whole stack with it.
#[macro_export]
macro_rules! eprintln {
    ($($talk:tt)+) => { $crate::output::talk(&::std::format!("{}\n", ::std::format_args!($($talk)+))) };
}
