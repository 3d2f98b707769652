//! The tool as a person uses it, and a client that is not ours.

use anyhow::{Context as _, Result};
use e2e::{World, id, steps};
use serde_json::Value;

#[tokio::test]
async fn the_tool_pays_and_lists_and_so_does_another_client() -> Result<()> {
    let world = World::start(None).await?;
    steps!((&world):
        each_command_does_what_its_help_says,
        an_account_lists_its_transfers_page_by_page,
        a_client_in_another_language_pays_with_one_publish,
    );
    world.stop().await
}

async fn each_command_does_what_its_help_says(world: &World) -> Result<()> {
    for account in ["alice", "bob"] {
        world
            .tool(&["open", account, "--currency", "USD"], 0, &["opened"])
            .await?;
    }
    world
        .tool(
            &["open", "carol", "--currency", "USD", "--overdraft", "50"],
            0,
            &["opened"],
        )
        .await?;
    world
        .tool(&["deposit", "alice", "100", "USD"], 0, &["settled"])
        .await?;
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
    world.tool(&with_id, 0, &["settled  "]).await?;
    world.tool(&with_id, 0, &["settled earlier, at "]).await?;
    let other: Vec<&str> = pay("bob", "13.50")
        .into_iter()
        .chain(["--id", &transfer])
        .collect();
    world.tool(&other, 3, &["id_reused"]).await?;
    let too_much: Vec<&str> = pay("bob", "1,000.00")
        .into_iter()
        .chain(["--id", &refused])
        .collect();
    world.tool(&too_much, 3, &["87.50 USD available"]).await?;
    world.tool(&too_much, 3, &["refused earlier, at "]).await?;
    world.tool(&pay("bob", "1.234"), 2, &["has 3 decimals"]).await?;
    world.tool(&pay("bob", "$5"), 2, &["did you mean 5.00?"]).await?;
    world
        .tool(&["withdraw", "bob", "2.5", "USD"], 0, &["settled"])
        .await?;
    world.tool(&["freeze", "bob"], 0, &["frozen"]).await?;
    world.tool(&pay("bob", "1.00"), 3, &["compensated"]).await?;
    world.tool(&["unfreeze", "bob"], 0, &["unfrozen"]).await?;
    world.tool(&["close", "bob"], 3, &["balance_not_zero"]).await?;
    world
        .tool(&["withdraw", "bob", "10.00", "USD"], 0, &["settled"])
        .await?;
    world.tool(&["close", "bob"], 0, &["closed"]).await?;
    world.tool(&["balance", "alice"], 0, &["87.50"]).await?;
    world.tool(&["balance", "nobody"], 1, &["never opened"]).await?;
    world.tool(&["statement", "alice"], 0, &["-12.50"]).await?;
    let in_euros = ["statement", "alice", "--currency", "EUR"];
    world.tool(&in_euros, 1, &["alice has no EUR balance"]).await?;
    world
        .tool(&["transfers", "--account", "bob"], 0, &["compensated"])
        .await?;
    world
        .tool(&["transfers", "--account", "nobody"], 1, &["never opened"])
        .await?;
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
        world.tool(&words, 1, &["error: "]).await?;
    }
    world
        .tool(&["balance", "--api", "ftp://x"], 2, &["use an address"])
        .await?;
    world.tool(&["trace", &transfer], 0, &["account debited"]).await?;
    world.tool(&["completions", "bash"], 0, &["wallet"]).await?;
    world
        .tool(&["doctor"], 0, &["2 streams with the required settings"])
        .await?;
    let report = world.tool(&["verify", "--json"], 0, &["conservation"]).await?;
    let line = report
        .lines()
        .find(|line| line.starts_with('{'))
        .context("JSON")?;
    assert_eq!(serde_json::from_str::<Value>(line)?["held"], true);
    Ok(())
}

async fn an_account_lists_its_transfers_page_by_page(world: &World) -> Result<()> {
    world.open(&["dora", "erik", "frida"]).await?;
    for amount in 1..=12 {
        let amount = if amount % 4 == 0 {
            "1000.00".to_owned()
        } else {
            format!("{amount}.00")
        };
        world
            .pay(
                "dora",
                if amount.len() % 2 == 0 { "erik" } else { "frida" },
                &amount,
            )
            .await?;
    }
    let filter = wallet_client::api::Filter {
        account: Some("dora".parse()?),
        ..wallet_client::api::Filter::default()
    };
    let whole = world.api.transfers(&filter, 100, None).await?.transfers;
    let ids =
        |page: &[wallet_client::api::Transfer]| page.iter().map(|flow| flow.transfer).collect::<Vec<_>>();
    // 12 payments of dora's, her deposit, and the request that opened her account.
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
    Ok(())
}

async fn a_client_in_another_language_pays_with_one_publish(world: &World) -> Result<()> {
    let python = e2e::repository().join(".tools/python/bin/python");
    if !python.is_file() {
        println!("skipped: no Python with nats-py in .tools (make tools)");
        return Ok(());
    }
    world.open(&["gina", "hugo"]).await?;
    let script = e2e::repository().join("examples/pay.py");
    let pay = |amount: &'static str| {
        let mut command = tokio::process::Command::new(&python);
        command.arg(&script).args([
            "--from",
            "gina",
            "--to",
            "hugo",
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
        world.available("hugo").await?,
        if paid { "113.50" } else { "114.50" }
    );
    Ok(())
}
