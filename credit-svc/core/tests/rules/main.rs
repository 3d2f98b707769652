//! The decisions of credit-svc.

mod decisions;
mod promises;
mod reversals;
