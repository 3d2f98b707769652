//! Faulty buses.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use wallet_contract::shard::Shard;
use wallet_engine::bus::{Bus, Error, Head, Known, Notice};

use crate::bus::{SimBus, SimReader, shard_of};
use crate::node::Point;

/// Acknowledges an envelope at once and stores it a little later.
#[derive(Debug)]
pub(crate) struct AckEarly(pub(crate) SimBus);

/// The longest delay, in milliseconds.
const LATER_MS: usize = 40;

impl Bus for AckEarly {
    type Reader = SimReader;

    async fn ready(&self, shard: Shard, known: Known) -> Result<(), Error> {
        self.0.ready(shard, known).await
    }

    async fn check(&self, shard: Shard, whole_from: u64) -> Result<(), Error> {
        self.0.check(shard, whole_from).await
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<SimReader, Error> {
        self.0.read(shard, position).await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        self.0.head(shard).await
    }

    async fn publish(
        &self,
        subject: String,
        payload: Bytes,
        committed: Option<Timestamp>,
    ) -> Result<(), Error> {
        let node = self.0.node().clone();
        node.pass(Point::BeforePublish).await?;
        let later = Duration::from_millis(node.below(LATER_MS) as u64);
        tokio::spawn(async move {
            tokio::time::sleep(later).await;
            // What an instance had not sent when it died is lost.
            if !node.is_dead() {
                let (world, shard) = (node.world(), shard_of(&subject));
                let published = world.store(shard, subject, payload, committed);
                world.acknowledge(shard, published);
            }
        });
        Ok(())
    }

    async fn notify(&self, notice: Notice) -> Result<(), Error> {
        self.0.notify(notice).await
    }
}

/// Always reports sequence 0 as the end of the log, so that time passes for an instance that has not caught up.
#[derive(Debug)]
pub(crate) struct Impatient(pub(crate) SimBus);

impl Bus for Impatient {
    type Reader = SimReader;

    async fn ready(&self, shard: Shard, known: Known) -> Result<(), Error> {
        self.0.ready(shard, known).await
    }

    async fn check(&self, shard: Shard, whole_from: u64) -> Result<(), Error> {
        self.0.check(shard, whole_from).await
    }

    async fn read(&self, shard: Shard, position: u64) -> Result<SimReader, Error> {
        self.0.read(shard, position).await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        let head = self.0.head(shard).await?;
        Ok(Head { sequence: 0, ..head })
    }

    async fn publish(
        &self,
        subject: String,
        payload: Bytes,
        committed: Option<Timestamp>,
    ) -> Result<(), Error> {
        self.0.publish(subject, payload, committed).await
    }

    async fn notify(&self, notice: Notice) -> Result<(), Error> {
        self.0.notify(notice).await
    }
}
