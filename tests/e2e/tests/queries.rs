//! Queries over HTTP: invalid ones are rejected as client errors, and times cover exactly what they name; on both databases.

mod blanks;
mod times;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATABASES, Random, World, transfer, wait};
use uuid::Uuid;
use wallet_client::api::Status;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::subject::Verb;

/// How many damaged queries are sent to each database.
const DAMAGED: u64 = 2_000;

/// Valid queries, from which damaged ones are made.
const GOOD: [&str; 19] = [
    "/v1/accounts",
    "/v1/accounts?after=alice&limit=2",
    "/v1/accounts/alice",
    "/v1/accounts/alice?at=2026-01-01T00:00:00Z",
    "/v1/accounts/alice/statement",
    "/v1/accounts/alice/statement?currency=USD&limit=1",
    "/v1/accounts/alice/statement?before=1700000000000000.7",
    "/v1/transfers",
    "/v1/transfers?status=settled&limit=1000",
    "/v1/transfers?account=alice&reason=insufficient_funds",
    "/v1/transfers?status=stuck",
    "/v1/transfers?status=stuck&account=alice",
    "/v1/transfers?status=stuck&reason=account_frozen",
    "/v1/transfers?before=7.7",
    "/v1/transfers?account=alice&before=1700000000000000.7/7.7",
    "/v1/parked?limit=5",
    "/v1/transfers?ended_from=2020-01-01T00:00:00Z&account=alice",
    "/v1/parked?before=7.7&all=true",
    "/v1/stats",
];

/// Invalid queries.
const BAD: [&str; 52] = [
    "/v1/accounts?limit=0",
    "/v1/accounts?limit=1001",
    "/v1/accounts?limit=x",
    "/v1/accounts?limit=",
    "/v1/accounts?limit=99999999999999999999",
    "/v1/accounts?after=%00",
    "/v1/accounts?before_=1",
    "/v1/accounts?limit=1&limit=2",
    "/v1/accounts/a.b",
    "/v1/accounts/%00",
    "/v1/accounts/%ff",
    "/v1/accounts/alice?at=",
    "/v1/accounts/alice?at=2026-13-01T00:00:00Z",
    "/v1/accounts/alice?at=99999-01-01T00:00:00Z",
    "/v1/accounts/alice/statement?currency=usd",
    "/v1/accounts/alice/statement?currency=XAU",
    "/v1/accounts/alice/statement?before=1",
    "/v1/accounts/alice/statement?before=1.2.3.4",
    "/v1/accounts/alice/statement?before=1.2.x",
    "/v1/accounts/alice/statement?before=9223372036854775808.0.0",
    "/v1/transfers?status=ended",
    "/v1/transfers?status=stuck&account=",
    // This list has one page.
    "/v1/transfers?status=stuck&before=1",
    "/v1/transfers?status=%00",
    "/v1/transfers?reason=because",
    "/v1/transfers?reason=%00",
    "/v1/transfers?account=",
    "/v1/transfers?account=%ff",
    "/v1/transfers?before=7",
    "/v1/transfers?before=7.7.7",
    "/v1/transfers?account=alice&before=7.7",
    "/v1/traces/00000000000000000000000000000000",
    "/v1/transfers?to=2026-06-01T00:00%2B06[Europe/Berlin]",
    "/v1/transfers?from=2026-03-08T02:30[America/New_York]",
    "/v1/transfers?from=2026-11-01T01:30[America/New_York]",
    "/v1/transfers?to=2026-06-01T00:00+02:00",
    "/v1/accounts/alice?at=2026-06-01T00:00[Nowhere/Zone]",
    // An ignored field would go unnoticed.
    "/v1/accounts?at=2026-01-01",
    "/v1/accounts/alice?currency=USD",
    "/v1/accounts/alice/statement?at=2026-01-01",
    "/v1/traces/0190b1c47a2e8c3d9f005a3c1e8b2d4f?payer=alice",
    "/v1/stats?shard=1",
    "/v1/accounts?payer=alice",
    "/v1/parked?account=bob",
    "/v1/parked?before=7",
    "/v1/stats?shard=0",
    "/v1/transfers?from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z",
    "/v1/transfers?ended_from=2026-06-02T00:00:00Z&ended_to=2026-06-01T00:00:00Z",
    "/v1/transfers?ended_from=2026-06-02T00:00:00Z&status=running",
    "/v1/transfers?currency=USD&min=2.00&max=1.00",
    "/v1/transfers?account=alice&before=1700000000000000.7/7.7/x",
    "/v1/traces/0af7651916cd43dd8448eb211c80319c?after=7",
];

/// Invalid queries, and what the answer says.
const WHY: [(&str, &str); 10] = [
    ("/v1/transfers?limit=0", "use 1 to 1000"),
    ("/v1/transfers?limit=1001", "use 1 to 1000"),
    ("/v1/accounts?limit=-1", "use 1 to 1000"),
    ("/v1/parked?limit=99999", "use 1 to 1000"),
    ("/v1/accounts/alice/statement?limit=0", "use 1 to 1000"),
    ("/v1/transfers?unheard=of", "unheard"),
    ("/v1/transfers?before=x", "use the \\\"next\\\""),
    ("/v1/accounts/alice?at=yesterday", "yesterday"),
    ("/v1/transfers/7", "7"),
    ("/v1/traces/xyz", "xyz"),
];

/// Invalid bodies for the query about known transfers.
const BAD_KNOWN: [&str; 6] = [
    "",
    "[]",
    "{}",
    r#"{"transfers":[{"id":"7","payer":"alice"}]}"#,
    r#"{"transfers":[{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","payer":"a.b"}]}"#,
    r#"{"transfers":[{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f"}]}"#,
];

const WORDS: [&str; 24] = [
    "%00",
    "%ff",
    "%",
    "%2",
    "&",
    "=",
    "?",
    "/",
    ".",
    "-",
    "+",
    "'",
    "\"",
    ";",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "limit=",
    "&before=",
    "at=",
    "%F0%9F%92%B6",
    "%27%20OR%201=1--",
    "1e9",
    "-1",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_query_is_rejected() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let paid = world.pay("alice", "bob", "1.00").await?;
        known(&world, paid.id).await?;
        let http = reqwest::Client::new();
        for query in GOOD {
            let (status, _) = ask(&world, &http, query).await?;
            ensure!(status == 200, "{query}: {status}");
        }
        for (query, says) in BAD.map(|query| (query, "")).into_iter().chain(WHY) {
            let (status, text) = ask(&world, &http, query).await?;
            ensure!(status == 400 && text.contains(says), "{query}: {status} {text}");
        }
        for body in BAD_KNOWN {
            let request = http.post(format!("{}/v1/transfers/known", world.stack.api_url()));
            let answer = request
                .header("content-type", "application/json")
                .body(body)
                .send()
                .await?;
            ensure!(answer.status() == 400, "{body}: {}", answer.status());
        }
        blanks::are_rejected_by_name(&world, &http).await?;
        times::cover_the_named_period(&world)
            .await
            .with_context(|| format!("{database:?}"))?;
        let mut answers = std::collections::BTreeMap::new();
        for _ in 0..DAMAGED {
            let query = damaged(&mut random);
            let (status, _) = ask(&world, &http, &query).await?;
            *answers.entry(status).or_insert(0) += 1;
        }
        println!("{database:?}: {answers:?}");
        world.stop().await?;
    }
    Ok(())
}

/// Of several transfers, those are known that the payer's own shard has seen.
async fn known(world: &World, paid: Uuid) -> Result<()> {
    let [alice, bob]: [AccountId; 2] = ["alice".parse()?, "bob".parse()?];
    let elsewhere = transfer("bob", "1.00");
    let id: TransferId = elsewhere["id"].as_str().context("an id")?.parse()?;
    let shards = world.nats.shards().await?;
    let wrong = shards
        .all()
        .find(|shard| *shard != shards.of(&alice))
        .context("another shard")?;
    let subject = Verb::Transfer.subject(wrong, &alice);
    world
        .nats
        .put(&subject, Vec::new(), elsewhere.to_string())
        .await?;
    let reason = async || Ok(world.api.transfer(id, None).await?.and_then(|flow| flow.reason));
    let refused = |reason: &Option<String>| reason.as_deref() == Some("wrong_shard");
    wait::until("the wrong shard has refused it", reason, refused).await?;
    let request = [
        (TransferId(paid), alice.clone()),
        (TransferId(paid), bob),
        (id, alice),
    ];
    let known = world.api.known(&request).await?;
    let known: Vec<_> = known
        .iter()
        .map(|flow| (flow.transfer, &*flow.payer, flow.status))
        .collect();
    ensure!(known == [(paid, "alice", Status::Settled)], "{known:?}");
    Ok(())
}

/// Sends a query, and expects an answer or a client error.
async fn ask(world: &World, http: &reqwest::Client, query: &str) -> Result<(u16, String)> {
    let answer = http
        .get(format!("{}{query}", world.stack.api_url()))
        .send()
        .await?;
    let status = answer.status().as_u16();
    let kind = answer
        .headers()
        .get("content-type")
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let text = answer.text().await?;
    // No such route: axum's own answer, with an empty body.
    let nowhere = status == 404 && text.is_empty();
    let expected = if status == 200 {
        "application/json"
    } else {
        "application/problem+json"
    };
    ensure!(
        matches!(status, 200 | 400 | 404 | 409),
        "{query}: {status} {text}"
    );
    ensure!(
        nowhere || kind == expected || kind.starts_with("text/html"),
        "{query}: {status} {kind} {text}"
    );
    Ok((status, text))
}

/// A valid query with random damage.
fn damaged(random: &mut Random) -> String {
    let pick =
        |random: &mut Random, length: usize| usize::try_from(random.below(length as u64)).unwrap_or_default();
    let mut query = GOOD[pick(random, GOOD.len())].to_owned();
    for _ in 0..=pick(random, 3) {
        // Mostly after the path, so that the route still exists.
        let path = query.find('?').filter(|_| random.below(5) > 0).unwrap_or(3);
        let at = path + 1 + pick(random, query.len() - path);
        match random.below(3) {
            0 => query.insert_str(at, WORDS[pick(random, WORDS.len())]),
            1 => query.truncate(at),
            _ => query.replace_range(at..query.len().min(at + 1), ""),
        }
    }
    query
}
