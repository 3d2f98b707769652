//! A broken connection loses the messages in flight.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::proxy::Line;
use e2e::{World, transfer};
use tokio::time::{Instant, sleep};
use wallet_contract::subject::{Service, Verb};

/// The server has sent the last message and counts it as read. The connection breaks before the service has it, and no later
/// message reveals the gap.
#[tokio::test]
async fn the_last_message_is_read_after_the_connection_broke() -> Result<()> {
    let world = World::fragile(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice = "alice".parse()?;
    for service in Service::ALL {
        let (line, body) = (world.proxy(service), transfer("bob", "1.00"));
        let mut listener = world.listen(Verb::Transfer, "alice", &body).await?;
        line.set(Line::Held);
        world
            .nats
            .request(Verb::Transfer, &alice, body.to_string(), None)
            .await?;
        // Long enough for the server to send it, too short for a missed heartbeat.
        sleep(Duration::from_millis(500)).await;
        line.set(Line::Cut);
        sleep(Duration::from_millis(100)).await;
        line.set(Line::Open);
        let outcome = listener.until(Instant::now() + Duration::from_secs(20)).await?;
        let outcome = outcome.with_context(|| format!("{service} never read it"))?;
        assert!(outcome.outcome.is_good(), "{outcome:?}");
    }
    world.verify().await?;
    world.stop().await
}
