//! Two phases and reversals through the tool, and how it shows them.

use anyhow::{Context as _, Result, ensure};
use e2e::{World, id, steps};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::subject::{Service, Verb};
use wallet_view::{held, steps, text};

use super::{money, only, reserve};

/// Runs the tool with these arguments.
async fn tool(world: &World, words: &str, code: i32, says: &[&str]) -> Result<()> {
    let args: Vec<&str> = words.split(' ').collect();
    world.tool(&args, code, says).await?;
    Ok(())
}

#[tokio::test]
async fn the_tool_reserves_and_reverses() -> Result<()> {
    let world = World::start(None).await?;
    steps!((&world):
        it_reserves_and_shows_the_phases,
        it_reverses_what_is_left,
    );
    world.verify().await?;
    world.stop().await
}

async fn it_reserves_and_shows_the_phases(world: &World) -> Result<()> {
    world.open(&["alice", "bob"]).await?;
    let check = async |words: &str, code, says: &[&str]| tool(world, words, code, says).await;
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
    a_part_is_shown_everywhere(world, &one).await?;
    lines_add_up(world).await?;
    check(
        &format!("confirm {}", id()),
        1,
        &["the ledger has no reservation", "--from"],
    )
    .await?;
    let early = id();
    check(&format!("cancel {early} --from alice"), 0, &["cancelled"]).await?;
    let late = format!("reserve --from alice --to bob --amount 1.00 --currency USD --id {early}");
    check(&late, 3, &["refused", "cancelled before the request arrived"]).await?;
    Ok(())
}

/// 5.00 of 20.00: in the API, on pages, in files, in the tool. Also its duration, and how long it was held.
async fn a_part_is_shown_everywhere(world: &World, one: &str) -> Result<()> {
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
    // The books agree with its events.
    let held_time = held::of(&steps::of(&flow)).context("it was not held for alice")?;
    assert_eq!(flow.held_us, Some(held_time.us));
    let (took, held) = (text::span_us(took), text::span_us(held_time.us));

    let head = format!("alice paid 5.00 of 20.00 USD reserved for bob; settled in {took}, held for {held}");
    for (path, says) in [
        ("/", vec!["5.00 <small>of</small> 20.00 <small>USD</small>".to_owned(), took.clone(), format!("held for {held}")]),
        (&format!("/flows/{one}"), vec![
            format!("<title>{head} · wallet</title>"),
            "<h1>5.00 of 20.00 USD, alice → bob".to_owned(),
            "<dt>Captured</dt><dd>5.00 <small>USD</small></dd><dt>Released</dt><dd>15.00 <small>USD</small></dd>".to_owned(),
            format!("<dt>Duration</dt><dd>{took}</dd>"),
            format!("It was held for {held}, until alice confirmed it: 5.00 of 20.00 USD went to bob, and 15.00 USD was \
                     available to alice again"),
        ]),
        (&format!("/flows/{one}?tab=timeline"), vec![format!("It took <strong>{took}</strong>")]),
        (&format!("/flows/{one}/export.mmd"), vec![head.clone(), format!("held for {held}")]),
        (&format!("/flows/{one}/export.html"), vec![head.clone()]),
    ] {
        let text = world.get(path).await?;
        for part in says {
            ensure!(text.contains(&part), "{path} does not show {part:?}: {text}");
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

/// The lines of a statement: a partial capture is two lines, a full capture is one, and each column adds up.
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
    // After each line drawn, the running sum equals the balance.
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
    let page = world.get("/accounts/alice").await?;
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

async fn it_reverses_what_is_left(world: &World) -> Result<()> {
    world.open(&["erin", "fred"]).await?;
    let check = async |words: &str, code, says: &[&str]| tool(world, words, code, says).await;
    let paid = world.pay("erin", "fred", "12.50").await?.id;
    let first = ["settled", "fred → erin  2.50 USD"];
    check(&format!("reverse {paid} --amount 2.5"), 0, &first).await?;
    let beyond = ["exceeds_transfer", "10.00 USD of 12.50 USD is left"];
    check(&format!("reverse {paid} --amount 10.01"), 3, &beyond).await?;
    check(&format!("reverse {paid}"), 0, &["10.00 USD"]).await?;
    check(
        &format!("reverse {paid}"),
        3,
        &["has already been reversed in full"],
    )
    .await?;
    check("statement fred", 0, &["gives back", "given back by"]).await?;
    check(&format!("reverse {}", id()), 1, &["the ledger has no transfer"]).await?;
    Ok(())
}
