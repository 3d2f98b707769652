//! Transfers in two phases over NATS, and reversals; a service is killed in the middle of each.

mod expiry;
mod reversals;
mod tool;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATABASES, World, id, steps, wait};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_contract::id::AccountId;
use wallet_contract::subject::{Service, Verb};
use wallet_view::{held, steps};

use self::expiry::held_time_is_no_duration;
use self::reversals::a_received_amount_can_be_reversed_once;

fn reserve(id: &str, to: &str, amount: &str, expires_in: u32) -> Value {
    json!({ "id": id, "to": to, "amount": amount, "currency": "USD", "expires_in": expires_in })
}

fn only(id: &str) -> Value {
    json!({ "id": id })
}

async fn send(world: &World, verb: Verb, body: &Value) -> Result<()> {
    let alice: AccountId = "alice".parse()?;
    world.nats.request(verb, &alice, body.to_string(), None).await?;
    Ok(())
}

/// Waits until a transfer of alice's has this status.
async fn until(world: &World, id: &str, status: &str) -> Result<()> {
    let read = async || {
        let flow = world.api.transfer(id.parse()?, Some(&"alice".parse()?)).await?;
        Ok(flow.map_or("unknown", |flow| flow.status.word()))
    };
    wait::until(format!("{id} is {status}"), read, |actual| *actual == status).await?;
    Ok(())
}

/// `75.00 available, 20.00 held, 5.00 in transit`
async fn money(world: &World, account: &str) -> Result<String> {
    let page = world.api.account(&account.parse()?, None).await?;
    let balance = &page.balances[0];
    let in_transit = balance.in_transit.clone().unwrap_or_default();
    Ok(format!(
        "{} available, {} held, {in_transit} in transit",
        balance.available, balance.held
    ))
}

#[tokio::test]
async fn any_client_reserves_confirms_cancels_and_reverses() -> Result<()> {
    for database in DATABASES {
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let check = async |verb, body: Value, expected: &str| {
            let outcome = world.ask(verb, "alice", body).await?;
            let reason = outcome
                .reason
                .map_or_else(String::new, |reason| format!(": {reason}"));
            assert_eq!(format!("{}{reason}", outcome.outcome), expected);
            anyhow::Ok(())
        };
        let (one, two, three, four) = (id(), id(), id(), id());
        check(Verb::Reserve, reserve(&one, "bob", "30.00", 600), "reserved").await?;
        assert_eq!(
            money(&world, "alice").await?,
            "70.00 available, 30.00 held, 0.00 in transit"
        );
        // Whatever becomes of bob's account, what was promised is credited.
        world.ask(Verb::Freeze, "bob", only(&id())).await?;
        let part = json!({ "id": one, "amount": "20.00", "currency": "USD" });
        let most = json!({ "id": one, "amount": "30.01", "currency": "USD" });
        check(Verb::Confirm, most, "refused: exceeds_reservation").await?;
        check(Verb::Confirm, part.clone(), "settled").await?;
        check(Verb::Confirm, part, "settled").await?;
        check(Verb::Cancel, only(&one), "refused: already_confirmed").await?;
        assert_eq!(
            money(&world, "alice").await?,
            "80.00 available, 0.00 held, 0.00 in transit"
        );
        assert_eq!(world.available("bob").await?, "120.00");
        check(
            Verb::Reserve,
            reserve(&two, "bob", "1.00", 600),
            "refused: account_frozen",
        )
        .await?;
        check(Verb::Confirm, only(&two), "refused: declined").await?;
        world.ask(Verb::Unfreeze, "bob", only(&id())).await?;

        check(Verb::Reserve, reserve(&three, "bob", "5.00", 600), "reserved").await?;
        check(Verb::Cancel, only(&three), "cancelled: cancelled").await?;
        check(Verb::Confirm, only(&three), "refused: cancelled").await?;
        check(
            Verb::Reserve,
            reserve(&four, "bob", "80.01", 600),
            "refused: insufficient_funds",
        )
        .await?;
        check(Verb::Confirm, only(&id()), "refused: no_reservation").await?;
        let at_once =
            json!({ "id": id(), "to": "bob", "amount": "1.00", "currency": "USD", "auto_confirm": true });
        check(Verb::Reserve, at_once, "settled").await?;
        let short = id();
        check(Verb::Reserve, reserve(&short, "bob", "5.00", 1), "reserved").await?;
        let began = Instant::now();
        until(&world, &short, "expired").await?;
        println!(
            "{database:?}: expired {:?} after it was reserved for 1 s",
            began.elapsed()
        );
        ensure!(
            began.elapsed() < Duration::from_secs(2),
            "more than a second late: {:?}",
            began.elapsed()
        );
        assert_eq!(
            money(&world, "alice").await?,
            "79.00 available, 0.00 held, 0.00 in transit"
        );
        for (id, amounts) in [
            (&one, ["20.00", "10.00"]),
            (&three, ["0.00", "5.00"]),
            (&short, ["0.00", "5.00"]),
        ] {
            was_held(&world, id, amounts)
                .await
                .with_context(|| format!("{database:?}"))?;
        }
        held_time_is_no_duration(&world, &short)
            .await
            .with_context(|| format!("{database:?}"))?;
        steps!((&world): a_received_amount_can_be_reversed_once);
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// The books agree with the events on how long it was held and what became of the money.
async fn was_held(world: &World, id: &str, [captured, released]: [&str; 2]) -> Result<()> {
    let flow = world
        .api
        .transfer(id.parse()?, None)
        .await?
        .context("it is known")?;
    let held = held::of(&steps::of(&flow)).context("it was not held for alice")?;
    assert_eq!(flow.held_us, Some(held.us), "{}", flow.status.word());
    assert_eq!(
        (flow.captured.as_deref(), flow.released.as_deref()),
        (Some(captured), Some(released))
    );
    Ok(())
}

/// A service goes down, comes back and continues at each stage of a reservation: before the hold, between hold and confirm,
/// before a cancel, before the expiry. Whatever is confirmed in time is paid, although no service hears of it until the expiry
/// time has passed.
#[tokio::test]
async fn a_service_killed_mid_reservation_changes_nothing() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        for service in Service::ALL {
            let (kept, dropped, left) = (id(), id(), id());
            world.stack.kill(service).await?;
            for id in [&kept, &dropped] {
                send(&world, Verb::Reserve, &reserve(id, "bob", "2.00", 600)).await?;
            }
            send(&world, Verb::Reserve, &reserve(&left, "bob", "2.00", 2)).await?;
            world.stack.start_service(service).await?;
            until(&world, &kept, "reserved").await?;
            until(&world, &dropped, "reserved").await?;
            let timely = id();
            world
                .ask(Verb::Reserve, "alice", reserve(&timely, "bob", "2.00", 2))
                .await?;
            world.stack.kill(service).await?;
            send(&world, Verb::Confirm, &only(&timely)).await?;
            send(&world, Verb::Confirm, &only(&kept)).await?;
            send(&world, Verb::Cancel, &only(&dropped)).await?;
            sleep(Duration::from_secs(2)).await;
            world.stack.start_service(service).await?;
            until(&world, &kept, "settled").await?;
            until(&world, &timely, "settled").await?;
            until(&world, &dropped, "cancelled").await?;
            until(&world, &left, "expired").await?;
            println!("{database:?}: {service} was killed twice, all ended");
        }
        assert_eq!(
            money(&world, "alice").await?,
            "88.00 available, 0.00 held, 0.00 in transit"
        );
        assert_eq!(world.available("bob").await?, "112.00");
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}
