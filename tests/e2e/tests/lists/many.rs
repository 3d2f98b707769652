//! More of everything than one answer may have, on one shard: the tool lists all of it, and `verify` raises no false alarm.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use e2e::wait::until;
use e2e::{DATABASES, PATIENCE, World, id, program, transfer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;
use wallet_client::api::Stats;
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Verb, bulk};

/// One more than an answer may have.
const MANY: usize = 1_001;
/// More flows than an answer about a trace may have.
const TRACED: usize = 101;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// All commands, and whether they list anything.
const COMMANDS: &[(&str, bool)] = &[
    ("up", false),
    ("demo", false),
    ("open", false),
    ("deposit", false),
    ("withdraw", false),
    ("transfer", false),
    ("reserve", false),
    ("confirm", false),
    ("cancel", false),
    ("reverse", false),
    ("freeze", false),
    ("unfreeze", false),
    ("close", false),
    ("balance", true),
    ("statement", true),
    ("transfers", true),
    ("trace", true),
    ("phases", false),
    ("watch", true),
    ("verify", true),
    ("doctor", false),
    ("parked", true),
    ("heal", false),
    ("backup", false),
    ("restore", false),
    ("rebuild", false),
    ("bench", false),
    ("completions", false),
    ("help", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_lists_everything() -> Result<()> {
    for database in DATABASES {
        let one = Shards::new(1)?;
        let world = World::with(database, |options| options.shards = one).await?;
        fill(&world).await?;
        let mut checked = BTreeSet::from(["watch"]);
        accounts(&world, &mut checked).await?;
        transfers(&world, &mut checked).await?;
        parked(&world, &mut checked).await?;
        let lists = COMMANDS.iter().filter(|(_, lists)| *lists).map(|(name, _)| *name);
        assert_eq!(checked, lists.collect());
        watch_shows_every_end(&world).await?;
        every_command_is_known(&world).await?;
        world.stop().await?;
    }
    Ok(())
}

/// Opens accounts, and puts the rest into one message each.
async fn fill(world: &World) -> Result<()> {
    world.open(&["alice", "bob"]).await?;
    let names = (0..MANY).map(|number| format!("{}{number:04}", ["a", "B", "c", "D"][number % 4]));
    let opened = names.map(|name| async move {
        let name: AccountId = name.parse()?;
        let body = json!({ "id": id(), "currency": "USD" }).to_string();
        anyhow::Ok(world.nats.request(Verb::Open, &name, body, None).await?)
    });
    futures_util::future::try_join_all(opened).await?;
    let payments = |count: usize, amount| {
        let mut payments: Vec<Value> = (0..count).map(|_| transfer("bob", amount)).collect();
        for payment in &mut payments {
            payment["from"] = "alice".into();
        }
        Value::from(payments).to_string()
    };
    let unreadable = Value::from(vec![json!({ "to": "bob" }); MANY]).to_string();
    let subject = bulk(Shard(0));
    for body in [payments(MANY, "0.01"), unreadable] {
        world.nats.put(&subject, Vec::new(), body).await?;
    }
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let headers = vec![("traceparent", traceparent)];
    world
        .nats
        .put(&subject, headers, payments(TRACED, "0.02"))
        .await?;
    let (settled, parked) = (u64::try_from(MANY + TRACED + 2)?, u64::try_from(MANY)?);
    let ended = |stats: &Stats| {
        stats.transfers.settled == settled && stats.parked == parked && stats.shards[0].lag == 0
    };
    until(
        "everything has ended",
        async || Ok(world.api.stats().await?),
        ended,
    )
    .await?;
    Ok(())
}

/// A command's JSON output, and its other output.
async fn run_json(world: &World, args: &[&str]) -> Result<(Value, String)> {
    let output = world.wallet(args).await?;
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(output.status.success(), "{args:?}: {out}\n{err}");
    let value = serde_json::from_str(&out).with_context(|| format!("{args:?}: {out}"))?;
    Ok((value, err.into_owned()))
}

/// The number of rows, all of them different.
fn count(list: &Value, rows: &str, key: &[&str]) -> Result<usize> {
    let rows = list[rows].as_array().context("a list")?;
    let names: BTreeSet<String> = rows
        .iter()
        .map(|row| {
            key.iter()
                .map(|part| row[part].to_string())
                .collect::<Vec<_>>()
                .join("/")
        })
        .collect();
    assert_eq!(names.len(), rows.len(), "some are listed twice");
    Ok(rows.len())
}

async fn accounts(world: &World, checked: &mut BTreeSet<&'static str>) -> Result<()> {
    let (all, _) = run_json(world, &["balance", "--json"]).await?;
    assert_eq!(
        count(&all, "accounts", &["account"])?,
        MANY + 3,
        "including alice, bob and @world"
    );
    let text = String::from_utf8(world.wallet(&["balance"]).await?.stdout)?;
    assert_eq!(text.lines().count(), MANY + 4, "including the heading");
    checked.insert("balance");
    for (account, lines) in [("alice", MANY + TRACED + 1), ("bob", MANY + TRACED + 1)] {
        let (all, _) = run_json(world, &["statement", account, "--limit", "0", "--json"]).await?;
        assert_eq!(count(&all, "lines", &["transfer", "kind"])?, lines);
        let (some, _) = run_json(world, &["statement", account, "--json"]).await?;
        assert_eq!(count(&some, "lines", &["transfer", "kind"])?, 100);
        ensure!(some["next"].is_string(), "the list has no next");
    }
    let some = world.wallet(&["statement", "alice"]).await?;
    ensure!(
        String::from_utf8_lossy(&some.stderr).contains("--limit 0 shows all"),
        "{some:?}"
    );
    checked.insert("statement");
    let (report, _) = run_json(world, &["verify", "--json"]).await?;
    assert_eq!(report["held"], true, "{report}");
    checked.insert("verify");
    Ok(())
}

async fn transfers(world: &World, checked: &mut BTreeSet<&'static str>) -> Result<()> {
    let key = ["transfer", "payer", "verb"];
    let all = MANY + TRACED + 2 + MANY + 2;
    for (args, expected) in [
        (vec![], all),
        (vec!["--ended-since", "1h"], all),
        (vec!["--ended-since", "1h", "--account", "bob"], MANY + TRACED + 2),
        (vec!["--account", "alice"], MANY + TRACED + 2),
        (vec!["--status", "settled"], MANY + TRACED + 2),
        (vec!["--status", "parked"], 0),
        (vec!["--ended-until", "1h"], 0),
    ] {
        let args = [vec!["transfers", "--limit", "0", "--json"], args].concat();
        let (list, _) = run_json(world, &args).await?;
        assert_eq!(count(&list, "transfers", &key)?, expected, "{args:?}");
    }
    let some = world.wallet(&["transfers"]).await?;
    ensure!(
        String::from_utf8_lossy(&some.stderr).contains("only the newest 20; --limit 0 shows all"),
        "{some:?}"
    );
    let never = world
        .wallet(&["transfers", "--ended-since", "1h", "--ended-until", "2h"])
        .await?;
    let error = String::from_utf8_lossy(&never.stderr);
    ensure!(
        never.status.code() == Some(2) && error.contains("is later than --ended-until"),
        "{error}"
    );
    checked.insert("transfers");
    let (flows, _) = run_json(world, &["trace", TRACE, "--json"]).await?;
    assert_eq!(count(&flows, "transfers", &key)?, TRACED);
    checked.insert("trace");
    Ok(())
}

async fn parked(world: &World, checked: &mut BTreeSet<&'static str>) -> Result<()> {
    let (all, _) = run_json(world, &["parked", "--json"]).await?;
    assert_eq!(count(&all, "parked", &["id"])?, MANY);
    let oldest = all["parked"][MANY - 1]["id"].as_str().context("an id")?;
    let shown = world.wallet(&["parked", "show", oldest]).await?;
    ensure!(shown.status.success(), "{shown:?}");
    checked.insert("parked");
    Ok(())
}

/// Each flow is shown once, when it ends; that includes a reservation, and more flows than one query returns.
async fn watch_shows_every_end(world: &World) -> Result<()> {
    let mut command = tokio::process::Command::new(program("wallet")?);
    command
        .args(["watch", "--json"])
        .env("WALLET_API_URL", world.stack.api_url());
    let mut watch = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stderr = BufReader::new(watch.stderr.take().context("stderr")?).lines();
    let begun = timeout(PATIENCE, stderr.next_line()).await??;
    ensure!(
        begun.as_deref().is_some_and(|line| line.contains("watching")),
        "{begun:?}"
    );
    let reserved = transfer("bob", "0.03");
    let confirm = json!({ "id": reserved["id"] });
    world.ask(Verb::Reserve, "alice", reserved).await?;
    let mut payments: Vec<Value> = (0..MANY).map(|_| transfer("bob", "0.01")).collect();
    for payment in &mut payments {
        payment["from"] = "alice".into();
    }
    world
        .nats
        .put(&bulk(Shard(0)), Vec::new(), Value::from(payments).to_string())
        .await?;
    world.ask(Verb::Confirm, "alice", confirm).await?;
    let mut lines = BufReader::new(watch.stdout.take().context("stdout")?).lines();
    let mut seen = BTreeSet::new();
    while seen.len() < MANY + 1 {
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .context("no more ends are shown")??;
        let flow: Value = serde_json::from_str(&line.context("it has ended")?)?;
        assert_eq!(flow["status"], "settled", "{flow}");
        ensure!(seen.insert(flow["transfer"].to_string()), "shown twice: {flow}");
    }
    Ok(watch.kill().await?)
}

/// A new command must be added to the table.
async fn every_command_is_known(world: &World) -> Result<()> {
    let help = String::from_utf8(world.wallet(&["--help"]).await?.stdout)?;
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let known: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        commands, known,
        "a new command: if it lists something, check here that it lists everything"
    );
    Ok(())
}
