//! Files of payments in the forms that people have: one stack, every balance checked after every file.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{World, id, wait};
use serde_json::Value;

/// Writes a file and plays it, and expects an exit code and a piece of text; returns its stdout.
async fn play(
    world: &World,
    name: &str,
    content: &str,
    options: &[&str],
    code: i32,
    shown: &str,
) -> Result<String> {
    let path = world.dir().join(name);
    fs::write(&path, content)?;
    let path = path.to_str().context("a UTF-8 path")?;
    world
        .tool(&[&["transfer", "--file", path], options].concat(), code, &[shown])
        .await
}

/// Checks the balances of alice, bob and carol.
async fn check_balances(world: &World, expected: [&str; 3]) -> Result<()> {
    for (account, expected) in ["alice", "bob", "carol"].into_iter().zip(expected) {
        let available = world.available(account).await?;
        ensure!(available == expected, "{account} has {available}, not {expected}");
    }
    Ok(())
}

const HEADER: &str = "from,to,amount,currency\n";

#[tokio::test]
async fn a_file_pays_each_row_once() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob", "carol"]).await?;
    formats_in_use(&world).await?;
    repeated_in_any_form(&world).await?;
    another_month(&world).await?;
    refused_rows(&world).await?;
    interrupted(&world).await?;
    without_the_ledger(&world).await?;
    world.verify().await?;
    world.stop().await
}

/// An unambiguous file is read; an ambiguous one is rejected before anything is sent.
async fn formats_in_use(world: &World) -> Result<()> {
    let mac = "from,to,amount,currency\ralice,bob,1.00,USD\ralice,bob,1.00,USD\r";
    let report = play(world, "mac.csv", mac, &["--json"], 0, "\"settled\":2").await?;
    ensure!(
        serde_json::from_str::<Value>(&report)?["paid_now"] == 2,
        "{report}"
    );
    check_balances(world, ["98.00", "102.00", "100.00"]).await?;
    let unclosed = format!("{HEADER}alice,bob,1.00,USD\n")
        .replace("currency", "currency,memo")
        .replace("USD", "USD,\"rent");
    play(
        world,
        "unclosed.csv",
        &format!("{unclosed}alice,carol,2.00,USD,gas\n"),
        &[],
        2,
        "the quote opened on line 2 is never closed",
    )
    .await?;
    play(
        world,
        "quote.csv",
        &format!("{unclosed}\"x\n"),
        &[],
        2,
        "closed on line 3",
    )
    .await?;
    let german = "\u{feff}From;To;Amount;Currency \r\nalice;bob;2,50;usd\r\nbob;carol;1.000,5;USD\r\n;;;\r\n";
    play(world, "german.csv", german, &[], 3, "insufficient_funds").await?;
    check_balances(world, ["95.50", "104.50", "100.00"]).await?;
    let short = format!("{HEADER}{}", "alice,bob,0.1,USD\n".repeat(5));
    play(
        world,
        "short.csv",
        &short,
        &[],
        0,
        "the amounts on lines 2 to 6 are read with zeros added, such as \"0.1\" as 0.10",
    )
    .await?;
    let long = format!("{HEADER}{}", "alice,bob,0.125,USD\n".repeat(400));
    play(
        world,
        "long.csv",
        &long,
        &[],
        2,
        "lines 2 to 401, such as line 2: amount \"0.125\" has 3 decimals, USD has 2",
    )
    .await?;
    let (id, named) = (id(), "id,from,to,amount,currency\n");
    let twice = format!("{named}{id},alice,bob,0.50,USD\n,alice,bob,1.00,USD\n{id},alice,bob,0.5,USD\n");
    // The row without an id is the same as the Mac file's, so the user has to say whether it is a repeat.
    play(
        world,
        "twice.csv",
        &twice,
        &["--batch", "twice"],
        0,
        &format!("lines 2 and 4 have the same id {id} and describe the same payment"),
    )
    .await?;
    let another = format!("{named}{id},alice,bob,0.50,USD\n{id},alice,bob,0.60,USD\n");
    play(world, "another.csv", &another, &[], 2, "3: id").await?;
    let other = format!("{named}{id},alice,bob,0.60,USD\n");
    play(
        world,
        "other.csv",
        &other,
        &[],
        2,
        "used for another payment, which is settled: amount is \"0.60\" here and \"0.50\" there",
    )
    .await?;
    check_balances(world, ["93.50", "106.50", "100.00"]).await
}

/// A row keeps its id whatever the form of the file, and wherever the row is in it.
async fn repeated_in_any_form(world: &World) -> Result<()> {
    let rows = [
        "alice,carol,1.00,USD",
        "alice,carol,2.00,USD",
        "bob,carol,3.00,USD",
        "alice,carol,1.00,USD",
    ];
    let file = |rows: &[&str]| format!("{HEADER}{}\n", rows.join("\n"));
    play(world, "june.csv", &file(&rows), &[], 0, "settled").await?;
    let after = ["89.50", "103.50", "107.00"];
    check_balances(world, after).await?;
    let json = |row: &str| {
        let [from, to, amount, currency] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        format!(
            "{{\"to\":\"{to}\",\"amount\":\"{amount}\",\"currency\":\"{currency}\",\"from\":\"{from}\"}}\n"
        )
    };
    let [first, second, third, fourth] = rows;
    for (name, content) in [
        ("june.csv", file(&rows)),
        ("last.csv", file(&rows[2..])),
        ("order.csv", file(&[third, fourth, second, first])),
        ("blank.csv", format!("\n\n{}", file(&rows))),
        ("june.jsonl", rows.map(json).concat()),
    ] {
        play(
            world,
            name,
            &content,
            &[],
            5,
            "nothing was paid in this run: all of them had ended before",
        )
        .await?;
        check_balances(world, after).await?;
    }
    Ok(())
}

/// A row that June's file had too, and a new one: only the user knows whether it is June's payment again.
async fn another_month(world: &World) -> Result<()> {
    let july = format!("{HEADER}alice,carol,2.00,USD\nalice,bob,4.00,USD\n");
    let asked = "another file has already sent the payments on line 2";
    play(world, "july.csv", &july, &[], 2, asked).await?;
    check_balances(world, ["89.50", "103.50", "107.00"]).await?;
    play(world, "july.csv", &july, &["--batch", "2026-07"], 0, "settled").await?;
    check_balances(world, ["83.50", "107.50", "109.00"]).await?;
    play(
        world,
        "july.csv",
        &july,
        &["--batch", "2026-07"],
        5,
        "nothing was paid in this run",
    )
    .await?;
    let more = format!("{july}alice,bob,0.50,USD\n");
    play(
        world,
        "more.csv",
        &more,
        &["--batch", "2026-07"],
        2,
        "another file has already sent the payments on lines 2 and 3",
    )
    .await?;
    play(
        world,
        "more.csv",
        &more,
        &["--batch", "2026-07", "--skip-paid"],
        0,
        "lines 2 and 3 had ended before this run",
    )
    .await?;
    check_balances(world, ["83.00", "108.00", "109.00"]).await
}

/// A refused row stays refused until the user asks for another attempt; the other rows are then not paid again.
async fn refused_rows(world: &World) -> Result<()> {
    let file = format!("{HEADER}carol,bob,9.00,USD\ncarol,bob,150.00,USD\ncarol,alice,120.00,USD\n");
    play(world, "refused.csv", &file, &[], 3, "insufficient_funds 2").await?;
    check_balances(world, ["83.00", "117.00", "100.00"]).await?;
    world.pay("@world", "carol", "60.00").await?;
    play(world, "refused.csv", &file, &[], 3, "refused earlier").await?;
    check_balances(world, ["83.00", "117.00", "160.00"]).await?;
    let path = world.dir().join("refused.csv");
    let args = [
        "transfer",
        "--file",
        path.to_str().context("a UTF-8 path")?,
        "--retry-refused",
        "--json",
    ];
    let (one, other) = tokio::join!(world.wallet(&args), world.wallet(&args));
    for output in [one?, other?] {
        ensure!(output.status.code() == Some(3), "{output:?}");
    }
    check_balances(world, ["83.00", "267.00", "10.00"]).await?;
    world.pay("@world", "carol", "500.00").await?;
    play(
        world,
        "refused.csv",
        &file,
        &["--retry-refused"],
        0,
        "lines 2 and 3 had ended before this run",
    )
    .await?;
    check_balances(world, ["203.00", "267.00", "390.00"]).await?;
    play(
        world,
        "refused.csv",
        &file,
        &["--retry-refused"],
        5,
        "nothing was paid in this run",
    )
    .await?;
    play(
        world,
        "refused.csv",
        &file,
        &[],
        5,
        "nothing was paid in this run",
    )
    .await?;
    play(
        world,
        "refused.csv",
        &file,
        &["--batch", "new", "--retry-refused"],
        2,
        "lines 2 to 4 were never sent",
    )
    .await?;
    check_balances(world, ["203.00", "267.00", "390.00"]).await
}

/// A run is killed halfway: playing the same payments again, in another order, makes those that are missing.
async fn interrupted(world: &World) -> Result<()> {
    let (small, large) = ("alice,bob,0.20,USD\n".repeat(100), "alice,bob,2.00,USD\n");
    let path = world.dir().join("long-run.csv");
    fs::write(&path, format!("{HEADER}{small}{large}"))?;
    let path = path.to_str().context("a UTF-8 path")?;
    let available = async || world.available("alice").await;
    let paid = wait::until("the first is paid", available, |available| available != "203.00");
    let run = ["transfer", "--file", path];
    tokio::select! {
        ended = world.wallet(&run) => bail!("it ended before it was killed: {ended:?}"),
        paid = paid => drop(paid?),
    }
    let left = world.available("alice").await?;
    ensure!(left != "181.00", "the run ended before it was killed");
    let reversed = format!("{HEADER}{large}{small}");
    play(
        world,
        "long-run.csv",
        &reversed,
        &[],
        0,
        "had ended before this run",
    )
    .await?;
    check_balances(world, ["181.00", "289.00", "390.00"]).await
}

/// Whether a row without an id was paid before is not guessed.
async fn without_the_ledger(world: &World) -> Result<()> {
    let nowhere = ["--api", "http://127.0.0.1:9"];
    let file = format!("{HEADER}alice,bob,11.00,USD\n");
    play(
        world,
        "unknown.csv",
        &file,
        &nowhere,
        1,
        "nothing was sent: the ledger can't be asked which of these payments were made before",
    )
    .await?;
    check_balances(world, ["181.00", "289.00", "390.00"]).await?;
    let named = format!("id,from,to,amount,currency\n{},alice,bob,11.00,USD\n", id());
    play(
        world,
        "named.csv",
        &named,
        &nowhere,
        0,
        "their ids keep each from being paid twice",
    )
    .await?;
    play(
        world,
        "named.csv",
        &named,
        &nowhere,
        5,
        "nothing was paid in this run",
    )
    .await?;
    check_balances(world, ["170.00", "300.00", "390.00"]).await
}
