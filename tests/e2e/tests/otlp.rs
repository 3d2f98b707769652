//! Flows as OpenTelemetry spans, received by third-party programs: each flow whole, with the ids of the log, while the ledger
//! runs and years later. A receiver that is down or slow does not affect payments.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::metrics::{Scrape, until};
use e2e::nginx::Narrow;
use e2e::receivers::{Receiver, Span};
use e2e::{World, id, wait};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wallet_client::api::Filter;
use wallet_contract::subject::{Service, Verb};
use wallet_stack::address::free_ports;

/// Must not appear in any span.
const MEMO: &str = "for the therapist";

/// A settled, a refused and a compensated transfer, and a reservation that is cancelled.
async fn play(world: &World) -> Result<()> {
    world.open(&["alice", "bob"]).await?;
    let pay =
        |amount: &str| json!({ "id": id(), "to": "bob", "amount": amount, "currency": "USD", "memo": MEMO });
    world.ask(Verb::Transfer, "alice", pay("1.00")).await?;
    world.ask(Verb::Transfer, "alice", pay("1000.00")).await?;
    let mut reservation = pay("5.00");
    reservation["expires_in"] = 600.into();
    world.ask(Verb::Reserve, "alice", reservation.clone()).await?;
    world
        .ask(Verb::Cancel, "alice", json!({ "id": reservation["id"] }))
        .await?;
    world.ask(Verb::Freeze, "bob", json!({ "id": id() })).await?;
    world.ask(Verb::Transfer, "alice", pay("2.00")).await?;
    Ok(())
}

/// The spans that must have been received according to the log: trace id, span id, parent's id.
async fn expected(world: &World) -> Result<BTreeSet<(String, String, String)>> {
    let half = |id: uuid::Uuid| id.simple().to_string()[16..].to_owned();
    let mut spans = BTreeSet::new();
    for flow in world
        .api
        .transfers(&Filter::default(), 1_000, None)
        .await?
        .transfers
    {
        let id = flow.transfer.to_string().parse()?;
        let whole = world
            .api
            .transfer(id, Some(&flow.payer.parse()?))
            .await?
            .context("it is listed")?;
        ensure!(whole.ended_at.is_some(), "it has not ended: {whole:?}");
        for event in whole.events {
            let parent = event.cause.map(half).unwrap_or_default();
            spans.insert((whole.trace.clone(), half(event.id), parent));
        }
    }
    Ok(spans)
}

fn ids(spans: &BTreeSet<Span>) -> BTreeSet<(String, String, String)> {
    let ids = spans
        .iter()
        .map(|span| (span.trace.clone(), span.id.clone(), span.parent.clone()));
    ids.collect()
}

/// Checks that the receiver has decoded everything.
fn check(spans: &BTreeSet<Span>, output: &str) -> Result<()> {
    let mut decisions: BTreeMap<&str, usize> = BTreeMap::new();
    for span in spans {
        let attribute = |name: &str| span.attributes.get(name).map(String::as_str);
        ensure!(!span.error, "a refusal must not be an error: {span:?}");
        assert_eq!(attribute("messaging.system"), Some("nats"));
        for name in [
            "messaging.destination.name",
            "messaging.message.id",
            "messaging.message.conversation_id",
            "wallet.transfer.id",
            "wallet.payer",
            "messaging.operation.name",
        ] {
            ensure!(
                attribute(name).is_some_and(|value| !value.is_empty()),
                "no {name} in {span:?}"
            );
        }
        let operation = (
            span.parent.is_empty(),
            span.kind,
            attribute("messaging.operation.type"),
        );
        ensure!(
            [(true, 4, Some("send")), (false, 5, Some("process"))].contains(&operation),
            "{span:?}"
        );
        if let Some(decision) = attribute("wallet.decision") {
            *decisions.entry(decision).or_default() += 1;
        }
    }
    for (decision, times) in [
        ("account.debited", 4),
        ("account.credited", 3),
        ("credit.refused", 1),
        ("debit.reversed", 1),
        ("debit.refused", 1),
        ("reservation.released", 1),
        ("transfer.settled", 3),
        ("transfer.failed", 3),
    ] {
        assert_eq!(
            decisions.get(decision),
            Some(&times),
            "{decision} in {decisions:?}"
        );
    }
    ensure!(!output.contains(MEMO), "a memo was exported");
    Ok(())
}

/// A stack whose ledger exports.
async fn exporting(database: Option<&str>, endpoint: &str, protocol: &str) -> Result<World> {
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000".to_owned()),
    ];
    World::with(database, |options| options.settings.extend(settings)).await
}

#[tokio::test]
async fn each_flow_is_exported_as_it_ends() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (Some(tap), Some(rotel)) = (
        Receiver::oteltap(dir.path(), None).await?,
        Receiver::rotel(dir.path()).await?,
    ) else {
        return Ok(());
    };
    for (database, receiver, endpoint, protocol) in [
        (None, &tap, &tap.http, "http/protobuf"),
        (Some("postgres"), &rotel, &rotel.grpc, "grpc"),
    ] {
        let mut world = exporting(database, endpoint, protocol).await?;
        play(&world).await?;
        let expected = expected(&world).await?;
        let received = receiver.until(expected.len()).await?;
        assert_eq!(ids(&received), expected, "{protocol}");
        check(&received, &receiver.output()?)?;
        let scrape = until(&world, Service::Ledger, "wallet_export_lag_seconds", &[], 0.0).await?;
        let sent = scrape
            .sum("wallet_export_spans_total", &[])
            .context("it is counted")?;
        ensure!(
            sent >= f64::from(u32::try_from(expected.len())?),
            "{sent} of {}",
            expected.len()
        );
        assert_eq!(scrape.sum("wallet_export_failures_total", &[]), Some(0.0));

        // It continues from its cursor and may repeat spans; none is left out.
        world.stack.kill(Service::Ledger).await?;
        world.stack.start_service(Service::Ledger).await?;
        world.pay("@world", "alice", "3.00").await?;
        let received = receiver.until(expected.len() + 4).await?;
        assert_eq!(received.len(), expected.len() + 4, "a repeat adds no span");
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_flow_is_exported_through_a_proxy_with_a_small_limit() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(rotel) = Receiver::rotel(dir.path()).await? else {
        return Ok(());
    };
    // A flow takes about 6 KiB.
    let Some(narrow) = Narrow::start(&rotel, 20_000).await? else {
        return Ok(());
    };
    for (endpoint, protocol) in [(&narrow.http, "http/protobuf"), (&narrow.grpc, "grpc")] {
        let mut world = exporting(None, endpoint, protocol).await?;
        play(&world).await?;
        for _ in 0..20 {
            world.pay("alice", "bob", "0.01").await?;
        }
        // It starts again at its cursor, which it writes every few seconds, with everything in one message.
        world.stack.stop_service(Service::Ledger).await?;
        world.stack.start_service(Service::Ledger).await?;
        world.pay("@world", "alice", "3.00").await?;
        let expected = expected(&world).await?;
        let has_all = |received: &BTreeSet<Span>| expected.is_subset(&ids(received));
        rotel.until_all(has_all).await?;
        let scrape = until(&world, Service::Ledger, "wallet_export_lag_seconds", &[], 0.0).await?;
        for (name, value) in [
            ("wallet_export_failures_total", 0.0),
            ("wallet_export_rejected_spans_total", 0.0),
            ("wallet_export_oversized_flows_total", 0.0),
        ] {
            assert_eq!(scrape.sum(name, &[]), Some(value), "{protocol}: {name}");
        }
        let args = [
            "trace",
            "export",
            "--since",
            "1h",
            "--otlp",
            endpoint,
            "--protocol",
            protocol,
        ];
        let done = world.wallet(&args).await?;
        assert_eq!(done.status.code(), Some(0), "{protocol}: {done:?}");
        world.stop().await?;
    }
    // Not even one flow fits: each is left out, counted and logged, and nothing waits.
    let Some(narrow) = Narrow::start(&rotel, 1_000).await? else {
        return Ok(());
    };
    let world = exporting(None, &narrow.grpc, "grpc").await?;
    world.open(&["alice"]).await?;
    let oversized = "wallet_export_oversized_flows_total";
    until(&world, Service::Ledger, oversized, &[], 2.0).await?;
    until(&world, Service::Ledger, "wallet_export_lag_seconds", &[], 0.0).await?;
    let log = std::fs::read_to_string(world.stack.logs().join("ledger-svc.log"))?;
    assert_eq!(
        log.matches("exceed the receiver's size limit").count(),
        1,
        "{log}"
    );
    world.stop().await
}

#[tokio::test]
async fn an_absent_or_slow_receiver_does_not_affect_payments() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let [port] = free_ports()?;
    let endpoint = format!("http://127.0.0.1:{port}");
    // It accepts connections and never answers.
    let silent = TcpListener::bind(("127.0.0.1", port)).await?;
    let world = exporting(None, &endpoint, "http/protobuf").await?;
    play(&world).await?;
    let failures = async || -> Result<f64> {
        let scrape = Scrape::of(&world, Service::Ledger).await?;
        Ok(scrape.sum("wallet_export_failures_total", &[]).unwrap_or(0.0))
    };
    wait::until("a missing reply counts as a failure", failures, |failures| {
        *failures >= 1.0
    })
    .await?;
    drop(silent);
    let before = tokio::time::Instant::now();
    world.verify().await?;
    ensure!(
        before.elapsed() < Duration::from_secs(20),
        "the audit took too long"
    );
    let expected = expected(&world).await?;
    let Some(tap) = Receiver::oteltap(dir.path(), Some(port)).await? else {
        return world.stop().await;
    };
    let received = tap.until(expected.len()).await?;
    assert_eq!(ids(&received), expected, "flows that ended meanwhile");
    world.stop().await
}

#[tokio::test]
async fn the_tool_exports_on_demand() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(rotel) = Receiver::rotel(dir.path()).await? else {
        return Ok(());
    };
    let world = World::start(None).await?;
    play(&world).await?;
    let expected = expected(&world).await?;
    for (endpoint, protocol) in [(&rotel.http, "http/protobuf"), (&rotel.grpc, "grpc")] {
        let args = [
            "trace",
            "export",
            "--since",
            "1h",
            "--otlp",
            endpoint,
            "--protocol",
            protocol,
            "--json",
        ];
        let done = world.wallet(&args).await?;
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let report: Value = serde_json::from_slice(&done.stdout)?;
        assert_eq!(
            (&report["flows"], &report["spans"]),
            (&json!(9), &json!(expected.len())),
            "{report}"
        );
        let received = rotel.until(expected.len()).await?;
        assert_eq!(ids(&received), expected, "the same over both protocols");
        check(&received, &rotel.output()?)?;
    }
    let one = world
        .api
        .transfers(&Filter::default(), 1, None)
        .await?
        .transfers
        .remove(0);
    let name = one.transfer.to_string();
    let done = world
        .wallet(&["trace", "export", &name, "--otlp", &rotel.http])
        .await?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    ensure!(text.starts_with("1 flow exported, "), "{text}");
    let [port] = free_ports()?;
    let closed = format!("http://127.0.0.1:{port}");
    for (args, code) in [
        (vec!["trace", "export", &name, "--otlp", &closed], 1),
        (
            vec!["trace", "export", &name, "--otlp", &closed, "--protocol", "grpc"],
            1,
        ),
        (
            vec![
                "trace",
                "export",
                "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f",
                "--otlp",
                &rotel.http,
            ],
            1,
        ),
        (vec!["trace", "export", "--otlp", &rotel.http], 2),
        (vec!["trace", "export", &name, "--otlp", "nonsense"], 2),
        (
            vec![
                "trace",
                "export",
                &name,
                "--otlp",
                &closed,
                "--protocol",
                "http/json",
            ],
            2,
        ),
        (vec!["trace", "export", "--since", "0s", "--otlp", &rotel.http], 0),
    ] {
        let done = world.wallet(&args).await?;
        assert_eq!(done.status.code(), Some(code), "{args:?}: {done:?}");
    }
    world.stop().await
}

#[tokio::test]
async fn an_invalid_export_setting_prevents_the_start() -> Result<()> {
    let world = World::start(None).await?;
    let dir = tempfile::tempdir()?;
    let [port] = free_ports()?;
    let mut ledger = tokio::process::Command::new(e2e::program("ledger-svc")?);
    ledger
        .env("WALLET_NATS_URL", world.stack.nats_url())
        .env(
            "WALLET_DATABASE_URL",
            format!("sqlite://{}/x-{{shard}}.db", dir.path().display()),
        )
        .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"));
    for (name, value, says) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://user:secret@h:4318",
            "put a user or password into the headers",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/json",
            "use grpc or http/protobuf",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret", "entry 1 has no ="),
    ] {
        ledger
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318")
            .env(name, value);
        let done = ledger.output().await?;
        ledger.env_remove(name);
        let report = String::from_utf8_lossy(&done.stderr).into_owned();
        ensure!(
            !done.status.success() && report.contains(says) && !report.contains("secret"),
            "{report}"
        );
    }
    world.stop().await
}
