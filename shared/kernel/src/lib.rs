//! The foundation of a service's core: the inputs and outputs of its rules, and its tables as data.
//!
//! A service decides through a [`Decider`], declares each of its tables once ([`table!`]), and states what a batch [`Reads`] and
//! [`Writes`]. It knows no database: an executor runs the statements on SQLite, on PostgreSQL, or in [`memory`].
//!
//! | module | holds |
//! |---|---|
//! | [`decider`], [`input`], [`rows`] | the interface of a core, its inputs, and the rows it changes |
//! | [`choreography`] | which service must react to what |
//! | [`phase`], [`transfer`] | the phases of a transfer: the table, and a transfer's row |
//! | [`standing`] | whether an account may pay and receive |
//! | [`value`] | values, and the Rust types that columns store |
//! | [`mod@table`] | tables and their columns |
//! | [`reads`] | the rows that a batch looks up, and the results |
//! | [`writes`] | the rows that a batch inserts, updates and deletes |
//! | [`inbox`] | the inputs that were handled |
//! | [`persistence`] | a service's declaration of all of that |
//! | [`memory`] | the tables of a simulation, in memory |
//!
//! Everything here is pure: no clock, no randomness, no I/O.

pub mod choreography;
pub mod decider;
pub mod inbox;
pub mod input;
pub mod memory;
pub mod persistence;
pub mod phase;
pub mod reads;
pub mod rows;
pub mod standing;
pub mod table;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transfer;
pub mod value;
pub mod writes;

pub use decider::{Decider, Place};
pub use inbox::Inbox;
pub use input::{Due, Heard, Input};
pub use persistence::Persistence;
pub use phase::Phase;
pub use reads::{Found, Lookup, Reads, Scan, Source};
pub use rows::Rows;
pub use standing::Standing;
pub use table::{Column, Shape, Table};
pub use transfer::Transfer;
pub use value::{Cell, ColumnType, Field, Unreadable, Value};
pub use writes::{Op, Write, Writes};
