//! Servers of the systems that are not ours, and the way to them.

pub mod masters;
pub mod postgres;
pub mod redis;
mod redis_node;
