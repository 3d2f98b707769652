//! What the command-line programs share.
//!
//! | module | is about |
//! |---|---|
//! | [`exit`] | exit codes, and the errors that choose them |
//! | [`output`] | data on stdout, messages on stderr, tables and colours |
//! | [`signals`] | Ctrl-C and SIGTERM |

pub mod exit;
pub mod output;
pub mod signals;

/// Like the standard library's `eprintln!`, but does not panic when stderr is closed, which would take a whole stack down.
#[macro_export]
macro_rules! eprintln {
    ($($talk:tt)+) => { $crate::output::talk(&::std::format!("{}\n", ::std::format_args!($($talk)+))) };
}
