//! A service as a program: it starts the engine on each shard, and answers over HTTP. It knows no business word.
//!
//! | module | does |
//! |---|---|
//! | [`program`] | start, run, shutdown |
//! | [`running`] | what a service has at hand while it runs |
//! | [`settings`], [`telemetry`] | command line and environment, logs |
//! | [`jetstream`] | the engine's log on NATS |
//! | [`http`], [`guard`] | the routes of every service; who may call them, and how much at once |
//! | [`question`], [`reading`], [`problem`] | requests, answers that are never stale, and errors |
//! | [`place`] | how pages name each other |
//! | [`headline`], [`instance`] | what health endpoints, roll calls and pages say of the instances |
//! | [`healing`] | what `wallet heal` asks of a service when the broker has lost messages |
//! | [`metrics`] | the registry of metrics |

pub mod guard;
pub mod headline;
pub mod healing;
pub mod http;
pub mod instance;
pub mod jetstream;
mod lag;
pub mod metrics;
pub mod place;
pub mod problem;
pub mod program;
pub mod question;
pub mod reading;
pub mod running;
pub mod settings;
pub mod telemetry;
mod watch;
