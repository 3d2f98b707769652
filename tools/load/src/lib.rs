//! The load of `wallet bench` and `wallet-compare`: random payments, independent callers, latencies.
//!
//! | part | does |
//! |---|---|
//! | [`random`] | chooses payer, payee and amount; generates request ids |
//! | [`callers`] | callers that each wait for one payment to end before they make the next |
//! | [`latency`] | a distribution of durations, and rates |
//! | [`mod@bench`] | load on a stack, and the measured figures |

pub mod bench;
pub mod callers;
pub mod latency;
pub mod random;

pub use callers::{Callers, Run};
pub use latency::Latency;
pub use random::{Pair, Random};
