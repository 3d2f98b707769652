//! The systems, each as an expert in it would write it.

mod decisions;
mod half;
pub mod one_database;
pub mod redis_cluster;
pub mod redis_one_slot;
mod start;
pub mod tcc_by_hand;
pub mod two_phase_commit;
pub mod wallet;
