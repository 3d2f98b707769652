//! What credit-svc decides.

mod decisions;
mod promises;
mod reversals;
