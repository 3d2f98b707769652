//! A service as a program: runs the engine on each shard, with the store of `wallet-db` and the bus of `wallet-jetstream`, and serves
//! HTTP. It contains no business logic.
//!
//! | module | does |
//! |---|---|
//! | [`program`] | start, run, shutdown |
//! | [`running`] | the resources of a running service |
//! | [`settings`], `telemetry` | command line and environment, logs |
//! | [`http`], [`guard`] | the routes of every service; authentication and limits |
//! | [`extract`], [`reading`], [`problem`] | request parsing, reads that are never stale, and errors |
//! | [`place`] | relative links between pages |
//! | [`headline`], [`instance`] | the state of the instances, for health endpoints, roll calls and pages |
//! | `healing` | the endpoints behind `wallet heal`, for when the broker has lost messages |
//! | [`metrics`] | the registry of metrics |

pub mod extract;
pub mod guard;
pub mod headline;
mod healing;
pub mod http;
pub mod instance;
mod lag;
pub mod metrics;
pub mod pausing;
pub mod place;
pub mod problem;
pub mod program;
pub mod reading;
pub mod running;
pub mod settings;
mod telemetry;
mod watch;
