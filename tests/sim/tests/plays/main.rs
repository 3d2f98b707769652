//! Seeds played on the simulated bus, store and clock.

mod loss;
mod mutations;
mod seeds;
