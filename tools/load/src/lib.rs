//! Load as `wallet bench` and `wallet-compare` make it: who pays whom, independent callers, how long each payment took.
//!
//! | part | does |
//! |---|---|
//! | [`random`] | chooses payer, payee and amount; names requests |
//! | [`callers`] | callers that each wait for one payment to end before they make the next |
//! | [`latency`] | a distribution of time spans, and rates |
//! | [`mod@bench`] | load on a stack, and what was measured |

pub mod bench;
pub mod callers;
pub mod latency;
pub mod random;

pub use callers::{Callers, Run};
pub use latency::Latency;
pub use random::{Pair, Random};
