//! This instance as `/readyz` and a roll call show it, and the other instances as a roll call found them.

use std::sync::{Arc, Mutex, PoisonError};

use wallet_contract::ready::{Ready, ShardReady};
use wallet_contract::subject::Service;
use wallet_engine::status::Board;

/// One instance of a service, and the board on which its loops write.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The service.
    pub service: Service,
    /// Its name, also in the leases that it takes.
    pub name: String,
    /// How the work on each shard stands.
    pub board: Board,
}

impl Instance {
    /// Its report on itself.
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
    /// Writes them.
    pub fn set(&self, present: Vec<Ready>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = present;
    }

    /// Reads them.
    pub fn get(&self) -> Vec<Ready> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
