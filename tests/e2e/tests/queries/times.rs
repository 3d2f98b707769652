//! Printed times as input.

use anyhow::{Context as _, Result, ensure};
use e2e::World;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A printed time covers the whole unit it names: in the API, on pages, in the tool.
pub(super) async fn cover_the_named_period(world: &World) -> Result<()> {
    let paid = world.pay("alice", "bob", "2.00").await?.id.to_string();
    let (began, ended) = span(world, &paid).await?;
    let (second, before) = (
        formatted(began, "%Y-%m-%d %H:%M:%S"),
        formatted(began - SignedDuration::from_secs(1), "%Y-%m-%d %H:%M:%S"),
    );
    let new_york = in_new_york(began)?;
    let exact = format!("{began:.6}");
    let later = formatted(began + SignedDuration::from_secs(1), "%Y-%m-%d %H:%M:%S");
    let (day, minute) = (formatted(began, "%Y-%m-%d"), formatted(began, "%Y-%m-%dT%H:%M"));
    for (query, found) in [
        (&[("from", &*second), ("to", &*second)][..], true),
        (&[("from", &*day), ("to", &*day)], true),
        (&[("from", &*minute), ("to", &*new_york)], true),
        (&[("from", &*exact), ("to", &*exact)], true),
        (&[("from", &*new_york), ("to", &*second)], true),
        (&[("to", &*before)], false),
        (&[("from", &*later)], false),
    ] {
        let listed = get(world, "/v1/transfers", query).await?;
        let page = get(world, "/", query).await?;
        let has = [listed.contains(&paid), page.contains(&paid)];
        ensure!(has == [found; 2], "{query:?}: {has:?}");
    }
    // The end of the named second, and so including everything booked in it.
    let (second, new_york) = (formatted(ended, "%Y-%m-%d %H:%M:%S"), in_new_york(ended)?);
    for (at, alice) in [(&*second, "97.00"), (&new_york, "97.00"), ("2020-01-01", "0.00")] {
        // An account that was not open yet had nothing, and the page says so.
        let (is_open, shown) = (at != "2020-01-01", format!("available\">{alice} "));
        let account: Value = serde_json::from_str(&get(world, "/v1/accounts/alice", &[("at", at)]).await?)?;
        ensure!(account["balances"][0]["available"] == alice, "{at}: {account}");
        let page = get(world, "/accounts/alice", &[("at", at)]).await?;
        ensure!(page.contains(&shown) == is_open, "{at}: {page}");
        ensure!(page.contains("not opened yet") != is_open, "{at}: {page}");
        let tool = world.wallet(&["balance", "alice", "--at", at]).await?;
        let text = String::from_utf8_lossy(&tool.stdout).into_owned();
        ensure!(text.contains(alice) == is_open, "{at}: {text}");
        ensure!(text.contains("not opened yet") != is_open, "{at}: {text}");
    }
    Ok(())
}

/// When a transfer was logged, and when it had ended.
async fn span(world: &World, id: &str) -> Result<(Timestamp, Timestamp)> {
    let flow = world
        .api
        .transfer(id.parse()?, None)
        .await?
        .context("it is known")?;
    Ok((flow.started_at, flow.ended_at.context("it has ended")?))
}

fn in_new_york(at: Timestamp) -> Result<String> {
    let there = at.in_tz("America/New_York")?;
    Ok(there.strftime("%Y-%m-%dT%H:%M:%S[America/New_York]").to_string())
}

fn formatted(at: Timestamp, form: &str) -> String {
    at.strftime(form).to_string()
}

async fn get(world: &World, path: &str, query: &[(&str, &str)]) -> Result<String> {
    let url = format!("{}{path}", world.stack.api_url());
    let answer = reqwest::Client::new().get(url).query(query).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status == 200, "{path} {query:?}: {status} {text}");
    Ok(text)
}
