//! The limits on all external input, each tested at the limit and beyond it. README lists them.

use anyhow::{Context as _, Result, ensure};
use e2e::{PATIENCE, World, id, steps, transfer};
use reqwest::StatusCode;
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::reason::MAX_DETAIL_BYTES;
use wallet_contract::subject::{Verb, bulk};

#[tokio::test]
async fn all_input_has_limits() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    steps!((&world):
        a_request_of_maximum_size_is_refused_with_a_short_detail,
        each_field_has_its_limit,
        an_http_request_has_limits,
    );
    world.verify().await?;
    world.stop().await
}

async fn publish(world: &World, subject: String, body: String) -> Result<()> {
    world
        .nats
        .jetstream()
        .publish(subject, body.into())
        .await?
        .await?;
    Ok(())
}

/// A refusal quotes the invalid value, and its event must fit into a message; otherwise one request would stop its whole shard.
async fn a_request_of_maximum_size_is_refused_with_a_short_detail(world: &World) -> Result<()> {
    let much = "\"\u{1}é".repeat(100_000);
    for field in [
        "to",
        "amount",
        "currency",
        "from",
        "memo",
        "traceparent",
        "verb",
        &much,
    ] {
        let mut body = transfer("bob", "1.00");
        body[field] = much.clone().into();
        ensure!(
            body.to_string().len() < 1024 * 1024 || field == much,
            "the message is too large for the server"
        );
        if field == much {
            body[field] = 7.into();
        }
        let outcome = world.ask(Verb::Transfer, "alice", body).await?;
        let detail = outcome.detail.unwrap_or_default();
        ensure!(
            outcome.reason.is_some() && detail.len() <= MAX_DETAIL_BYTES + "…".len(),
            "{} bytes: {detail:.100}",
            detail.len()
        );
    }
    let alice: AccountId = "alice".parse()?;
    let shard = world.nats.shards().await?.of(&alice);
    let subject = Verb::Transfer.subject(shard, &alice);
    publish(world, subject.clone(), json!({ "id": much }).to_string()).await?;
    publish(
        world,
        subject,
        json!({ "id": id(), "expires_in": [much] }).to_string(),
    )
    .await?;
    let many: Vec<Value> = (0..20_000).map(|number| json!({ "id": number })).collect();
    publish(world, bulk(shard), json!(many).to_string()).await?;
    publish(
        world,
        format!("wallet.{shard}.evt.credit.{shard}"),
        json!(many).to_string(),
    )
    .await?;
    world.pay("alice", "bob", "1.00").await?;
    let parked = world.api.parked(false).await?;
    ensure!(
        parked
            .iter()
            .all(|parked| parked.detail.len() <= MAX_DETAIL_BYTES + "…".len()),
        "{parked:#?}"
    );
    for says in [
        "20000 requests in one message: the limit is 10000",
        "20000 events in one envelope: the limit is 10000",
    ] {
        ensure!(
            parked.iter().any(|parked| parked.detail.contains(says)),
            "{says}: {parked:#?}"
        );
    }
    Ok(())
}

/// (field, at the limit, beyond it)
async fn each_field_has_its_limit(world: &World) -> Result<()> {
    let longest = "a".repeat(64);
    world.open(&[&longest]).await?;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (field, at, beyond) in [
        ("to", json!(longest), json!("a".repeat(65))),
        ("memo", json!("m".repeat(256)), json!("m".repeat(257))),
        ("amount", json!("0.01"), json!("0.001")),
        (
            "amount",
            json!("00000000000000000001.00"),
            json!("92233720368547758.08"),
        ),
        (
            "memo",
            json!("fine"),
            serde_json::from_str::<Value>("[[[[[[[[[[]]]]]]]]]]")?,
        ),
    ] {
        let mut body = transfer(&longest, "1.00");
        body[field] = at;
        let outcome = world.ask(Verb::Transfer, "alice", body.clone()).await?;
        ensure!(
            outcome.outcome.is_good() || field == "amount",
            "{field} at its limit: {outcome:?}"
        );
        body["id"] = id().into();
        body[field] = beyond;
        let outcome = world.ask(Verb::Transfer, "alice", body).await?;
        ensure!(outcome.reason.is_some(), "{field} beyond its limit: {outcome:?}");
    }
    for (seconds, good) in [(365 * 24 * 3600, true), (365 * 24 * 3600 + 1, false), (0, false)] {
        let mut body = transfer(&longest, "1.00");
        body["expires_in"] = seconds.into();
        let outcome = world.ask(Verb::Reserve, "alice", body).await?;
        ensure!(outcome.reason.is_none() == good, "{seconds}: {outcome:?}");
    }
    let alice: AccountId = "alice".parse()?;
    let subject = Verb::Transfer.subject(world.nats.shards().await?.of(&alice), &alice);
    publish(world, subject, format!("{{\"id\":\"{}\",\"memo\":{deep}}}", id())).await?;
    world.pay("alice", &longest, "1.00").await?;
    Ok(())
}

async fn an_http_request_has_limits(world: &World) -> Result<()> {
    let (http, url) = (reqwest::Client::new(), world.stack.api_url());
    let ask = async |path: &str, header: usize| {
        let request = http
            .get(format!("{url}{path}"))
            .header("x-much", "x".repeat(header));
        let answer = request.timeout(PATIENCE).send().await.context("an answer")?;
        anyhow::Ok((answer.status(), answer.text().await?))
    };
    let long = format!("/v1/transfers?before={}", "x".repeat(5_000));
    let name = format!("/v1/accounts/{}", "a".repeat(65));
    for (path, header, status, says) in [
        ("/v1/accounts/alice", 8_000, StatusCode::OK, "alice"),
        (
            "/v1/accounts/alice",
            20_000,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the limit is 16384",
        ),
        (&long, 0, StatusCode::URI_TOO_LONG, "the limit is 4096"),
        (&name, 0, StatusCode::BAD_REQUEST, "the limit is 64"),
        ("/v1/transfers?limit=1000", 0, StatusCode::OK, "transfers"),
    ] {
        let (answered, text) = ask(path, header).await?;
        ensure!(
            answered == status && text.contains(says),
            "{path:.80}: {answered} {text:.300}"
        );
    }
    let written = http
        .post(format!("{url}/v1/accounts/alice"))
        .body("x".repeat(10_000_000))
        .send()
        .await;
    ensure!(
        written.is_err() || written?.status() == StatusCode::METHOD_NOT_ALLOWED,
        "a write over HTTP was accepted"
    );
    ensure!(
        ask("/readyz", 0).await?.0 == StatusCode::OK,
        "the service has stopped working"
    );
    Ok(())
}
