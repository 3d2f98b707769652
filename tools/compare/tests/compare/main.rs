//! The other systems and the wallet in the same accidents, and the program's error handling.

mod accidents;
mod command_line;
