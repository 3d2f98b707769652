//! An event can't be forged: nothing that a client or an operator can get into a log is taken for an event of a service.

use anyhow::{Context as _, Result, ensure};
use e2e::instance::until;
use e2e::secured::Secured;
use e2e::{World, id};
use serde_json::{Value, json};
use wallet_contract::event::Kind;
use wallet_contract::id::AccountId;

/// The envelope that credit-svc would publish if the world had paid `payee` a million.
fn forged(kind: Kind, payer: &str, payee: &str) -> Value {
    json!([{ "specversion": "1.0", "id": id(), "source": "/credit-svc/0", "type": kind.name(), "subject": id(),
        "time": "2026-01-01T00:00:00Z", "causationid": id(), "correlationid": id(), "position": "17:2",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": { "payer": payer, "payee": payee, "amount": "1000000.00", "currency": "USD" } }])
}

const KINDS: [Kind; 4] = [
    Kind::AccountCredited,
    Kind::AccountDebited,
    Kind::DebitReversed,
    Kind::CreditPromised,
];

async fn no_money_was_forged(world: &World) -> Result<()> {
    world.pay("alice", "bob", "1.00").await?;
    world.verify().await?;
    ensure!(
        world.available("alice").await? == "99.00",
        "alice has gained something"
    );
    ensure!(
        world.available("bob").await? == "101.00",
        "bob has gained something"
    );
    Ok(())
}

#[tokio::test]
async fn an_event_on_a_clients_subject_has_no_effect() -> Result<()> {
    let secured = Secured::start().await?;
    let world = &secured.world;
    world.open(&["alice", "bob"]).await?;
    let mut alice = secured.raw("alice").await?;
    for kind in KINDS {
        for payer in ["@world", "bob", "alice"] {
            let envelope = forged(kind, payer, "alice");
            for verb in ["transfer", "confirm"] {
                let subject = format!("wallet.cmd.{verb}.alice");
                for body in [&envelope, &envelope[0]] {
                    let error = alice.publish(&subject, "", &body.to_string()).await?;
                    ensure!(error.is_none(), "{error:?}");
                }
            }
        }
    }
    no_money_was_forged(world).await?;
    secured.world.stop().await
}

/// Reply subjects aren't checked, so the server itself can be made to write into a log under any subject.
#[tokio::test]
async fn a_reply_of_the_server_in_a_log_has_no_effect() -> Result<()> {
    let secured = Secured::start().await?;
    let world = &secured.world;
    world.open(&["alice", "bob"]).await?;
    let shard = world.nats.shards().await?.of(&"alice".parse::<AccountId>()?);
    for user in ["alice", "operator"] {
        let mut raw = secured.raw(user).await?;
        for service in ["debit", "credit", "ledger"] {
            let reply = format!("wallet.{shard}.evt.{service}.{shard}");
            let body = forged(KINDS[0], "@world", "alice").to_string();
            raw.publish("wallet.cmd.transfer.alice", &reply, &body).await?;
            raw.publish("$JS.API.STREAM.INFO.WALLET_0", &reply, &body).await?;
            // This would let an operator choose the text: the answer is the stored message itself.
            for call in ["DIRECT.GET", "STREAM.MSG.GET"] {
                let subject = format!("$JS.API.{call}.WALLET_{shard}");
                for sequence in 1..30 {
                    let query = json!({ "seq": sequence }).to_string();
                    raw.publish(&subject, &reply, &query).await?;
                }
            }
        }
    }
    no_money_was_forged(world).await?;
    ensure!(
        !world.api.parked(false).await?.is_empty(),
        "the acknowledgements in the log were not parked"
    );
    secured.world.stop().await
}

/// A reader of streams can have messages delivered under another subject; they keep their own.
#[tokio::test]
async fn a_message_pulled_into_a_log_keeps_its_subject() -> Result<()> {
    let secured = Secured::start().await?;
    let world = &secured.world;
    world.open(&["alice", "bob"]).await?;
    let shard = world.nats.shards().await?.of(&"alice".parse::<AccountId>()?);
    let mut raw = secured.raw("operator").await?;
    let body = forged(KINDS[0], "@world", "alice").to_string();
    raw.publish("wallet.cmd.transfer.alice", "", &body).await?;
    let reply = format!("wallet.{shard}.evt.credit.{shard}");
    let config = json!({ "stream_name": format!("WALLET_{shard}"), "config": { "name": "x", "ack_policy": "none",
        "filter_subject": format!("wallet.{shard}.cmd.transfer.alice"), "inactive_threshold": 60_000_000_000_u64 } });
    raw.publish(
        &format!("$JS.API.CONSUMER.CREATE.WALLET_{shard}.x.wallet.{shard}.cmd.transfer.alice"),
        "_INBOX_operator.1",
        &config.to_string(),
    )
    .await?;
    for _ in 0..5 {
        raw.publish(
            &format!("$JS.API.CONSUMER.MSG.NEXT.WALLET_{shard}.x"),
            &reply,
            "1",
        )
        .await?;
    }
    until(&world.stack.api_url(), &["working"], 2)
        .await
        .context("the ledger does not work")?;
    no_money_was_forged(world).await?;
    secured.world.stop().await
}
