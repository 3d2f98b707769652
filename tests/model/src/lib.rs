//! Every interleaving of small worlds, over the real cores.
//!
//! Random plays (`ledger-svc/core/tests/rules/conservation`) find likely faults. Here a model checker tries *all* orders in
//! which a few requests can be delivered, read, decided, published, published again after a crash, and overtaken by the clock,
//! and checks the invariants of the design in each state.
//!
//! | module | what is in it |
//! |---|---|
//! | [`scenarios`] | the worlds: which requests, from whom |
//! | [`saga`] | what can happen in a state, and what it leads to |
//! | [`properties`] | the invariants (`tests/invariants`), as properties of a state |
//! | `model` | both, as the checker needs them |
//! | [`world`] | a state: small numbers |
//! | [`mind`] | what those numbers stand for: a core's rows, inbox and event store |
//! | [`bent`] | cores with a mistake, which the checker must find |
//! | [`report`] | a run, and its figures |
//!
//! The cores, the runtime's `without_repeats` and `decide`, and the routing of events to logs and services are real. The model
//! replaces the database by values, the streams by their unread messages, and time by "this may become due now".

pub mod bent;
pub mod core;
pub mod interned;
pub mod message;
pub mod mind;
mod model;
pub mod properties;
pub mod report;
pub mod saga;
pub mod scenario;
pub mod scenarios;
pub mod view;
pub mod world;
