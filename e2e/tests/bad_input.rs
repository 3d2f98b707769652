//! Bad input gets a clear answer and loses nothing: what is behind it goes on, and the books still hold.

use anyhow::Result;
use e2e::{World, id, transfer};
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;

/// Publishes a request of alice's and expects a refusal.
async fn check(world: &World, fields: Value, reason: &str, detail: &str) -> Result<()> {
    let mut body = json!({ "id": id(), "to": "bob", "amount": "1.00", "currency": "USD" });
    for (name, value) in fields.as_object().expect("a test's fields are an object") {
        if value == &json!("absent") {
            body.as_object_mut().expect("an object").remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    let outcome = world.ask(Verb::Transfer, "alice", body.clone()).await?;
    assert_eq!(outcome.reason.as_deref(), Some(reason), "{body}");
    let told = outcome.detail.unwrap_or_default();
    assert!(told.contains(detail), "{body}: {told:?} does not say {detail:?}");
    Ok(())
}

/// (fields, reason, detail) of requests whose shape or amount is wrong.
fn unsound() -> Vec<(Value, &'static str, &'static str)> {
    let shape = |fields, detail| (fields, "invalid_request", detail);
    let amount = |amount: &str, detail| (json!({ "amount": amount }), "invalid_amount", detail);
    vec![
        shape(
            json!({ "amount": 12.5 }),
            "field \"amount\" is 12.5: use a string",
        ),
        shape(json!({ "amount": null, "memo": 7 }), "use a string"),
        shape(json!({ "amount": "absent" }), "transfer needs field \"amount\""),
        shape(json!({ "to": "absent" }), "transfer needs field \"to\""),
        shape(json!({ "ammount": "1.00" }), "unknown field \"ammount\""),
        shape(json!({ "overdraft": "1.00" }), "has no meaning for transfer"),
        shape(json!({ "memo": "m".repeat(257) }), "a memo of 257 bytes"),
        shape(json!({ "traceparent": "00-zz" }), "not a W3C trace context"),
        amount("12.345", "has 3 decimals, USD has 2"),
        amount("-1.00", "not a plain decimal number"),
        amount("1e3", "not a plain decimal number"),
        amount("NaN", "not a plain decimal number"),
        amount("0.00", "is zero"),
        amount(&format!("{}.00", "9".repeat(40)), "is too large"),
    ]
}

/// (fields, reason, detail) of requests for somebody or something that can't be.
fn unpayable() -> Vec<(Value, &'static str, &'static str)> {
    let payee = |name: &str, detail| (json!({ "to": name }), "invalid_account", detail);
    vec![
        payee("", "must not be empty"),
        payee(&"b".repeat(65), "the limit is 64"),
        payee("b.ob", "has '.'"),
        payee("b ob", "has ' '"),
        payee("b>", "has '>'"),
        payee("b\u{7}", "has '\\u{7}'"),
        payee("@in-transit", "belongs to the books"),
        (
            json!({ "amount": "1.5", "currency": "KRW" }),
            "invalid_amount",
            "KRW has 0",
        ),
        (json!({ "currency": "XYZ" }), "unknown_currency", "\"XYZ\""),
        (json!({ "to": "alice" }), "same_account", "can't pay itself"),
        (
            json!({ "from": "bob" }),
            "not_the_payer",
            "the body is from \"bob\"",
        ),
        (
            json!({ "currency": "EUR" }),
            "currency_not_open",
            "alice is not open in EUR",
        ),
        (
            json!({ "amount": "100.01" }),
            "insufficient_funds",
            "100.00 USD available",
        ),
        (
            json!({ "to": "nobody" }),
            "account_not_found",
            "nobody was never opened",
        ),
    ]
}

#[tokio::test]
async fn a_request_that_is_not_sound_is_refused_by_name_of_what_is_wrong() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    for (fields, reason, detail) in unsound().into_iter().chain(unpayable()) {
        check(&world, fields, reason, detail).await?;
    }
    assert_eq!(world.available("alice").await?, "100.00");
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn what_nobody_can_be_answered_for_is_parked_and_the_rest_goes_on() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice: AccountId = "alice".parse()?;
    let shard = world.nats.shards().await?.of(&alice);
    let (js, at) = (world.nats.jetstream(), |rest: &str| {
        format!("wallet.{shard}.{rest}")
    });
    let event = json!([{ "specversion": "1.0", "id": id(), "source": "/credit-svc/0", "type": "wallet.account.debited.v9",
        "subject": id(), "time": "2026-01-01T00:00:00Z", "causationid": id(), "correlationid": "x",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "data": {} }]);
    let sound = transfer("bob", "1.00");
    let bulk = json!([{ "from": "alice", "to": "bob" }, { "id": id(), "from": "alice", "to": "bob", "amount": "2.00", "currency": "USD" }]);
    for (subject, body) in [
        (at("cmd.transfer.alice"), "not json".to_owned()),
        (at("cmd.transfer.alice"), "[1, 2]".to_owned()),
        (
            at("cmd.transfer.alice"),
            json!({ "id": "7", "to": "bob" }).to_string(),
        ),
        (at("cmd.transfer.alice"), format!("[{sound}, 5]")),
        (at("cmd.spend.alice"), sound.to_string()),
        (at("adm.melt.alice"), sound.to_string()),
        (at("cmd.transfer.b€"), sound.to_string()),
        (at("unheard.of"), "{}".to_owned()),
        (at("bulk"), bulk.to_string()),
        (at("evt.credit"), event.to_string()),
        (at("evt.credit"), "{\"stream\":\"WALLET_0\",\"seq\":7}".to_owned()),
    ] {
        js.publish(subject, body.into()).await?.await?;
    }
    world.pay("alice", "bob", "4.00").await?;
    assert_eq!(world.available("alice").await?, "93.00");
    let parked = world.api.parked(false).await?;
    let told: Vec<String> = parked
        .iter()
        .map(|p| format!("{} {}: {}", p.service, p.subject, p.detail))
        .collect();
    for expected in [
        "not a request: expected ident",
        "a request needs \"id\"",
        "unknown verb",
        "names no account",
        "is not one of the wallet's",
        "unknown event type \"wallet.account.debited.v9\"",
        "not a CloudEvent of the wallet",
    ] {
        assert!(
            told.iter().any(|text| text.contains(expected)),
            "{expected:?} is not in {told:#?}"
        );
    }
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn a_request_for_another_shard_is_refused_there() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice: AccountId = "alice".parse()?;
    let other = 1 - world.nats.shards().await?.of(&alice).0;
    let body = transfer("bob", "1.00");
    let mut listener = world.listen(Verb::Transfer, "alice", &body).await?;
    let subject = format!("wallet.{other}.cmd.transfer.alice");
    world
        .nats
        .jetstream()
        .publish(subject, body.to_string().into())
        .await?
        .await?;
    let deadline = tokio::time::Instant::now() + e2e::PATIENCE;
    let outcome = listener.until(deadline).await?.expect("an outcome");
    assert_eq!(outcome.reason.as_deref(), Some("wrong_shard"));
    assert_eq!(world.available("alice").await?, "100.00");
    world.stop().await
}

#[tokio::test]
async fn a_message_over_the_servers_limit_is_refused_before_it_is_sent() -> Result<()> {
    let world = World::start(None).await?;
    let body = json!({ "id": id(), "memo": "m".repeat(2 * 1024 * 1024) }).to_string();
    let refused = world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body, None)
        .await;
    let text = refused.expect_err("2 MB are too much").to_string();
    assert!(text.contains("takes at most 1048576"), "{text}");
    world.stop().await
}
