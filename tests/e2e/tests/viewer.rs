//! The viewer's pages over HTTP: what each shows, for which query, on both databases. What needs a browser is in `viewer_browser`.

use anyhow::{Context as _, Result, ensure};
use e2e::wait::until;
use e2e::{DATABASES, World, steps};
use reqwest::header::HeaderValue;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use wallet_contract::subject::{Service, Verb};

use crate::viewer_flow;

/// Text that would be dangerous as markup.
const EVIL: &str =
    "<img src=x onerror=\"document.title='taken'\"></td><script>document.title='taken'</script>&amp;";

/// Metrics of every service.
const METRICS: [&str; 3] = [
    "wallet_inputs_total",
    "wallet_events_total",
    "wallet_batch_duration_seconds_bucket",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_page_shows_what_its_address_names() -> Result<()> {
    for database in DATABASES {
        println!("{database:?}");
        let mut world = some(database).await?;
        steps!((&world):
            the_url_filters_the_list,
            an_account_shows_present_and_past_balances,
            health_shows_balanced_books_and_parked_messages,
            an_invalid_request_gets_an_error_page,
        );
        viewer_flow::pages(&mut world).await?;
        world.stop().await?;
    }
    Ok(())
}

/// A world with two accounts, two transfers that settle and one that is refused.
async fn some(database: Option<&str>) -> Result<World> {
    let world = World::start(database).await?;
    world.open(&["carol", "dave"]).await?;
    world.pay("carol", "dave", "12.50").await?;
    world.pay("dave", "carol", "1.00").await?;
    world.pay("carol", "dave", "1000.00").await?;
    Ok(world)
}

/// The text of a page, without its tags.
fn plain(page: &str) -> String {
    let parts = page.split('<');
    let texts = parts.map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    texts.collect()
}

fn rows(page: &str) -> usize {
    page.matches("<tr data-row").count()
}

async fn the_url_filters_the_list(world: &World) -> Result<()> {
    for (query, found) in [
        ("", 7),
        ("status=refused", 1),
        ("reason=insufficient_funds", 1),
        ("account=dave&status=settled", 3),
        ("account=dave&currency=USD&min=1.00&max=12.50", 2),
        ("currency=USD&min=12.50&max=12.50", 1),
        ("currency=USD&min=100.01&status=settled", 0),
        ("currency=EUR", 0),
        ("lasted_ms=600000", 0),
        ("from=2020-01-01T00:00:00", 7),
        ("to=2020-01-01T00:00:00Z", 0),
        ("account=carol&to=2020-01-01", 0),
        ("status=running", 0),
        ("status=stuck", 0),
        ("status=parked", 0),
    ] {
        let list = world.get(&format!("/?{query}")).await?;
        ensure!(
            rows(&list) == found,
            "{query}: not {found} rows: {}",
            plain(&list)
        );
    }
    Ok(())
}

async fn an_account_shows_present_and_past_balances(world: &World) -> Result<()> {
    let accounts = world.get("/accounts").await?;
    let has = |row: &str| row.contains("carol") && row.contains("88.50");
    ensure!(accounts.split("<tr").any(has), "{}", plain(&accounts));
    let now = world.get("/accounts/carol").await?;
    ensure!(plain(&now).contains("88.50 USDavailable"), "{}", plain(&now));
    ensure!(rows(&now) == 3, "{}", plain(&now));
    let line = now.split_once("<path class=\"line\" d=\"").context("a line")?.1;
    ensure!(
        line.split('"').next().is_some_and(|path| path.contains('H')),
        "{line}"
    );
    ensure!(now.contains("<title>Available, in USD</title>"), "{now}");
    // Back to the moment after the deposit, by its own line.
    let times = now.split("data-label=\"time (UTC)\"><time datetime=\"").skip(1);
    let deposit = times
        .last()
        .and_then(|time| time.split('"').next())
        .context("a time")?;
    let then = world.get(&format!("/accounts/carol?at={deposit}")).await?;
    ensure!(plain(&then).contains("100.00 USDavailable"), "{}", plain(&then));
    ensure!(rows(&then) == 1, "{}", plain(&then));
    Ok(())
}

async fn health_shows_balanced_books_and_parked_messages(world: &World) -> Result<()> {
    let health = world.get("/health").await?;
    let text = plain(&health);
    ensure!(health.contains("<title>Health"), "{text}");
    ensure!(text.contains("✓ USD sums to zero"), "{text}");
    ensure!(text.matches("✓ correct").count() == 2, "{text}");
    let body = format!("no JSON {EVIL}");
    world
        .nats
        .request(Verb::Transfer, &"carol".parse()?, body, None)
        .await?;
    world.pay("carol", "dave", "1.00").await?;
    let parked = |health: &String| health.contains("Parked, newest first");
    let health = until("it is parked", async || world.get("/health").await, parked).await?;
    ensure!(!health.contains("<img src=x"), "{health}");
    Ok(())
}

async fn an_invalid_request_gets_an_error_page(world: &World) -> Result<()> {
    let http = reqwest::Client::new();
    for (path, status, says) in [
        ("/?status=lost", 400, "use one of running"),
        ("/?min=5.00", 400, "give the currency too"),
        ("/?unknown=1", 400, "unknown"),
        ("/?before=x", 400, "next"),
        ("/find?q=a+b", 400, "is not a transfer id"),
        ("/accounts/nobody", 404, "account nobody was never opened"),
        ("/nothing", 404, "not found: /nothing"),
    ] {
        let answer = http
            .get(format!("{}{path}", world.stack.api_url()))
            .send()
            .await?;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str()?.to_owned();
        ensure!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let text = answer.text().await?;
        ensure!(
            text.starts_with("<!DOCTYPE html>") && text.contains(says),
            "{path}: {text}"
        );
    }
    let nobody = http
        .get(format!("{}/v1/accounts/nobody", world.stack.api_url()))
        .send()
        .await?;
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
    assert_eq!(nobody.headers()["content-type"], "application/problem+json");
    ensure!(nobody.text().await?.contains("nobody was never opened"));
    for service in Service::ALL {
        programs_get_problem_json(&http, &world.stack.service_url(service)).await?;
    }
    Ok(())
}

/// Errors are returned as problem documents, and no answer may be cached by a proxy.
async fn programs_get_problem_json(http: &Client, url: &str) -> Result<()> {
    for (method, path, status, says) in [
        (Method::GET, "/v1/nothing", 404, "not found: /v1/nothing"),
        (Method::GET, "/v1", 404, "not found: /v1"),
        (Method::POST, "/readyz", 405, "/readyz does not support POST"),
        (
            Method::DELETE,
            "/v1/store",
            405,
            "/v1/store does not support DELETE",
        ),
    ] {
        let answer = http.request(method, format!("{url}{path}")).send().await?;
        assert_eq!(answer.status().as_u16(), status, "{url}{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let allowed = answer.headers().get("allow").map(HeaderValue::as_bytes);
        assert_eq!(
            allowed,
            (status == 405).then_some(&b"GET,HEAD"[..]),
            "{url}{path}"
        );
        let problem: Value = serde_json::from_slice(&answer.bytes().await?)?;
        assert_eq!(problem["detail"], says);
    }
    for path in ["/livez", "/readyz", "/metrics", "/v1/store"] {
        let (whole, head) = (
            http.get(format!("{url}{path}")),
            http.head(format!("{url}{path}")),
        );
        let (whole, head) = (whole.send().await?, head.send().await?);
        assert_eq!(
            (head.status(), whole.status()),
            (StatusCode::OK, StatusCode::OK),
            "{path}"
        );
        for name in ["content-type", "cache-control"] {
            assert_eq!(head.headers()[name], whole.headers()[name], "{path}");
        }
        assert_eq!(whole.headers()["cache-control"], "no-store", "{path}");
        let text = whole.text().await?;
        ensure!(!text.is_empty() && head.bytes().await?.is_empty(), "{path}");
        for name in METRICS.iter().filter(|_| path == "/metrics") {
            ensure!(text.contains(name), "no {name} in {text}");
        }
    }
    Ok(())
}
