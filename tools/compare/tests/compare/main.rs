//! Other systems and ours in the same accidents, and the program as people meet it.

mod accidents;
mod command_line;
