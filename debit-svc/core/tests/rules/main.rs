//! What debit-svc decides.

mod decisions;
mod phases;
mod reservations;
