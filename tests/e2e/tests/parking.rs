//! Messages that can't be handled are parked. Later messages of the same transfer wait, all others continue, and an operator
//! resolves them.

use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use e2e::wait::until;
use e2e::{DATABASES, World, of_a_later_version, transfer};
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb, envelopes};

/// The tool's output, and its exit code.
async fn tool(world: &World, args: &[&str]) -> Result<(String, i32)> {
    let Output {
        status,
        stdout,
        stderr,
    } = world.wallet(args).await?;
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((text.concat(), status.code().unwrap_or(-1)))
}

async fn parked(world: &World) -> Result<Vec<Value>> {
    let output = world.wallet(&["parked", "--json"]).await?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok(answer["parked"].as_array().context("a list")?.clone())
}

/// Waits until this many messages are listed.
async fn until_parked(world: &World, many: usize) -> Result<Vec<Value>> {
    let listed = |rows: &Vec<Value>| rows.len() == many;
    until(format!("{many} are parked"), async || parked(world).await, listed).await
}

async fn until_settled(world: &World, id: &str) -> Result<()> {
    let settled = |status: &String| status == "settled";
    until("it is paid", async || status(world, id).await, settled).await?;
    Ok(())
}

async fn home(world: &World, account: &str) -> Result<Shard> {
    Ok(world.nats.shards().await?.of(&account.parse::<AccountId>()?))
}

/// A transfer as the ledger shows it.
async fn flow(world: &World, id: &str) -> Result<Value> {
    let answer = reqwest::get(format!("{}/v1/transfers/{id}", world.stack.api_url())).await?;
    Ok(answer.json().await?)
}

/// Its status; empty if the ledger does not know it yet.
async fn status(world: &World, id: &str) -> Result<String> {
    Ok(flow(world, id).await?["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

#[tokio::test]
async fn an_unreadable_request_is_edited_or_discarded() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice: AccountId = "alice".parse()?;
    for body in [r#"{"id":"#, r#"{"to":"bob"}"#] {
        world.nats.request(Verb::Transfer, &alice, body, None).await?;
    }
    let rows = until_parked(&world, 2).await?;
    let id = |row: usize| rows[row]["id"].as_str().unwrap_or_default().to_owned();
    let (newest, oldest) = (id(0), id(1));

    let (shown, code) = tool(&world, &["parked", "show", &newest]).await?;
    ensure!(code == 0 && shown.contains(r#"{"to":"bob"}"#), "{shown}");
    let (output, code) = tool(&world, &["parked", "retry", &newest]).await?;
    ensure!(code == 1 && output.contains("would be parked again"), "{output}");
    let (output, code) = tool(&world, &["parked", "edit", &newest, "--body", r#"{"to":"bob"}"#]).await?;
    ensure!(code == 2 && output.contains("needs field \"amount\""), "{output}");
    let edited_body = transfer("bob", "12.50");
    let (output, code) = tool(
        &world,
        &["parked", "edit", &newest, "--body", &edited_body.to_string()],
    )
    .await?;
    ensure!(code == 0 && output.contains("replaced by message"), "{output}");
    let edited_body = edited_body["id"].as_str().context("an id")?;
    until_settled(&world, edited_body).await?;

    let (output, code) = tool(&world, &["parked", "discard", &oldest]).await?;
    ensure!(code == 2 && output.contains("--reason"), "{output}");
    let (output, code) = tool(
        &world,
        &["parked", "discard", &oldest, "--reason", "half a request"],
    )
    .await?;
    ensure!(
        code == 0 && output.contains("discarded: half a request"),
        "{output}"
    );
    let (output, code) = tool(&world, &["parked", "discard", &oldest, "--reason", "again"]).await?;
    ensure!(code == 1 && output.contains("already resolved"), "{output}");
    ensure!(parked(&world).await?.is_empty(), "some messages are still parked");
    let (output, _) = tool(&world, &["parked", "--all"]).await?;
    ensure!(
        output.contains("half a request") && output.contains("replaced by message"),
        "{output}"
    );
    let (output, code) = tool(&world, &["parked", "retry", "debit/0/999"]).await?;
    ensure!(code == 1 && output.contains("was never parked"), "{output}");
    world.verify().await?;
    world.stop().await
}

/// Two operators resolve the same request, at the same time or while its service is down: one instruction is carried out, and both
/// operators learn which.
#[tokio::test]
async fn the_first_of_two_operators_wins_and_the_other_learns_it() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let alice: AccountId = "alice".parse()?;
        for _ in 0..3 {
            world
                .nats
                .request(Verb::Transfer, &alice, r#"{"to":"bob"}"#, None)
                .await?;
        }
        let rows = until_parked(&world, 3).await?;
        let id = |row: usize| rows[row]["id"].as_str().unwrap_or_default().to_owned();
        let pays = |amount: &str| json!({ "to": "bob", "amount": amount, "currency": "USD" }).to_string();
        let (one, other) = (pays("1.00"), pays("2.00"));

        let edit = |row: usize, body: &str| ["edit", &id(row), "--body", body].map(str::to_owned);
        let (first, second) = tokio::try_join!(
            run_parked(&world, edit(0, &one)),
            run_parked(&world, edit(0, &other))
        )?;
        let mut paid = match (&first, &second) {
            ((won, 0), (lost, 1)) => check(won, lost, 1)?,
            ((lost, 1), (won, 0)) => check(won, lost, 2)?,
            both => anyhow::bail!("not one success and one rejection: {both:?}"),
        };

        let discard = ["discard", &id(1), "--reason", "ours"].map(str::to_owned);
        let (edited, discarded) =
            tokio::try_join!(run_parked(&world, edit(1, &one)), run_parked(&world, discard))?;
        match (&edited, &discarded) {
            ((won, 0), (lost, 1)) => paid += check(won, lost, 1)?,
            ((lost, 1), (won, 0)) => ensure!(
                lost.contains("another instruction") || lost.contains("discarded: ours"),
                "{won} {lost}"
            ),
            both => anyhow::bail!("not one success and one rejection: {both:?}"),
        }

        world.stack.kill(Service::Debit).await?;
        let (output, code) = run_parked(&world, edit(2, &one)).await?;
        ensure!(
            code == 4 && output.contains("debit-svc carries it out as soon as it runs"),
            "{output}"
        );
        let (output, code) = run_parked(&world, edit(2, &one)).await?;
        ensure!(
            code == 4 && output.contains("the same instruction is already in"),
            "{output}"
        );
        let (output, code) = run_parked(&world, edit(2, &other)).await?;
        ensure!(
            code == 1 && output.contains("another instruction, in"),
            "{output}"
        );
        world.stack.start_service(Service::Debit).await?;
        paid += 1;
        until_parked(&world, 0).await?;
        let (output, code) = run_parked(&world, edit(2, &one)).await?;
        ensure!(
            code == 0 && output.contains("already resolved") && output.contains("with the same text"),
            "{output}"
        );
        let (output, code) = run_parked(&world, edit(2, &other)).await?;
        ensure!(code == 1 && output.contains("came first"), "{output}");
        world.verify().await?;
        assert_eq!(world.available("bob").await?, format!("10{paid}.00"));
        world.stop().await?;
    }
    Ok(())
}

/// The output of `wallet parked`, and its exit code.
async fn run_parked(world: &World, words: [String; 4]) -> Result<(String, i32)> {
    let words = words.iter().map(String::as_str);
    let args: Vec<&str> = std::iter::once("parked")
        .chain(words)
        .chain(["--timeout", "1s"])
        .collect();
    tool(world, &args).await
}

/// Checks the outputs of the two operators; returns the amount paid by the instruction that was carried out.
fn check(won: &str, lost: &str, amount: u32) -> Result<u32> {
    let output = lost.contains("came first") || lost.contains("comes first");
    ensure!(won.contains("replaced by message") && output, "{won} {lost}");
    Ok(amount)
}

/// An instruction whose text is invalid or not allowed replaces nothing, and is parked itself.
#[tokio::test]
async fn an_invalid_instruction_is_parked_itself() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice: AccountId = "alice".parse()?;
    let shard = home(&world, "alice").await?;
    world
        .nats
        .request(Verb::Transfer, &alice, r#"{"to":"bob"}"#, None)
        .await?;
    let row = until_parked(&world, 1).await?.swap_remove(0);
    let subject = wallet_contract::subject::parking(shard, Service::Debit);
    let bodies = [
        (transfer("bob", "1"), "invalid_amount"),
        (json!({ "to": "bob" }), "a request needs \"id\""),
        (json!({ "id": e2e::id(), "verb": "confirm" }), "verb \"confirm\""),
    ];
    for (body, _) in &bodies {
        let instruction = json!({
            "sequence": row["sequence"], "index": row["index"], "action": "replace", "body": body.to_string(),
        });
        let message = instruction.to_string().into();
        world.nats.client().publish(subject.clone(), message).await?;
    }
    let rows = until_parked(&world, 4).await?;
    for ((_, why), row) in bodies.iter().zip(rows.iter().rev().skip(1)) {
        let detail = row["detail"].as_str().unwrap_or_default();
        ensure!(
            detail.contains(why) && detail.contains("can't replace message"),
            "{row}"
        );
    }
    let id = row["id"].as_str().context("an id")?;
    let edited_body = json!({ "to": "bob", "amount": "1.00", "currency": "USD" }).to_string();
    let (output, code) = tool(&world, &["parked", "edit", id, "--body", &edited_body]).await?;
    ensure!(code == 0 && output.contains("replaced by message"), "{output}");
    let available = async || world.available("bob").await;
    until("it is paid", available, |available| available == "101.00").await?;
    world.verify().await?;
    world.stop().await
}

/// credit-svc writes an event of an unknown kind, then continues. debit-svc and ledger-svc can't process its later events of
/// that transfer, which may depend on it.
#[tokio::test]
async fn later_messages_of_a_parked_transfer_wait_and_others_proceed() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        world.stack.kill(Service::Credit).await?;
        let body = transfer("bob", "1.00");
        let blocked = body["id"].as_str().context("an id")?.to_owned();
        let alice: AccountId = "alice".parse()?;
        world
            .nats
            .request(Verb::Transfer, &alice, body.to_string(), None)
            .await?;
        let debited = |flow: &Value| flow["events"].as_array().is_some_and(|events| events.len() == 2);
        until("it is debited", async || flow(&world, &blocked).await, debited).await?;
        let home = home(&world, "alice").await?;
        let subject = envelopes(home, Service::Credit, home);
        let message = of_a_later_version(&blocked, home);
        world.nats.client().publish(subject, message.into()).await?;
        until_parked(&world, 2).await?;

        world.stack.start_service(Service::Credit).await?;
        // The later messages wait.
        until_parked(&world, 4).await?;
        world.pay("alice", "bob", "2.00").await?;
        world.stack.kill(Service::Debit).await?;
        world.stack.start_service(Service::Debit).await?;
        world.pay("alice", "bob", "3.00").await?;
        assert_eq!(status(&world, &blocked).await?, "running");
        let rows = parked(&world).await?;
        let waiting = rows.iter().filter(|row| {
            row["detail"]
                .as_str()
                .is_some_and(|why| why.starts_with("waits for a parked message"))
        });
        assert_eq!(waiting.count(), 2, "{rows:#?}");
        ensure!(
            rows.iter().all(|row| row["transfer"] == blocked.as_str()),
            "{rows:#?}"
        );

        let (output, code) = tool(&world, &["parked", "retry", "--all", "--timeout", "2s"]).await?;
        ensure!(code == 1 && output.contains("unknown event type"), "{output}");
        for row in rows
            .iter()
            .filter(|row| row["detail"].as_str().is_some_and(|why| why.contains("unknown")))
        {
            let id = row["id"].as_str().context("an id")?;
            let (output, code) = tool(&world, &["parked", "edit", id, "--body", "{}"]).await?;
            ensure!(code == 1 && output.contains("so it can't be edited"), "{output}");
            let (output, code) = tool(
                &world,
                &["parked", "discard", id, "--reason", "gilding changes no money"],
            )
            .await?;
            ensure!(code == 0, "{output}");
        }
        until_settled(&world, &blocked).await?;
        ensure!(parked(&world).await?.is_empty(), "some messages still wait");
        world.verify().await?;
        assert_eq!(world.available("bob").await?, "106.00");
        world.stop().await?;
    }
    Ok(())
}

/// debit-svc's database refuses one transfer. Its shard does not stop.
#[tokio::test]
async fn a_message_that_the_database_refuses_is_found_and_parked() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let file = format!("debit-{}.db", home(&world, "alice").await?);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.dir().join(file).display())).await?;
    sqlx::query("CREATE UNIQUE INDEX one_of_each ON transfer (payee) WHERE amount = 666")
        .execute(&pool)
        .await?;
    world.pay("alice", "bob", "6.66").await?;
    let alice: AccountId = "alice".parse()?;
    let mut bodies: Vec<Value> = (0..20).map(|_| transfer("bob", "0.01")).collect();
    bodies.insert(11, transfer("bob", "6.66"));
    let refused = bodies[11]["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &alice, json!(bodies).to_string(), None)
        .await?;
    let rows = until_parked(&world, 1).await?;
    ensure!(
        rows[0]["transfer"] == refused.as_str() && rows[0]["index"] == 11,
        "{rows:#?}"
    );
    world.pay("alice", "bob", "1.00").await?;
    assert_eq!(world.available("bob").await?, "107.86");

    sqlx::query("DROP INDEX one_of_each").execute(&pool).await?;
    let (output, code) = tool(&world, &["parked", "retry", "--all"]).await?;
    ensure!(code == 0 && output.contains("retried"), "{output}");
    until_settled(&world, &refused).await?;
    world.verify().await?;
    assert_eq!(world.available("bob").await?, "114.52");
    world.stop().await
}
