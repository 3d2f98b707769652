//! This instance as reported by `/readyz` and roll calls, and the other instances as the last roll call found them.

use std::sync::{Arc, Mutex, PoisonError};

use wallet_contract::ready::{Ready, ShardReady};
use wallet_contract::subject::Service;
use wallet_engine::status::Board;

/// One instance of a service, and the status board that its loops update.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The service.
    pub service: Service,
    /// Its name, which is also the holder of its leases.
    pub name: String,
    /// The state of each shard's loop.
    pub board: Board,
}

impl Instance {
    /// Its report.
    pub fn ready(&self) -> Ready {
        let shards = self
            .board
            .read()
            .into_iter()
            .map(|(shard, (state, position))| ShardReady {
                shard: shard.0,
                state: state.to_string(),
                detail: state.detail().to_owned(),
                position,
                unpublished: self.board.unpublished(shard),
            });
        Ready {
            service: self.service.name().to_owned(),
            instance: self.name.clone(),
            shards: shards.collect(),
        }
    }
}

/// The reports of all instances at the last roll call, if this service calls the roll.
#[derive(Clone, Debug, Default)]
pub struct Roll(Arc<Mutex<Vec<Ready>>>);

impl Roll {
    /// Stores the reports.
    pub fn set(&self, present: Vec<Ready>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = present;
    }

    /// The stored reports.
    pub fn get(&self) -> Vec<Ready> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
