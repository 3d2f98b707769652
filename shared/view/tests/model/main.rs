//! The model of a flow: what each module derives from flows as the ledger returns them.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

mod export;
mod figures;
mod log;
mod moment;
mod money;
mod phases;
mod stage;
mod story;
