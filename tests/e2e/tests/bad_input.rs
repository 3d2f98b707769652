//! Bad input gets a clear answer and loses nothing: later messages are handled, and the books still balance.

mod cases;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use async_nats::HeaderMap;
use e2e::{DATABASES, World, id, steps, transfer};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::subject::Verb;

use cases::{Case, Expected};

use crate::unusual_texts::no_text_stops_the_messages_after_it;

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
    let actual = outcome.detail.unwrap_or_default();
    assert!(
        actual.contains(detail),
        "{body}: {actual:?} does not contain {detail:?}"
    );
    Ok(())
}

/// (fields, reason, detail) of requests with an invalid shape or amount.
fn malformed() -> Vec<(Value, &'static str, &'static str)> {
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
        shape(json!({ "overdraft": "1.00" }), "does not apply to transfer"),
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

/// (fields, reason, detail) of requests with an impossible account or currency.
fn impossible_parties() -> Vec<(Value, &'static str, &'static str)> {
    let payee = |name: &str, detail| (json!({ "to": name }), "invalid_account", detail);
    vec![
        payee("", "must not be empty"),
        payee(&"b".repeat(65), "the limit is 64"),
        payee("b.ob", "has '.'"),
        payee("b ob", "has ' '"),
        payee("b>", "has '>'"),
        payee("b\u{7}", "has '\\u{7}'"),
        payee("@in-transit", "is internal to the books"),
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
async fn bad_input_is_answered_or_parked_and_loses_nothing() -> Result<()> {
    for database in DATABASES {
        println!("{database:?}");
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        steps!((&world):
            an_invalid_request_is_refused_with_the_field_and_its_value,
            a_request_for_another_shard_is_refused_there,
            a_message_over_the_servers_limit_is_refused_before_it_is_sent,
            every_identifiable_request_is_answered_and_the_rest_is_parked,
            no_text_stops_the_messages_after_it,
        );
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

async fn an_invalid_request_is_refused_with_the_field_and_its_value(world: &World) -> Result<()> {
    for (fields, reason, detail) in malformed().into_iter().chain(impossible_parties()) {
        check(world, fields, reason, detail).await?;
    }
    assert_eq!(world.available("alice").await?, "100.00");
    Ok(())
}

/// Publishes all cases, and returns the outcome under each id.
async fn publish(world: &World, cases: &[Case]) -> Result<BTreeMap<String, Value>> {
    let mut outcomes = world.nats.client().subscribe("wallet.outcome.alice.*").await?;
    let js = world.nats.jetstream();
    for case in cases {
        let mut headers = HeaderMap::new();
        for (name, value) in &case.headers {
            headers.insert(*name, value.as_str());
        }
        let subject = format!("wallet.cmd.{}.alice", case.verb);
        js.publish_with_headers(subject, headers, case.body.clone().into())
            .await?
            .await?;
    }
    let mut missing: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.expected)
        .map(|(id, _)| &**id)
        .collect();
    let mut answers = BTreeMap::new();
    let deadline = tokio::time::Instant::now() + e2e::PATIENCE;
    while !missing.is_empty() {
        let next = tokio::time::timeout_at(deadline, outcomes.next()).await;
        let outcome = next.with_context(|| format!("no outcome for {missing:?}"))?;
        let outcome = outcome.context("a subscription")?;
        let id = outcome.subject.rsplit('.').next().unwrap_or_default().to_owned();
        missing.remove(&*id);
        answers.insert(id, serde_json::from_slice(&outcome.payload)?);
    }
    Ok(answers)
}

/// Requests that can't be answered: (subject after the shard, body, why it is parked).
fn unanswerable() -> Vec<(&'static str, String, &'static str)> {
    let valid = transfer("bob", "1.00");
    let event = json!([{ "specversion": "1.0", "id": id(), "source": "/credit-svc/0", "type": "wallet.account.debited.v9",
        "subject": id(), "time": "2026-01-01T00:00:00Z", "causationid": id(), "correlationid": "x", "position": "17:2",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "data": {} }]);
    let paid = transfer("bob", "2.00");
    let mut bulk = paid.clone();
    bulk["from"] = "alice".into();
    let bulk = json!([{ "from": "alice", "to": "bob" }, { "id": id(), "to": "bob" }, bulk]);
    let no_id = "a request needs \"id\"";
    vec![
        (
            "cmd.transfer.alice",
            "not json".to_owned(),
            "not a request: expected ident",
        ),
        (
            "cmd.transfer.alice",
            "[1, 2]".to_owned(),
            "not a request: 1 is not an object",
        ),
        (
            "cmd.transfer.alice",
            json!({ "id": "7", "to": "bob" }).to_string(),
            "id \"7\": a request needs",
        ),
        (
            "cmd.transfer.alice",
            format!("[{valid}, 5]"),
            "not a request: 5 is not an object",
        ),
        ("cmd.transfer.alice", String::new(), "the message is empty"),
        ("cmd.spend.alice", "{}".to_owned(), "has an unknown verb"),
        ("cmd.transfer.b€", valid.to_string(), "names no account"),
        ("unheard.of", "{}".to_owned(), "is not one of the wallet's"),
        ("bulk", bulk.to_string(), no_id),
        (
            "bulk",
            json!([{ "id": id(), "to": "bob" }]).to_string(),
            "no payer: a bulk request needs \"from\"",
        ),
        (
            "evt.credit.0",
            event.to_string(),
            "unknown event type \"wallet.account.debited.v9\"",
        ),
        (
            "evt.credit.0",
            "{\"stream\":\"WALLET_0\",\"seq\":7}".to_owned(),
            "not a CloudEvent of the wallet",
        ),
        (
            "park.debit",
            r#"{"sequence":1,"index":null,"action":"retry"}"#.to_owned(),
            "field \"index\" is null",
        ),
    ]
}

async fn every_identifiable_request_is_answered_and_the_rest_is_parked(world: &World) -> Result<()> {
    let (cases, http) = (cases::all(), reqwest::Client::new());
    let answers = publish(world, &cases).await?;
    let mut cents = 0;
    for (id, expected) in cases.iter().flat_map(|case| &case.expected) {
        let outcome = &answers[id];
        match expected {
            Expected::Settled | Expected::Traced => {
                assert_eq!(outcome["outcome"], "settled", "{id}: {outcome}");
                cents += 1;
            }
            Expected::Refused(detail) => {
                assert_eq!(outcome["reason"], "invalid_request", "{id}: {outcome}");
                let actual = outcome["detail"].as_str().unwrap_or_default();
                assert!(actual.contains(detail), "{actual:?} does not contain {detail:?}");
            }
        }
        if let Expected::Traced = expected {
            assert_eq!(outcome["trace"], cases::TRACE, "{outcome}");
        }
        // Its flow is in the books, as valid JSON.
        let id = outcome["id"].as_str().context("an id")?;
        let url = format!("{}/v1/transfers/{id}?payer=alice", world.stack.api_url());
        let flow: Value = http.get(url).send().await?.json().await?;
        assert_eq!(flow["status"], outcome["outcome"], "{flow}");
    }
    let parked = world.api.parked(false).await?;
    let actual: Vec<&str> = parked.iter().map(|parked| &*parked.detail).collect();
    assert_eq!(
        actual,
        [
            "not a request: [] is not an object",
            "not a request: 7 is not an object"
        ]
    );
    park(world).await?;
    let left = 9_600 - cents;
    let left = format!("{}.{:02}", left / 100, left % 100);
    assert_eq!(world.available("alice").await?, left);
    Ok(())
}

/// Requests that can't be answered are parked, and the requests with and after them are handled: 4.00 of alice's.
async fn park(world: &World) -> Result<()> {
    let alice: AccountId = "alice".parse()?;
    let shard = world.nats.shards().await?.of(&alice);
    let unanswerable = unanswerable();
    for (subject, body, _) in &unanswerable {
        let subject = format!("wallet.{shard}.{subject}");
        world
            .nats
            .jetstream()
            .publish(subject, body.clone().into())
            .await?
            .await?;
    }
    world.pay("alice", "bob", "1.00").await?;
    let parked = world.api.parked(false).await?;
    let actual: Vec<String> = parked
        .iter()
        .map(|p| format!("{} {}: {}", p.service, p.subject, p.detail))
        .collect();
    for (subject, _, why) in &unanswerable {
        let subject = format!("wallet.{shard}.{subject}: ");
        assert!(
            actual
                .iter()
                .any(|text| text.contains(&subject) && text.contains(why)),
            "{subject}{why:?} is not in {actual:#?}"
        );
    }
    Ok(())
}

async fn a_request_for_another_shard_is_refused_there(world: &World) -> Result<()> {
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
    Ok(())
}

async fn a_message_over_the_servers_limit_is_refused_before_it_is_sent(world: &World) -> Result<()> {
    let body = json!({ "id": id(), "memo": "m".repeat(2 * 1024 * 1024) }).to_string();
    let refused = world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body, None)
        .await;
    let text = refused.expect_err("2 MB are too much").to_string();
    assert!(text.contains("accepts at most 1048576"), "{text}");
    Ok(())
}
