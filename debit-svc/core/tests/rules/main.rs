//! The decisions of debit-svc.

mod decisions;
mod phases;
mod reservations;
