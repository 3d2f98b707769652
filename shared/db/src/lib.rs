//! The databases of the services: SQLite and PostgreSQL behind one interface. No other crate of a service uses a database library.
//!
//! A statement is written once for both. It takes single parameters, or a [`Set`]: columns of equal length, which it reads as the
//! table `k`: `SELECT t.b FROM k CROSS JOIN t WHERE t.a = k.a`. On PostgreSQL the set is one `UNNEST` of arrays; on SQLite it is
//! `VALUES` in chunks of a few fixed sizes, so that each chunk size stays a cached prepared statement. Values travel only as bound
//! parameters.
//!
//! | module | does |
//! |---|---|
//! | `connect`, `servers`, `session` | from a URL to connections; on PostgreSQL, to the server that accepts writes |
//! | `schema` | migrations, written once |
//! | `db` | one connection of either kind; `sqlite`, `postgres` and `local` are the executors |
//! | `loop_connection`, `combined` | the loop's connection: one read and one write per batch |
//! | `checkpoint` | keeps SQLite's write-ahead log short |
//! | [`sql_store`] | the engine's store |
//! | [`rebuilt`] | a rebuilt database next to the live one |
//! | [`stored`] | the remaining queries of the runtime and the ledger |

mod checkpoint;
mod combined;
mod connect;
mod db;
mod error;
mod hint;
mod limits;
mod local;
mod local_error;
mod loop_connection;
mod postgres;
pub mod rebuilt;
mod schema;
mod servers;
mod session;
mod set;
pub mod sql_store;
mod sqlite;
pub mod stored;

pub use connect::{Pool, Target};
pub use db::Db;
pub use error::{Error, Result};
pub use local::Local;
pub use loop_connection::LoopConnection;
pub use schema::Migration;
pub use servers::Connection;
pub use set::{Arg, Row, Set};
