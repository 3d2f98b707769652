//! The wire format: what is written and read, what was ever released, and what damage does.

mod damage;
mod damaged;
mod fuzz;
mod message;
mod orders;
mod reading;
mod recall;
mod released;
mod wire;
