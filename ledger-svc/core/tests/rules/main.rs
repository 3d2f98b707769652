//! What ledger-svc books and decides, alone and with the other two cores.

mod conservation;
mod decisions;
