//! What every service runs on. It knows messages, batches, rows and shards, and no business word.
//!
//! | module | does |
//! |---|---|
//! | [`shard_loop`] | take what is there → decide in memory → one transaction → one envelope per destination |
//! | [`batch`] | the pure middle of it: from messages to decisions |
//! | [`outbox`] | publishes what was committed, in order, until it is acknowledged |
//! | [`store`] | what the loop needs of a database; [`sql_store`] is it on SQLite and PostgreSQL |
//! | [`bus`] | what the loop needs of a log; [`jetstream`] is it on NATS |
//! | `horizon` | up to which time all of a log is handled: what is due by then may be decided |
//! | [`db`] | one SQL text, many rows, two databases |
//! | [`question`], [`reading`], [`problem`] | questions over HTTP, answers that are never stale, and errors |
//! | [`place`] | how pages name each other |
//! | [`healing`], [`stored`] | what is asked of a service when the broker has lost messages |
//! | [`guard`] | who may ask over HTTP, and how much at once |
//! | [`metrics`], [`observer`] | what is counted, and how a service counts its own |
//! | [`program`] | settings, start, health, shutdown |

pub mod batch;
pub mod bus;
pub mod clock;
pub mod db;
pub mod guard;
pub mod healing;
mod horizon;
pub mod http;
pub mod jetstream;
mod lag;
pub mod metrics;
pub mod observer;
pub mod outbox;
pub mod place;
pub mod problem;
pub mod program;
pub mod question;
pub mod reading;
pub mod settings;
pub mod shard_loop;
pub mod sql_store;
pub mod status;
pub mod store;
pub mod stored;
pub mod telemetry;
mod watch;
