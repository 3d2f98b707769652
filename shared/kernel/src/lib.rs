//! What a service keeps, as data: its tables, what a batch reads from them, and what it writes to them.
//!
//! A service declares each table once ([`table!`]) and states what a batch [`Reads`] and [`Writes`]. It knows no database.
//! An executor runs the statements: on SQLite, on PostgreSQL, or in [`memory`].
//!
//! | module | holds |
//! |---|---|
//! | [`value`] | values, and which Rust types are columns |
//! | [`mod@table`] | tables and their columns |
//! | [`reads`] | the rows that a batch looks up, and what was found |
//! | [`writes`] | the rows that a batch inserts, updates and deletes |
//! | [`inbox`] | what was handled |
//! | [`keeps`] | what a service says about all of that |
//! | [`memory`] | the tables of a simulation |

pub mod inbox;
pub mod keeps;
pub mod memory;
pub mod reads;
pub mod table;
pub mod value;
pub mod writes;

pub use inbox::Inbox;
pub use keeps::Keeps;
pub use reads::{Found, Lookup, Reads, Scan, Source};
pub use table::{Column, Shape, Table};
pub use value::{Cell, Field, Kind, Unreadable, Value};
pub use writes::{Op, Write, Writes};
