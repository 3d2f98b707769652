//! Transfers of two phases over NATS, and reversals; a service killed in the midst of each.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATABASES, PATIENCE, World, id};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_client::api::{Status, StatusFilter};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::subject::{Service, Verb};
use wallet_view::{held, steps, text};

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

/// Waits until a transfer of alice stands so.
async fn until(world: &World, id: &str, status: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let flow = world.api.transfer(id.parse()?, Some(&"alice".parse()?)).await?;
        let stands = flow.map_or("unknown", |flow| flow.status.word());
        if stands == status {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{id} is {stands}, not {status}");
        sleep(Duration::from_millis(20)).await;
    }
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
async fn any_client_reserves_confirms_and_cancels() -> Result<()> {
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
        // Whatever becomes of bob's account: what was promised is credited.
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
            "at most a second late, was {:?}",
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
        held_is_not_asked_for(&world, &short)
            .await
            .with_context(|| format!("{database:?}"))?;
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// The books know for how long it was held, and what became of the money, as its events do.
async fn was_held(world: &World, id: &str, [captured, released]: [&str; 2]) -> Result<()> {
    let flow = world
        .api
        .transfer(id.parse()?, None)
        .await?
        .context("it is known")?;
    let held = held::of(&steps::of(&flow)).context("it waited for alice")?;
    assert_eq!(flow.held_us, Some(held.us), "{}", flow.status.word());
    assert_eq!(
        (flow.captured.as_deref(), flow.released.as_deref()),
        (Some(captured), Some(released))
    );
    Ok(())
}

/// What lasts long is found; what is held for long, or was, waits for alice and is not.
async fn held_is_not_asked_for(world: &World, expired: &str) -> Result<()> {
    let waits = id();
    world
        .ask(Verb::Reserve, "alice", reserve(&waits, "bob", "1.00", 600))
        .await?;
    let deadline = Instant::now() + PATIENCE;
    let flow = world
        .api
        .transfer(expired.parse()?, None)
        .await?
        .context("it is known")?;
    let held = flow.held_for_us().context("it was held")?;
    loop {
        let list = async |query: &str| {
            let url = format!("{}/v1/transfers?{query}", world.stack.api_url());
            anyhow::Ok(reqwest::get(url).await?.text().await?)
        };
        let one = world
            .api
            .transfer(waits.parse()?, None)
            .await?
            .context("it is known")?;
        let long_ago = wallet_client::clock::now()
            .duration_since(one.started_at)
            .as_millis()
            > 1_000;
        for account in ["", "&account=alice"] {
            let all = list(&format!("lasted_ms=0{account}")).await?;
            ensure!(all.contains(&waits) && all.contains(expired), "{all}");
            let lasted = list(&format!("lasted_ms={}us{account}", held.min(900_000))).await?;
            ensure!(!lasted.contains(&waits) && !lasted.contains(expired), "{lasted}");
        }
        if long_ago {
            break;
        }
        ensure!(Instant::now() < deadline, "no second passes");
        sleep(Duration::from_millis(50)).await;
    }
    world.ask(Verb::Cancel, "alice", only(&waits)).await?;
    Ok(())
}

/// Reserves 5,000 times for two seconds, and looks when each was released.
#[tokio::test]
async fn many_expire_at_once_and_none_much_too_late() -> Result<()> {
    const MANY: u64 = 5_000;
    for database in DATABASES {
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        for _ in 0..10 {
            let some: Vec<Value> = (0..MANY / 10).map(|_| reserve(&id(), "bob", "0.01", 2)).collect();
            send(&world, Verb::Reserve, &Value::from(some)).await?;
        }
        let deadline = Instant::now() + PATIENCE;
        while world.api.stats().await?.transfers.expired < MANY {
            ensure!(Instant::now() < deadline, "not all have expired");
            sleep(Duration::from_millis(50)).await;
        }
        let filter = wallet_client::api::Filter {
            status: Some(StatusFilter::Is(Status::Expired)),
            ..wallet_client::api::Filter::default()
        };
        let (mut late, mut next) = (Vec::new(), None);
        loop {
            let page = world.api.transfers(&filter, 1_000, next.as_deref()).await?;
            let lasted = page
                .transfers
                .iter()
                .filter_map(|flow| Some(flow.ended_at?.duration_since(flow.started_at)));
            late.extend(lasted.map(|lasted| lasted.as_millis() - 2_000));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        late.sort_unstable();
        println!(
            "{database:?}: {} expired, late by {} to {} ms",
            late.len(),
            late[0],
            late[late.len() - 1]
        );
        assert_eq!(late.len() as u64, MANY);
        assert!(late[0] >= 0, "none too early");
        assert_eq!(
            money(&world, "alice").await?,
            "100.00 available, 0.00 held, 0.00 in transit"
        );
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_received_can_be_given_back_once() -> Result<()> {
    for database in DATABASES {
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let paid = world.pay("alice", "bob", "10.00").await?.id.to_string();
        let back = |amount: &str| json!({ "id": id(), "to": "alice", "amount": amount, "currency": "USD", "reverses": paid });
        let check = async |who: &str, body: Value, expected: &str| {
            let outcome = world.ask(Verb::Reverse, who, body).await?;
            let reason = outcome
                .reason
                .map_or_else(String::new, |reason| format!(": {reason}"));
            assert_eq!(format!("{}{reason}", outcome.outcome), expected);
            anyhow::Ok(outcome.id.to_string())
        };
        let first = check("bob", back("4.00"), "settled").await?;
        check("bob", back("6.01"), "refused: exceeds_transfer").await?;
        check("carol", back("1.00"), "refused: transfer_not_found").await?;
        // What could not be given back is left.
        world.ask(Verb::Freeze, "alice", only(&id())).await?;
        check("bob", back("6.00"), "compensated: account_frozen").await?;
        world.ask(Verb::Unfreeze, "alice", only(&id())).await?;
        let second = check("bob", back("6.00"), "settled").await?;
        check("bob", back("0.01"), "refused: exceeds_transfer").await?;
        assert_eq!(world.available("alice").await?, "100.00");

        for account in ["alice", "bob"] {
            let lines = world
                .api
                .statement(&account.parse()?, None, 100, None)
                .await?
                .lines;
            let by = |line: &&wallet_client::api::Line| line.transfer.to_string() == paid;
            let line = lines.iter().find(by).expect("a line of each end");
            let by: Vec<String> = line.reversed_by.iter().map(ToString::to_string).collect();
            assert!(by.contains(&first) && by.contains(&second), "{account}: {by:?}");
            let back = lines
                .iter()
                .find(|line| line.transfer.to_string() == first)
                .expect("and of the reversal's");
            assert_eq!(back.reverses.map(|id| id.to_string()), Some(paid.clone()));
        }
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// Runs the tool with these words.
async fn tool(world: &World, words: &str, code: i32, says: &[&str]) -> Result<()> {
    let args: Vec<&str> = words.split(' ').collect();
    let output = world.wallet(&args).await?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert_eq!(output.status.code(), Some(code), "{words}: {text}");
    for part in says {
        assert!(text.contains(part), "{words} does not say {part:?}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn the_tool_reserves_and_shows_the_phases() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let check = async |words: &str, code, says: &[&str]| tool(&world, words, code, says).await;
    let one = id();
    let asked = format!("reserve --from alice --to bob --amount 20 --currency USD --id {one}");
    check(&asked, 0, &["reserved", "alice → bob  20.00 USD"]).await?;
    check("balance alice", 0, &["held", "80.00", "20.00"]).await?;
    let phases = format!("phases {one} --debit {}", world.stack.service_url(Service::Debit));
    check(
        &phases,
        0,
        &["phase     promised", "expires", "credit-svc", "credit promised"],
    )
    .await?;
    check("transfers --status reserved", 0, &["reserve alice → bob", &one]).await?;
    check(
        &format!("confirm {one} --amount 5"),
        0,
        &["settled", "alice → bob  5.00 of 20.00 USD  round trip "],
    )
    .await?;
    let after = [
        "phase     completed, 5.00 USD confirmed",
        "client",
        "confirm",
        "credited",
    ];
    check(&phases, 0, &after).await?;
    check(&format!("cancel {one}"), 3, &["already_confirmed"]).await?;
    a_part_is_told_everywhere(&world, &one).await?;
    lines_add_up(&world).await?;
    check(
        &format!("confirm {}", id()),
        1,
        &["the ledger knows no reservation", "--from"],
    )
    .await?;
    let early = id();
    check(&format!("cancel {early} --from alice"), 0, &["cancelled"]).await?;
    let late = format!("reserve --from alice --to bob --amount 1.00 --currency USD --id {early}");
    check(&late, 3, &["refused", "cancelled before it was heard of"]).await?;
    world.verify().await?;
    world.stop().await
}

/// 5.00 of 20.00: in the interface, on pages, in files, in the tool. Also how long it took, and how long it was held.
async fn a_part_is_told_everywhere(world: &World, one: &str) -> Result<()> {
    let flow = world
        .api
        .transfer(one.parse()?, None)
        .await?
        .context("it is known")?;
    let amounts = [&flow.amount, &flow.captured, &flow.released].map(|amount| amount.as_deref());
    assert_eq!(amounts, [Some("20.00"), Some("5.00"), Some("15.00")]);
    let all = world
        .api
        .transfers(&wallet_client::api::Filter::default(), 100, None)
        .await?
        .transfers;
    let listed = all
        .iter()
        .find(|other| other.transfer == flow.transfer)
        .context("it is listed")?;
    assert_eq!(
        (&listed.captured, &listed.released),
        (&flow.captured, &flow.released)
    );
    let took = flow.took_us().context("it has ended")?;
    assert_eq!(
        (listed.took_us(), listed.held_us),
        (Some(took), flow.held_us),
        "one duration"
    );
    // What the books say of it is what its events say.
    let told = held::of(&steps::of(&flow)).context("alice took her time")?;
    assert_eq!(flow.held_us, Some(told.us));
    let (took, held) = (text::span_us(took), text::span_us(told.us));

    let url = world.stack.api_url();
    let page = async |path: &str| anyhow::Ok(reqwest::get(format!("{url}{path}")).await?.text().await?);
    let head = format!("alice paid 5.00 of 20.00 USD reserved for bob; settled in {took}, held for {held}");
    for (path, says) in [
        ("/", vec!["5.00 <small>of</small> 20.00 <small>USD</small>".to_owned(), took.clone(), format!("held for {held}")]),
        (&format!("/flows/{one}"), vec![
            format!("<title>{head} · wallet</title>"),
            "<h1>5.00 of 20.00 USD, alice → bob".to_owned(),
            "<dt>Captured</dt><dd>5.00 <small>USD</small></dd><dt>Released</dt><dd>15.00 <small>USD</small></dd>".to_owned(),
            format!("<dt>Took</dt><dd>{took}</dd>"),
            format!("It was held for {held}, until alice confirmed it: 5.00 of 20.00 USD went to bob, and 15.00 USD was alice's again"),
        ]),
        (&format!("/flows/{one}?tab=timeline"), vec![format!("It took <strong>{took}</strong>")]),
        (&format!("/flows/{one}/export.mmd"), vec![head.clone(), format!("held for {held}")]),
        (&format!("/flows/{one}/export.html"), vec![head.clone()]),
    ] {
        let text = page(path).await?;
        for part in says {
            ensure!(text.contains(&part), "{path} does not say {part:?}: {text}");
        }
    }
    tool(
        world,
        &format!("trace {one}"),
        0,
        &[&head, "credit promised", &format!("held for {held}")],
    )
    .await?;
    tool(
        world,
        "transfers",
        0,
        &["reserve alice → bob  5.00 of 20.00  USD"],
    )
    .await
}

/// The lines of a statement: a capture of a part is two, a capture of all is one, and each column adds up.
async fn lines_add_up(world: &World) -> Result<()> {
    let alice: AccountId = "alice".parse()?;
    let before = money(world, "alice").await?;
    assert_eq!(before, "95.00 available, 0.00 held, 0.00 in transit");
    let (all, none) = (id(), id());
    world
        .ask(Verb::Reserve, "alice", reserve(&all, "bob", "20.00", 600))
        .await?;
    world.ask(Verb::Confirm, "alice", only(&all)).await?;
    world
        .ask(Verb::Reserve, "alice", reserve(&none, "bob", "1.00", 600))
        .await?;
    world.ask(Verb::Cancel, "alice", only(&none)).await?;
    let mut lines = world.api.statement(&alice, None, 100, None).await?.lines;
    lines.reverse();
    let drawn: Vec<_> = lines.iter().flat_map(wallet_client::api::Line::drawn).collect();
    let rows = drawn
        .iter()
        .map(|part| format!("{} {} {}", part.kind, part.amount, part.held));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            "credit 100.00 0.00",
            "hold -20.00 20.00",
            "capture 0.00 -5.00",
            "release 15.00 -15.00",
            "hold -20.00 20.00",
            "capture 0.00 -20.00",
            "hold -1.00 1.00",
            "release 1.00 -1.00",
        ]
    );
    // After each line drawn, what was changed so far is what there is.
    let usd: Currency = "USD".parse()?;
    let minor = |text: &str| {
        let digits = usd
            .parse_minor(text.trim_start_matches('-'))
            .expect("the ledger's amount");
        if text.starts_with('-') { -digits } else { digits }
    };
    let mut sums = (0, 0);
    for part in &drawn {
        sums = (sums.0 + minor(&part.amount), sums.1 + minor(&part.held));
        assert_eq!(
            sums,
            (minor(&part.balance), minor(&part.held_balance)),
            "{part:?}"
        );
    }
    for line in &lines {
        let (amount, held) = line.drawn().iter().fold((0, 0), |sum, part| {
            (sum.0 + minor(&part.amount), sum.1 + minor(&part.held))
        });
        assert_eq!(
            (amount, held),
            (minor(&line.amount), minor(&line.held)),
            "{line:?}"
        );
    }
    let columns = ["± available", "± held", "capture", "-5.00", "+15.00", "75.00"];
    tool(world, "statement alice", 0, &columns).await?;
    let page = reqwest::get(format!("{}/accounts/alice", world.stack.api_url()))
        .await?
        .text()
        .await?;
    for cell in [
        "capture",
        "−5.00 <small>USD</small>",
        "+15.00 <small>USD</small>",
        "−20.00 <small>USD</small>",
    ] {
        ensure!(page.contains(cell), "no {cell} in {page}");
    }
    Ok(())
}

#[tokio::test]
async fn the_tool_gives_back_what_is_left() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let check = async |words: &str, code, says: &[&str]| tool(&world, words, code, says).await;
    let paid = world.pay("alice", "bob", "12.50").await?.id;
    let first = ["settled", "bob → alice  2.50 USD"];
    check(&format!("reverse {paid} --amount 2.5"), 0, &first).await?;
    let beyond = ["exceeds_transfer", "10.00 USD of 12.50 USD is left"];
    check(&format!("reverse {paid} --amount 10.01"), 3, &beyond).await?;
    check(&format!("reverse {paid}"), 0, &["10.00 USD"]).await?;
    check(&format!("reverse {paid}"), 3, &["nothing is left of transfer"]).await?;
    check("statement bob", 0, &["gives back", "given back by"]).await?;
    check(&format!("reverse {}", id()), 1, &["the ledger knows no transfer"]).await?;
    world.verify().await?;
    world.stop().await
}

/// A reservation meets a service that is gone, comes back, and goes on: before the hold, between hold and confirm, before a
/// cancel, before its time is up. What is confirmed in time is paid, although nobody hears of it until that is over.
#[tokio::test]
async fn a_service_killed_in_mid_reservation_changes_nothing() -> Result<()> {
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
