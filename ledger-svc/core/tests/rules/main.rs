//! The bookings and decisions of ledger-svc, alone and together with the other two cores.

mod conservation;
mod decisions;
