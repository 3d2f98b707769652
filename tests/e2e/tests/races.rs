//! Several callers use one id at the same time: one request is carried out, and each caller hears its own outcome.

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{World, id, run_wallet, transfer, wait};
use serde_json::{Value, json};
use wallet_contract::id::AccountId;
use wallet_contract::stream;
use wallet_contract::subject::{Service, Verb};

/// A command's exit code and its answer.
type Ended = (i32, Value);

/// Runs the commands while debit-svc is down, so that all of them wait; then it comes back.
async fn at_once(world: &mut World, commands: impl IntoIterator<Item = &String>) -> Result<Vec<Ended>> {
    let alice: AccountId = "alice".parse()?;
    let log = stream::name(world.nats.shards().await?.of(&alice));
    let end = async |world: &World| -> Result<u64> {
        let stream = world.nats.jetstream().get_stream(&log).await?;
        Ok(stream.cached_info().state.last_sequence)
    };
    world.stack.kill(Service::Debit).await?;
    let before = end(world).await?;
    let (nats, api) = (world.stack.nats_url(), world.stack.api_url());
    let running: Vec<_> = commands
        .into_iter()
        .map(|command| tokio::spawn(tool(command.clone(), nats.clone(), api.clone())))
        .collect();
    let all = before + running.len() as u64;
    wait::until(
        "all requests are in the log",
        async || end(world).await,
        |end| *end >= all,
    )
    .await?;
    world.stack.start_service(Service::Debit).await?;
    let mut results = Vec::new();
    for command in running {
        results.push(command.await??);
    }
    Ok(results)
}

async fn tool(command: String, nats: String, api: String) -> Result<Ended> {
    let args: Vec<&str> = command.split(' ').chain(["--json"]).collect();
    let output = run_wallet(&args, &nats, &api).await?;
    let answer = serde_json::from_slice(&output.stdout).with_context(|| format!("{output:?}"))?;
    Ok((output.status.code().context("an exit code")?, answer))
}

/// The winner's answer, and the answer to the one that came too late.
fn winner_and_loser(results: &[Ended]) -> Result<(&Value, &Value)> {
    match results {
        [(0, winner_and_loser), (3, late)] | [(3, late), (0, winner_and_loser)] => {
            Ok((winner_and_loser, late))
        }
        _ => bail!("not one success and one refusal: {results:#?}"),
    }
}

async fn reserved(world: &World) -> Result<String> {
    let reservation = id();
    let body = json!({ "id": reservation, "to": "bob", "amount": "9.00", "currency": "USD" });
    world.ask(Verb::Reserve, "alice", body).await?;
    Ok(reservation)
}

#[tokio::test]
async fn each_caller_gets_its_own_outcome() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let (one, two, twice) = (reserved(&world).await?, reserved(&world).await?, id());
    let confirm = |amount| format!("confirm {one} --from alice --amount {amount} --currency USD");
    let pay =
        |amount| format!("transfer --from alice --to bob --currency USD --id {twice} --amount {amount}");
    let commands = [
        confirm("5.00"),
        confirm("7.00"),
        format!("confirm {two} --from alice"),
        format!("cancel {two} --from alice"),
        pay("1.00"),
        pay("2.00"),
    ];
    let results = at_once(&mut world, &commands).await?;

    let (paid, late) = winner_and_loser(&results[..2])?;
    assert_eq!(
        (&paid["outcome"], &late["outcome"]),
        (&json!("settled"), &json!("refused"))
    );
    assert_eq!(late["reason"], "already_confirmed");
    let status = &late["transfer"];
    assert_eq!(
        (&status["status"], &status["reserved"]),
        (&json!("settled"), &json!("9.00"))
    );
    assert_eq!(status["amount"], paid["amount"]);
    ensure!(status["ended_at"].is_string(), "{status}");
    let mut moved = cents(paid)?;

    let (done, late) = winner_and_loser(&results[2..4])?;
    let settled = done["outcome"] == "settled";
    let reason = if settled { "already_confirmed" } else { "cancelled" };
    assert_eq!(
        (&late["reason"], &late["transfer"]["status"]),
        (&json!(reason), &done["outcome"])
    );
    moved += if settled { 900 } else { 0 };

    let (paid, late) = winner_and_loser(&results[4..])?;
    assert_eq!(
        (&late["reason"], &late["transfer"]["amount"]),
        (&json!("id_reused"), &paid["amount"])
    );
    moved += cents(paid)?;
    assert_eq!(
        world.available("bob").await?,
        format!("{}.{:02}", 100 + moved / 100, moved % 100)
    );

    // Repeated commands get the same answers again, marked as repeated.
    for (command, (code, first)) in commands.into_iter().zip(&results) {
        let (again_code, again) = tool(command, world.stack.nats_url(), world.stack.api_url()).await?;
        assert_eq!(again_code, *code, "{again}");
        for field in ["outcome", "answers", "reason", "time"] {
            assert_eq!(again[field], first[field], "{again}");
        }
        assert_eq!(
            (&again["repeated"], &first["repeated"]),
            (&json!(true), &Value::Null)
        );
    }

    // Outcomes that do not identify their request by themselves: the flow's head does, or its events do.
    let mut traced = transfer("bob", "1.00");
    traced["traceparent"] = json!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let outcome = world.ask(Verb::Reserve, "alice", traced).await?;
    assert_eq!(outcome.outcome.as_str(), "reserved");
    let closed = world.ask(Verb::Close, "bob", json!({ "id": id() })).await?;
    assert_eq!(closed.reason.as_deref(), Some("balance_not_zero"));
    world.verify().await?;
    world.stop().await
}

/// The amount that an outcome reports as moved, in cents.
fn cents(outcome: &Value) -> Result<u32> {
    let amount = outcome["amount"].as_str().context("an amount")?;
    Ok(amount.replace('.', "").parse()?)
}
