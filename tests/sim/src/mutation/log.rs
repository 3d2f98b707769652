//! A faulty log.

use bytes::Bytes;
use serde_json::Value;
use wallet_contract::shard::Shard;
use wallet_engine::bus::{Append, Bus, Error, Head, Known, Message, Notice};

use super::Mutation;
use crate::bus::{SimBus, SimReader};

/// A log with a mutation.
#[derive(Debug)]
pub(crate) struct MutantLog {
    pub(crate) bus: SimBus,
    pub(crate) mutation: Mutation,
}

impl Bus for MutantLog {
    type Reader = SimReader;

    async fn ready(&self, shard: Shard, known: Known) -> Result<(), Error> {
        self.bus.ready(shard, known).await
    }

    async fn check(&self, shard: Shard, whole_from: u64) -> Result<(), Error> {
        self.bus.check(shard, whole_from).await
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<SimReader, Error> {
        self.bus.read(shard, position).await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        let head = self.bus.head(shard).await?;
        if self.mutation == Mutation::ExpireEarly {
            // Time passes for an instance that has not caught up.
            return Ok(Head { sequence: 0, ..head });
        }
        Ok(head)
    }

    async fn notify(&self, notice: Notice) -> Result<(), Error> {
        self.bus.notify(notice).await
    }

    async fn append(&self, message: &Append) -> Result<Option<u64>, Error> {
        let mut message = message.clone();
        if self.mutation == Mutation::AckEarly {
            return self.bus.append_later(&message).await;
        }
        if self.mutation == Mutation::PlacePerEnvelope {
            message.payload = in_one_place(&message.payload);
        }
        if self.mutation == Mutation::ParkLast {
            message.payload = parked_last(&message.payload);
        }
        loop {
            let stored = self.bus.append(&message).await?;
            if stored.is_some() || self.mutation != Mutation::AnyPredecessor {
                return Ok(stored);
            }
            (message.after, _) = self.bus.last(message.shard, &message.subject).await?;
        }
    }

    async fn on(
        &self,
        shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        max_weight: usize,
    ) -> Result<Vec<Message>, Error> {
        self.bus.on(shard, subject, after, until, max_weight).await
    }

    async fn last(&self, shard: Shard, subject: &str) -> Result<(u64, Option<Message>), Error> {
        self.bus.last(shard, subject).await
    }
}

fn changed(payload: &Bytes, change: impl FnOnce(&mut Vec<Value>)) -> Bytes {
    let mut events: Vec<Value> = serde_json::from_slice(payload).expect("an envelope is an array");
    change(&mut events);
    serde_json::to_vec(&events).expect("JSON can be written").into()
}

/// All events have the place of the first.
fn in_one_place(payload: &Bytes) -> Bytes {
    changed(payload, |events| {
        let place = events.first().map(|event| event["position"].clone());
        for event in events {
            event["position"] = place.clone().unwrap_or_default();
        }
    })
}

/// What was parked comes after what was decided.
fn parked_last(payload: &Bytes) -> Bytes {
    changed(payload, |events| {
        events.sort_by_key(|event| event["type"] == "wallet.message.parked.v1");
    })
}
