//! Servers of the other systems, and connections to them.

pub mod masters;
pub mod postgres;
pub mod redis;
mod redis_node;
