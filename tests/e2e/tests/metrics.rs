//! Metrics are correct: transfers are counted and timed by the working instance, and faults are visible.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::instance::{Instance, STANDBY};
use e2e::metrics::{Scrape, until};
use e2e::{DATABASES, World, id, transfer};
use serde_json::json;
use sqlx::Connection as _;
use wallet_client::api::{Filter, Status, Transfer};
use wallet_contract::subject::{Service, Verb};

/// Transfers with every outcome, each at least once, and their steps.
async fn play(world: &World) -> Result<()> {
    world.open(&["alice", "bob"]).await?;
    for amount in ["1.00", "2.00", "1000.00"] {
        world.pay("alice", "bob", amount).await?;
    }
    let reserve = |id: &str, seconds: u32| json!({ "id": id, "to": "bob", "amount": "5.00", "currency": "USD", "expires_in": seconds });
    let (cancelled, expires) = (id(), id());
    world
        .ask(Verb::Reserve, "alice", reserve(&cancelled, 600))
        .await?;
    world
        .ask(Verb::Cancel, "alice", json!({ "id": cancelled }))
        .await?;
    world.ask(Verb::Reserve, "alice", reserve(&expires, 1)).await?;
    world.ask(Verb::Freeze, "bob", json!({ "id": id() })).await?;
    world.pay("alice", "bob", "1.00").await?;
    Ok(())
}

/// The duration of transfers is one figure; the second for which a reservation was held until it expired is not part of it.
async fn durations_match_the_books(world: &World, ledger: &Scrape) -> Result<()> {
    let flows = world
        .api
        .transfers(&Filter::default(), 100, None)
        .await?
        .transfers;
    for status in [
        Status::Settled,
        Status::Refused,
        Status::Compensated,
        Status::Cancelled,
        Status::Expired,
    ] {
        let of_status = flows
            .iter()
            .filter(|flow| flow.status == status && flow.is_payment());
        let took = of_status
            .filter_map(Transfer::took)
            .sum::<Duration>()
            .as_secs_f64();
        let label = format!("outcome=\"{}\"", status.word());
        let exported = ledger
            .sum("wallet_transfer_duration_seconds_sum", &[&label])
            .context("a sum")?;
        ensure!(
            (exported - took).abs() < 1e-5,
            "{label}: {exported} s, but {took} s in the books"
        );
        ensure!(took > 0.0, "{label}");
    }
    let expired = flows
        .iter()
        .find(|flow| flow.status == Status::Expired)
        .context("one expired")?;
    let (took, held) = (
        expired.took().context("it ended")?,
        expired.held_for_us().context("it was held")?,
    );
    ensure!(took < Duration::from_millis(900), "{took:?}");
    ensure!(held > 900_000, "{held} us");
    Ok(())
}

#[tokio::test]
async fn known_transfers_are_counted_and_timed() -> Result<()> {
    for database in DATABASES {
        let world = World::start(database).await?;
        play(&world).await?;
        let expired = ["outcome=\"expired\""];
        let ledger = until(&world, Service::Ledger, "wallet_transfers_total", &expired, 1.0).await?;
        for (outcome, count) in [
            ("settled", 4.0),
            ("refused", 1.0),
            ("cancelled", 1.0),
            ("compensated", 1.0),
        ] {
            let label = format!("outcome=\"{outcome}\"");
            let sum = |name| ledger.sum(name, &[&label]);
            assert_eq!(sum("wallet_transfers_total"), Some(count), "{outcome}");
            assert_eq!(
                sum("wallet_transfer_duration_seconds_count"),
                Some(count),
                "{outcome}"
            );
        }
        durations_match_the_books(&world, &ledger).await?;
        let failed = ["service=\"ledger-svc\"", "event=\"transfer.failed\""];
        let ledger = until(
            &world,
            Service::Ledger,
            "wallet_step_duration_seconds_count",
            &failed,
            4.0,
        )
        .await?;
        for (service, event, count) in [
            ("debit-svc", "account.debited", 5.0),
            ("credit-svc", "account.credited", 4.0),
            ("credit-svc", "credit.promised", 2.0),
            ("credit-svc", "credit.refused", 1.0),
            // A release by the clock has no preceding step to measure from.
            ("debit-svc", "reservation.released", 1.0),
            ("ledger-svc", "transfer.settled", 4.0),
        ] {
            let labels = [format!("service=\"{service}\""), format!("event=\"{event}\"")];
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            assert_eq!(
                ledger.sum("wallet_step_duration_seconds_count", &labels),
                Some(count),
                "{event}"
            );
        }
        let conserved = "wallet_conservation_error_minor_units";
        let ledger = until(&world, Service::Ledger, conserved, &["currency=\"USD\""], 0.0).await?;
        let exported = ledger.sum("wallet_conservation_checked_timestamp_seconds", &[]);
        ensure!(exported.is_some_and(|at| at > 1.7e9), "{exported:?}");

        let alice = "alice".parse()?;
        world
            .nats
            .request(Verb::Transfer, &alice, "{\"id\":7}".to_owned(), None)
            .await?;
        let debit = until(&world, Service::Debit, "wallet_parked_messages", &[], 1.0).await?;
        assert_eq!(debit.sum("wallet_messages_parked_total", &[]), Some(1.0));
        for service in Service::ALL {
            let scrape = until(&world, service, "wallet_projection_lag_seconds", &[], 0.0).await?;
            assert_eq!(
                scrape.sum("wallet_copies_pending_events", &[]),
                Some(0.0),
                "{service}"
            );
        }
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn only_the_working_instance_counts_and_a_restart_loses_nothing() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let spare = Instance::second(&world, Service::Ledger)?;
    spare.until_both(STANDBY).await?;
    until(&world, Service::Ledger, "wallet_flows_in_flight", &[], 0.0).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = Scrape::at(&spare.url()).await?;
    assert_eq!(idle.sum("wallet_transfers_total", &[]), Some(0.0));
    for gauge in [
        "wallet_flows_in_flight",
        "wallet_flows_stuck",
        "wallet_projection_lag_seconds",
        "wallet_parked_messages",
        "wallet_copies_pending_events",
        "wallet_conservation_error_minor_units",
    ] {
        assert_eq!(idle.sum(gauge, &[]), None, "{gauge} is the working instance's");
    }
    drop(spare);

    // Flows that began before this ledger did are timed from the books.
    world.stack.stop_service(Service::Debit).await?;
    let alice = "alice".parse()?;
    world
        .nats
        .request(Verb::Transfer, &alice, transfer("bob", "1.00").to_string(), None)
        .await?;
    until(&world, Service::Ledger, "wallet_flows_in_flight", &[], 1.0).await?;
    world.stack.stop_service(Service::Ledger).await?;
    world.stack.start_service(Service::Ledger).await?;
    world.stack.start_service(Service::Debit).await?;
    let settled = ["outcome=\"settled\""];
    until(&world, Service::Ledger, "wallet_transfers_total", &settled, 1.0).await?;
    let took = "wallet_transfer_duration_seconds_count";
    until(&world, Service::Ledger, took, &settled, 1.0).await?;
    world.stop().await
}

#[tokio::test]
async fn forged_money_shows() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let (conserved, usd) = ("wallet_conservation_error_minor_units", ["currency=\"USD\""]);
    until(&world, Service::Ledger, conserved, &usd, 0.0).await?;
    let shard = world.nats.shards().await?.of(&"bob".parse()?);
    let file = world.dir().join(format!("ledger-{shard}.db"));
    let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await?;
    let forged = sqlx::query("UPDATE account SET available = available + 5 WHERE name = 'bob'");
    assert_eq!(forged.execute(&mut db).await?.rows_affected(), 1);
    until(&world, Service::Ledger, conserved, &usd, 5.0).await?;
    world.stop().await
}
