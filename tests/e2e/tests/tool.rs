//! The tool as a person uses it, and a client that is not ours.

use anyhow::{Context as _, Result};
use e2e::{World, id};
use serde_json::Value;

/// Runs the tool and expects an exit code and a piece of text on one of its outputs.
async fn check(world: &World, args: &[&str], code: i32, shown: &str) -> Result<String> {
    let output = world.wallet(args).await?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "wallet {args:?}: {text}");
    assert!(
        text.contains(shown),
        "wallet {args:?} does not show {shown:?}: {text}"
    );
    Ok(text)
}

#[tokio::test]
async fn each_command_does_what_its_help_says() -> Result<()> {
    let world = World::start(None).await?;
    for account in ["alice", "bob"] {
        check(&world, &["open", account, "--currency", "USD"], 0, "opened").await?;
    }
    check(
        &world,
        &["open", "carol", "--currency", "USD", "--overdraft", "50"],
        0,
        "opened",
    )
    .await?;
    check(&world, &["deposit", "alice", "100", "USD"], 0, "settled").await?;
    let (transfer, refused) = (id(), id());
    let pay = |to, amount| {
        [
            "transfer",
            "--from",
            "alice",
            "--to",
            to,
            "--amount",
            amount,
            "--currency",
            "USD",
        ]
    };
    let with_id: Vec<&str> = pay("bob", "12.5")
        .into_iter()
        .chain(["--id", &transfer])
        .collect();
    check(&world, &with_id, 0, "settled  ").await?;
    check(&world, &with_id, 0, "settled earlier, at ").await?;
    let other: Vec<&str> = pay("bob", "13.50")
        .into_iter()
        .chain(["--id", &transfer])
        .collect();
    check(&world, &other, 3, "id_reused").await?;
    let too_much: Vec<&str> = pay("bob", "1,000.00")
        .into_iter()
        .chain(["--id", &refused])
        .collect();
    check(&world, &too_much, 3, "87.50 USD available").await?;
    check(&world, &too_much, 3, "refused earlier, at ").await?;
    check(&world, &pay("bob", "1.234"), 2, "has 3 decimals").await?;
    check(&world, &pay("bob", "$5"), 2, "did you mean 5.00?").await?;
    check(&world, &["withdraw", "bob", "2.5", "USD"], 0, "settled").await?;
    check(&world, &["freeze", "bob"], 0, "frozen").await?;
    check(&world, &pay("bob", "1.00"), 3, "compensated").await?;
    check(&world, &["unfreeze", "bob"], 0, "unfrozen").await?;
    check(&world, &["close", "bob"], 3, "balance_not_zero").await?;
    check(&world, &["withdraw", "bob", "10.00", "USD"], 0, "settled").await?;
    check(&world, &["close", "bob"], 0, "closed").await?;
    check(&world, &["balance", "alice"], 0, "87.50").await?;
    check(&world, &["balance", "nobody"], 1, "never opened").await?;
    check(&world, &["statement", "alice"], 0, "-12.50").await?;
    let in_euros = ["statement", "alice", "--currency", "EUR"];
    check(&world, &in_euros, 1, "alice has no EUR balance").await?;
    check(&world, &["transfers", "--account", "bob"], 0, "compensated").await?;
    check(&world, &["transfers", "--account", "nobody"], 1, "never opened").await?;
    // This id is unknown to every service.
    let unknown = id();
    for words in [
        "trace",
        "phases",
        "confirm",
        "cancel",
        "reverse",
        "watch --timeout 0s",
    ] {
        let words: Vec<&str> = words.split(' ').chain([&*unknown]).collect();
        check(&world, &words, 1, "error: ").await?;
    }
    check(&world, &["balance", "--api", "ftp://x"], 2, "use an address").await?;
    check(&world, &["trace", &transfer], 0, "account debited").await?;
    check(&world, &["completions", "bash"], 0, "wallet").await?;
    check(&world, &["doctor"], 0, "2 streams with the required settings").await?;
    let report = check(&world, &["verify", "--json"], 0, "conservation").await?;
    let line = report
        .lines()
        .find(|line| line.starts_with('{'))
        .context("JSON")?;
    assert_eq!(serde_json::from_str::<Value>(line)?["held"], true);
    world.stop().await
}

#[tokio::test]
async fn an_account_lists_its_transfers_page_by_page() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob", "carol"]).await?;
    for amount in 1..=12 {
        let amount = if amount % 4 == 0 {
            "1000.00".to_owned()
        } else {
            format!("{amount}.00")
        };
        world
            .pay(
                "alice",
                if amount.len() % 2 == 0 { "bob" } else { "carol" },
                &amount,
            )
            .await?;
    }
    let filter = wallet_client::api::Filter {
        account: Some("alice".parse()?),
        ..wallet_client::api::Filter::default()
    };
    let whole = world.api.transfers(&filter, 100, None).await?.transfers;
    let ids =
        |page: &[wallet_client::api::Transfer]| page.iter().map(|flow| flow.transfer).collect::<Vec<_>>();
    // 12 payments of alice's, her deposit, and the request that opened her account.
    assert_eq!(whole.len(), 14);
    let (mut paged, mut before) = (Vec::new(), None);
    for _ in 0..20 {
        let page = world.api.transfers(&filter, 3, before.as_deref()).await?;
        paged.extend(ids(&page.transfers));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, ids(&whole));
    world.stop().await
}

#[tokio::test]
async fn a_client_in_another_language_pays_with_one_publish() -> Result<()> {
    let python = e2e::repository().join(".tools/python/bin/python");
    if !python.is_file() {
        println!("skipped: no Python with nats-py in .tools (make tools)");
        return Ok(());
    }
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let script = e2e::repository().join("examples/pay.py");
    let pay = |amount: &'static str| {
        let mut command = tokio::process::Command::new(&python);
        command.arg(&script).args([
            "--from",
            "alice",
            "--to",
            "bob",
            "--amount",
            amount,
            "--currency",
            "USD",
        ]);
        command.args(["--nats", &world.stack.nats_url()]);
        command
    };
    let settled = pay("12.50").output().await?;
    let text = String::from_utf8_lossy(&settled.stdout).into_owned();
    assert_eq!(
        settled.status.code(),
        Some(0),
        "{text}{}",
        String::from_utf8_lossy(&settled.stderr)
    );
    assert!(text.contains("settled"), "{text}");
    assert_eq!(pay("1000.00").output().await?.status.code(), Some(3));
    assert_eq!(pay("1").output().await?.status.code(), Some(3));
    // Two programs use one id: each is told its own outcome.
    let twice = e2e::id();
    let (mut one, mut other) = (pay("1.00"), pay("2.00"));
    let (one, other) = tokio::join!(
        one.args(["--id", &twice]).output(),
        other.args(["--id", &twice]).output()
    );
    let mut codes = [one?.status.code(), other?.status.code()];
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(3)]);
    let paid = pay("1.00")
        .args(["--id", &twice])
        .output()
        .await?
        .status
        .success();
    assert_eq!(
        world.available("bob").await?,
        if paid { "113.50" } else { "114.50" }
    );
    world.stop().await
}
