//! Seeds played on the simulated bus, store and clock.

mod log_first;
mod loss;
mod mutations;
mod second_opinion;
mod seeds;
