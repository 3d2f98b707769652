//! The wire format: writing and reading, everything ever released, and the effects of damage.

mod damage;
mod damaged;
mod fuzz;
mod message;
mod orders;
mod reading;
mod recall;
mod released;
mod wire;
