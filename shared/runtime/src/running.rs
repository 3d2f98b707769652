//! The resources of a running service.

use wallet_contract::shard::Shard;
use wallet_db::Pool;
use wallet_engine::clock::Clock;
use wallet_engine::status::Board;
use wallet_jetstream::JetStream;

use crate::guard::Token;
use crate::headline::Headline;
use crate::instance::Roll;
use crate::metrics::Metrics;
use crate::pausing::Pauses;
use crate::settings::Settings;

/// A running service, as its routes and tasks use it.
#[derive(Clone, Debug)]
pub struct Running {
    /// The database of each shard.
    pub pools: Vec<(Shard, Pool)>,
    /// The log.
    pub bus: JetStream,
    /// The settings that the service was started with.
    pub settings: Settings,
    /// The clock.
    pub clock: Clock,
    /// The registry of metrics.
    pub metrics: Metrics,
    /// The bearer token that callers must present, if configured.
    pub token: Option<Token>,
    /// The state of each shard's loop.
    pub board: Board,
    /// The line that every page shows.
    pub headline: Headline,
    /// The reports of all instances at the last roll call.
    pub roll: Roll,
    /// Pauses of the copies to other shards.
    pub pauses: Pauses,
}
