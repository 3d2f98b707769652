//! The roll call: asks all instances of all services for their state over core NATS, wherever they run.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};
use tracing::{debug, warn};
use wallet_contract::ready::{ROLL_CALL, Ready, ShardReady};
use wallet_contract::subject::Service;
use wallet_engine::bus::Error;

use super::{JetStream, nats};

/// Once every shard has a working instance, how much longer to wait for stand-bys.
const STRAGGLERS: Duration = Duration::from_millis(50);
/// Between two attempts to subscribe.
const RETRY: Duration = Duration::from_secs(1);

impl JetStream {
    /// Responds to each roll call with the report of `ready`, until the process ends.
    pub async fn answer_roll_calls(&self, ready: impl Fn() -> Ready) {
        let client = self.context.client();
        loop {
            match client.subscribe(ROLL_CALL).await {
                Ok(mut calls) => {
                    while let Some(call) = calls.next().await {
                        let Some(reply) = call.reply else { continue };
                        // Texts and numbers always serialize.
                        let answer = serde_json::to_vec(&ready()).unwrap_or_default();
                        if let Err(error) = client.publish(reply, answer.into()).await {
                            debug!("a roll call can't be answered: {error}");
                        }
                    }
                }
                Err(error) => warn!("roll calls can't be received: {error}"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Collects reports until `within` has passed, or until each service works on each shard.
    pub async fn call_roll(&self, within: Duration) -> Result<Vec<Ready>, Error> {
        let client = self.context.client();
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(nats)?;
        let mut deadline = Instant::now() + within;
        client
            .publish_with_reply(ROLL_CALL, inbox, Vec::new().into())
            .await
            .map_err(nats)?;
        let mut present: Vec<Ready> = Vec::new();
        while let Ok(Some(answer)) = timeout_at(deadline, answers.next()).await {
            // The server's own "no responders" message does not parse as a report.
            if let Ok(ready) = serde_json::from_slice(&answer.payload) {
                present.push(ready);
            }
            if self.is_complete(&present) {
                deadline = deadline.min(Instant::now() + STRAGGLERS);
            }
        }
        Ok(present)
    }

    fn is_complete(&self, present: &[Ready]) -> bool {
        let works = |service: Service, shard: u16| {
            let mut theirs = present.iter().filter(|ready| ready.of() == Some(service));
            theirs.any(|ready| ready.on(shard).is_some_and(ShardReady::is_working))
        };
        let mut each = self
            .shards
            .all()
            .flat_map(|shard| Service::ALL.map(|service| (service, shard)));
        each.all(|(service, shard)| works(service, shard.0))
    }
}
