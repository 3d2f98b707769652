//! Every interleaving of small worlds, over the real cores.
//!
//! Random plays (`ledger-svc/core/tests/rules/conservation`) find what is likely. Here a model checker tries *all* orders in
//! which a few requests can be delivered, read, decided, published, published again after a crash, and overtaken by the
//! clock, and looks at each state with the invariants of the design.
//!
//! | module | what is in it |
//! |---|---|
//! | [`scenarios`] | the worlds: who asks what |
//! | [`saga`] | the model: what can happen in a state, and what comes of it |
//! | [`properties`] | what must hold |
//! | [`world`] | a state: small numbers |
//! | [`mind`] | what those stand for: a core's rows, inbox and event store |
//! | [`bent`] | cores with a mistake, which the checker must find |
//! | [`report`] | a run, and its figures |
//!
//! What is real: the cores, the runtime's `without_repeats` and `decide`, who hears what, where events go. What the model
//! replaces: the database by values, the streams by what stands unread in them, time by "it may be due now".

pub mod bent;
pub mod core;
pub mod interned;
pub mod message;
pub mod mind;
pub mod properties;
pub mod report;
pub mod saga;
pub mod scenario;
pub mod scenarios;
pub mod view;
pub mod world;
