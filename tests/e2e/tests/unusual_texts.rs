//! A step of `bad_input`: texts that a database or a stream rejects: whatever a client writes, later messages are handled.

use anyhow::{Context as _, Result};
use e2e::{World, id, transfer};
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;

/// This many quotation marks take more than half the size limit of a message, and twice that when quoted in another.
const MANY: usize = 300_000;

pub(crate) async fn no_text_stops_the_messages_after_it(world: &World) -> Result<()> {
    let zero = refused(world, "memo", json!("rent\u{0}")).await?;
    assert_eq!(zero, "a memo with a zero byte: use a line of text");
    let long = refused(world, "amount", json!("\"".repeat(MANY))).await?;
    assert!(
        long.starts_with("amount \"\\\"") && long.len() < 2_000,
        "{} bytes",
        long.len()
    );
    let shape = refused(world, "amount", json!(vec![""; MANY / 2])).await?;
    assert!(shape.len() < 2_000, "{} bytes", shape.len());

    let alice: AccountId = "alice".parse()?;
    for invalid_id in ["\"".repeat(MANY), "7\u{0}".to_owned()] {
        let body = json!({ "id": invalid_id }).to_string();
        world.nats.request(Verb::Transfer, &alice, body, None).await?;
    }
    assert_eq!(world.pay("alice", "bob", "1.00").await?.reason, None);
    Ok(())
}

/// Why a transfer of alice's with this field is refused.
async fn refused(world: &World, field: &str, value: Value) -> Result<String> {
    let mut body = transfer("bob", "1.00");
    body["id"] = json!(id());
    body[field] = value;
    let outcome = world.ask(Verb::Transfer, "alice", body).await?;
    outcome.detail.context("a refusal has no detail")
}
