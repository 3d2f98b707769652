//! Real movements of a real bank, played through the tool: every balance that the bank recorded is reproduced.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::{World, bank_movements, id};
use serde_json::json;
use wallet_contract::subject::Verb;

/// (account, transfer) → the balance after it.
type Balances = BTreeMap<(String, String), String>;

fn column(line: &str, index: usize) -> &str {
    line.split(',').nth(index).unwrap_or_default()
}

async fn open_all(world: &World, transfers: &str) -> Result<Vec<String>> {
    let lines = transfers.lines().skip(1);
    let mut accounts: Vec<&str> = lines
        .flat_map(|line| [column(line, 1), column(line, 2)])
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts.iter().filter(|account| **account != "@world") {
        let overdraft = if account.starts_with('@') {
            "unlimited"
        } else {
            "0.00"
        };
        let body = json!({ "id": id(), "currency": "CZK", "overdraft": overdraft });
        let outcome = world.ask(Verb::Open, account, body).await?;
        ensure!(outcome.outcome.is_good(), "{account}: {outcome:?}");
    }
    Ok(accounts.into_iter().map(str::to_owned).collect())
}

async fn booked(world: &World, accounts: &[String]) -> Result<Balances> {
    let mut balances = Balances::new();
    for account in accounts.iter().filter(|account| !account.starts_with('@')) {
        let mut before = None;
        loop {
            let page = world
                .api
                .statement(&account.parse()?, None, 1000, before.as_deref())
                .await?;
            for line in page.lines {
                balances.insert((account.clone(), line.transfer.to_string()), line.balance);
            }
            let Some(next) = page.next else { break };
            before = Some(next);
        }
    }
    Ok(balances)
}

async fn play(database: Option<&str>) -> Result<()> {
    let Some(dir) = bank_movements() else {
        println!("skipped: the bank's movements were not found");
        return Ok(());
    };
    let world = World::start(database).await?;
    let file = dir.join("pkdd99-transfers.csv");
    let accounts = open_all(&world, &fs::read_to_string(&file)?).await?;
    let played = world
        .wallet(&[
            "transfer",
            "--file",
            file.to_str().context("a UTF-8 path")?,
            "--json",
        ])
        .await?;
    ensure!(
        played.status.code() == Some(0),
        "{}",
        String::from_utf8_lossy(&played.stderr)
    );

    let balances = booked(&world, &accounts).await?;
    let recorded = fs::read_to_string(dir.join("pkdd99-balances.csv"))?;
    let mut compared = 0;
    for line in recorded.lines().skip(1) {
        let key = (column(line, 1).to_owned(), column(line, 0).to_owned());
        let ours = balances
            .get(&key)
            .with_context(|| format!("{line}: not in the statement"))?;
        ensure!(ours == column(line, 2), "{line}: the statement has {ours}");
        compared += 1;
    }
    assert_eq!(compared, 2897);
    println!("{compared} balances as the bank recorded them");
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn every_recorded_balance_matches_on_sqlite() -> Result<()> {
    play(None).await
}

#[tokio::test]
async fn every_recorded_balance_matches_on_postgresql() -> Result<()> {
    play(Some("postgres")).await
}
