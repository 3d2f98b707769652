//! What the lists do not reach: every verb and every way to end, operators' actions, and the pages that people view.

use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use e2e::{World, id, transfer, wait};
use jiff::Timestamp;
use serde_json::{Value, json};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};

/// A flow of each kind, for viewing.
pub(super) struct Flows {
    settled: String,
    captured: String,
    trace: String,
    /// When the first of them began.
    began: Timestamp,
}

/// Makes every request that clients can make.
pub(super) async fn run_flows(world: &World) -> Result<Flows> {
    let ask = async |verb, account: &str, body: Value| world.ask(verb, account, body).await;
    let of = |id: &str| json!({ "id": id });
    world.open(&["carol", "dave"]).await?;
    let overdraft = json!({ "id": id(), "currency": "USD", "overdraft": "5.00" });
    ask(Verb::Open, "erin", overdraft).await?;
    let paid = transfer("dave", "10.00");
    for _ in 0..2 {
        ask(Verb::Transfer, "carol", paid.clone()).await?;
    }
    let settled = paid["id"].as_str().context("an id")?.to_owned();

    let back = |amount: &str| json!({ "id": id(), "to": "carol", "amount": amount, "currency": "USD", "reverses": settled });
    for amount in ["4.00", "7.00"] {
        ask(Verb::Reverse, "dave", back(amount)).await?;
    }
    ask(Verb::Freeze, "carol", of(&id())).await?;
    ask(Verb::Reverse, "dave", back("1.00")).await?;
    ask(Verb::Transfer, "dave", transfer("carol", "1.00")).await?;
    ask(Verb::Unfreeze, "carol", of(&id())).await?;

    let captured = id();
    let held = |id: &str, more: &[(&str, Value)]| {
        let mut body = json!({ "id": id, "to": "dave", "amount": "3.00", "currency": "USD" });
        for (name, value) in more {
            body[*name] = value.clone();
        }
        body
    };
    ask(Verb::Reserve, "carol", held(&captured, &[])).await?;
    ask(
        Verb::Confirm,
        "carol",
        json!({ "id": captured, "amount": "1.00", "currency": "USD" }),
    )
    .await?;
    ask(
        Verb::Reserve,
        "carol",
        held(&id(), &[("auto_confirm", true.into())]),
    )
    .await?;
    let short = id();
    ask(Verb::Reserve, "carol", held(&short, &[("expires_in", 1.into())])).await?;
    // Confirmed, and cancelled, before it is promised.
    for verb in ["confirm", "cancel"] {
        let early = id();
        let mut reserve = held(&early, &[]);
        reserve["verb"] = "reserve".into();
        reserve["from"] = "carol".into();
        let body = json!([reserve, { "id": early, "from": "carol", "verb": verb }]).to_string();
        let home = world.nats.shards().await?.of(&"carol".parse()?);
        world
            .nats
            .put(&wallet_contract::subject::bulk(home), Vec::new(), body)
            .await?;
        until_ended(world, &early).await?;
    }
    until_ended(world, &short).await?;
    ask(Verb::Close, "erin", of(&id())).await?;
    let flow = world
        .api
        .transfer(settled.parse()?, None)
        .await?
        .context("it is known")?;
    Ok(Flows {
        settled,
        captured,
        trace: flow.trace.clone(),
        began: flow.started_at,
    })
}

/// Waits until a transfer has ended.
pub(super) async fn until_ended(world: &World, id: &str) -> Result<()> {
    let ended = async || {
        let flow = world.api.transfer(id.parse()?, None).await;
        // A ledger that is far behind returns an error instead.
        Ok(flow.ok().flatten().and_then(|flow| flow.ended_at))
    };
    wait::until("it has ended", ended, Option::is_some).await?;
    Ok(())
}

/// Resolves parked messages, as operators do.
pub(super) async fn resolve_parked(world: &World) -> Result<()> {
    let rows = world.api.parked(false).await?;
    let [first, second, ..] = &rows[..] else {
        anyhow::bail!("too little is parked: {rows:?}");
    };
    for args in [
        vec!["parked", "show", &first.id],
        vec!["parked", "discard", &first.id, "--reason", "half a request"],
        vec![
            "parked",
            "edit",
            &second.id,
            "--body",
            r#"{"to":"bob","amount":"1.00","currency":"USD"}"#,
        ],
    ] {
        let done = world.wallet(&args).await?;
        let report = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{args:?}: {report}");
    }
    Ok(())
}

/// Views every page and every answer.
pub(super) async fn read_pages(world: &World, flows: &Flows) -> Result<()> {
    let (settled, captured, trace) = (&flows.settled, &flows.captured, &flows.trace);
    let then = wallet_client::clock::now();
    let base = world.stack.api_url();
    for path in [
        format!("/v1/accounts/carol?at={then}"),
        "/v1/transfers?ended_to=2020-01-01".to_owned(),
        "/v1/accounts/carol/statement?limit=1000".to_owned(),
        format!("/v1/transfers?to={}", flows.began),
        "/v1/transfers?currency=EUR".to_owned(),
        "/accounts/dave".to_owned(),
        format!("/accounts/carol?at={then}"),
        format!("/v1/transfers/{settled}"),
        format!("/v1/traces/{trace}"),
        format!("/flows/{captured}"),
        format!("/flows/{settled}?tab=money"),
        format!("/flows/{settled}/export.html"),
        format!("/flows/{settled}/export.mmd"),
        format!("/flows/{settled}/export.otlp.json"),
        format!("/traces/{trace}"),
        format!("/find?q={settled}"),
        format!("/find?q={}", &settled[..8]),
        "/health".to_owned(),
        "/v1/health".to_owned(),
        "/v1/stats".to_owned(),
    ] {
        let answer = reqwest::get(format!("{base}{path}")).await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    for service in Service::ALL {
        let mut paths = vec![
            "/metrics".to_owned(),
            "/readyz".to_owned(),
            "/v1/store".to_owned(),
        ];
        if service == Service::Debit {
            paths.push(format!("/v1/phases/{captured}"));
        }
        for path in paths {
            let answer = reqwest::get(format!("{}{path}", world.stack.service_url(service))).await?;
            ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        }
    }
    Ok(())
}

/// A stream is lost and restored from the services' stores.
pub(super) async fn heal(world: &World) -> Result<()> {
    world
        .nats
        .jetstream()
        .delete_stream(wallet_contract::stream::name(Shard(0)))
        .await?;
    let [debit, credit] = [Service::Debit, Service::Credit].map(|service| world.stack.service_url(service));
    let args = ["heal", "--debit", &debit, "--credit", &credit, "--yes", "--json"];
    let healed = |done: &Output| {
        let report: Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
        done.status.success() && report["streams"][0]["gone"] == true
    };
    wait::until("it is healed", async || world.wallet(&args).await, healed).await?;
    Ok(())
}
