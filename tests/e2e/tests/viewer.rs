//! The viewer's list, accounts and health in a real browser.

use anyhow::{Context as _, Result, ensure};
use e2e::browser::{Browser, NARROW, WIDE};
use e2e::{DATABASES, World, id};
use reqwest::header::HeaderValue;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use wallet_contract::subject::{Service, Verb};

/// Text that would be dangerous as markup.
const EVIL: &str =
    "<img src=x onerror=\"document.title='taken'\"></td><script>document.title='taken'</script>&amp;";

/// A world with two accounts, two transfers that settle and one that is refused.
async fn some(database: Option<&str>) -> Result<World> {
    let world = World::start(database).await?;
    world.open(&["alice", "bob"]).await?;
    world.pay("alice", "bob", "12.50").await?;
    world.pay("bob", "alice", "1.00").await?;
    world.pay("alice", "bob", "1000.00").await?;
    Ok(world)
}

/// Waits until a page has this many rows.
async fn has_rows(browser: &Browser, rows: usize) -> Result<()> {
    let found = browser.texts("main tbody tr[data-row]").await?.len();
    ensure!(
        found == rows,
        "{} has {found} rows instead of {rows}: {}",
        browser.path().await?,
        browser.text("body").await?
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_shows_how_to_begin_and_updates_itself() -> Result<()> {
    let world = World::start(None).await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    browser.open("/").await?;
    let text = browser.text("main").await?;
    ensure!(
        text.contains("wallet transfer --from alice --to bob --amount 12.50 --currency USD"),
        "{text}"
    );
    browser
        .until("document.querySelector('#live').textContent == 'live'")
        .await?;
    world.open(&["alice", "bob"]).await?;
    world.pay("alice", "bob", "12.50").await?;
    browser
        .until("[...document.querySelectorAll('tbody tr')].some(r => /settled/.test(r.textContent) && /alice → bob/.test(r.textContent))")
        .await?;
    // The focused element keeps the focus while the list changes.
    browser.press("j").await?;
    let focused = "document.activeElement.closest('tr')?.dataset.id";
    let before = browser.eval(focused).await?;
    world.pay("bob", "alice", "2.00").await?;
    browser
        .until("/bob → alice/.test(document.querySelector('tbody tr').textContent)")
        .await?;
    assert_eq!(browser.eval(focused).await?, before);
    browser.close().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_filters_the_list_on_both_databases() -> Result<()> {
    for database in DATABASES {
        let world = some(database).await?;
        let browser = Browser::start(&world.stack.api_url()).await?;
        for (query, found) in [
            ("", 7),
            ("status=refused", 1),
            ("reason=insufficient_funds", 1),
            ("account=bob&status=settled", 3),
            ("account=bob&currency=USD&min=1.00&max=12.50", 2),
            ("currency=USD&min=12.50&max=12.50", 1),
            ("currency=USD&min=100.01&status=settled", 0),
            ("currency=EUR", 0),
            ("lasted_ms=600000", 0),
            ("from=2020-01-01T00:00:00", 7),
            ("to=2020-01-01T00:00:00Z", 0),
            ("account=alice&to=2020-01-01", 0),
            ("status=running", 0),
            ("status=stuck", 0),
            ("status=parked", 0),
        ] {
            browser.open(&format!("/?{query}")).await?;
            has_rows(&browser, found)
                .await
                .with_context(|| format!("{database:?}"))?;
        }
        // A form sends all its fields; the address keeps only the non-empty ones.
        browser.open("/").await?;
        browser.fill("[name=account]", "alice").await?;
        browser
            .eval("(document.querySelector('[name=status]').value = 'refused', 1)")
            .await?;
        browser.click(".filters button").await?;
        browser
            .until("location.search == '?account=alice&status=refused'")
            .await?;
        has_rows(&browser, 1).await?;
        ensure!(browser.text("tbody").await?.contains("insufficient_funds"));

        browser.press("/").await?;
        browser.press("bob\u{e007}").await?;
        browser.until("location.search == '?account=bob'").await?;
        let id = browser
            .eval("document.querySelector('tbody tr').dataset.id")
            .await?;
        let id = id.as_str().context("an id")?.to_owned();
        browser.fill("#search", &id).await?;
        browser.press("\u{e007}").await?;
        browser
            .until(&format!("location.pathname == '/flows/{id}'"))
            .await?;
        browser.close().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_request_gets_an_error_page() -> Result<()> {
    let world = World::start(None).await?;
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
    for service in Service::ALL {
        programs_get_problem_json(&http, &world.stack.service_url(service)).await?;
    }
    world.stop().await
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
        assert_eq!(head.status(), whole.status(), "{path}");
        for name in ["content-type", "cache-control"] {
            assert_eq!(head.headers()[name], whole.headers()[name], "{path}");
        }
        assert_eq!(whole.headers()["cache-control"], "no-store", "{path}");
        ensure!(
            !whole.bytes().await?.is_empty() && head.bytes().await?.is_empty(),
            "{path}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_has_pages_and_keys() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    for _ in 0..60 {
        world.pay("alice", "bob", "0.01").await?;
    }
    let browser = Browser::start(&world.stack.api_url()).await?;
    browser.open("/").await?;
    let ids = "[...document.querySelectorAll('tbody tr')].map(r => r.dataset.id)";
    let first = browser.eval(ids).await?;
    assert_eq!(first.as_array().map(Vec::len), Some(50));
    browser.press("]").await?;
    browser.until("location.search.includes('before=')").await?;
    let second = browser.eval(ids).await?;
    assert_eq!(second.as_array().map(Vec::len), Some(14));
    ensure!(
        second
            .as_array()
            .into_iter()
            .flatten()
            .all(|id| !first.as_array().is_some_and(|first| first.contains(id)))
    );
    browser.press("[").await?;
    browser.until("location.search == ''").await?;

    browser.press("jjk").await?;
    let focused = browser
        .eval("document.activeElement.closest('tr').dataset.id")
        .await?;
    assert_eq!(focused, first[0]);
    browser.press("?").await?;
    browser.until("document.querySelector('#help').open").await?;
    browser.press("\u{e00c}").await?;
    browser.until("!document.querySelector('#help').open").await?;
    browser.press("c").await?;
    browser
        .until(&format!(
            "document.querySelector('#toast').textContent.includes({focused})"
        ))
        .await?;
    browser.press("\u{e007}").await?;
    browser
        .until(&format!("location.pathname == '/flows/' + {focused}"))
        .await?;
    browser.close().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_in_both_themes() -> Result<()> {
    let world = some(None).await?;
    let long = "customer_with_a_very_long_account_name_of_sixty_four_characters_";
    world.open(&[long]).await?;
    world.pay("alice", long, "1.00").await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    let ground = "getComputedStyle(document.body).backgroundColor";
    let pages = [
        "/",
        "/?status=refused&currency=USD&min=1.00",
        "/accounts",
        "/accounts/alice",
        "/health",
    ];
    for size in [WIDE, NARROW] {
        browser.resize(size).await?;
        for page in pages {
            browser.open(page).await?;
            browser.fits().await?;
            // Words are never broken, however narrow the space.
            let broken = "[...document.querySelectorAll('[data-label=\"last event\"] span, [data-label=booking] span')] \
                          .filter(e => e.getClientRects().length > 1).map(e => e.textContent)";
            assert_eq!(browser.eval(broken).await?, json!([]), "{page}");
            browser.prefer("dark").await?;
            let dark = browser.eval(ground).await?;
            browser.prefer("light").await?;
            ensure!(browser.eval(ground).await? != dark, "{page}");
        }
    }
    // A manual choice of theme overrides the system's preference.
    browser.open("/").await?;
    let light = browser.eval(ground).await?;
    browser.press("t").await?;
    let dark = browser.eval(ground).await?;
    ensure!(dark != light);
    browser.open("/health").await?;
    assert_eq!(browser.eval(ground).await?, dark);
    browser.close().await?;
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_shows_present_and_past_balances() -> Result<()> {
    for database in DATABASES {
        let world = some(database).await?;
        let browser = Browser::start(&world.stack.api_url()).await?;
        browser.open("/accounts").await?;
        let rows = browser.texts("tbody tr").await?;
        let has = |row: &String| row.contains("alice") && row.contains("88.50");
        ensure!(
            rows.iter().any(has),
            "{database:?}: {}",
            browser.text("main").await?
        );
        browser.open("/accounts/alice").await?;
        ensure!(browser.text(".available").await? == "88.50 USD");
        ensure!(browser.texts(".statement tbody tr").await?.len() == 3);
        ensure!(browser.eval("!!document.querySelector('svg title') && /H/.test(document.querySelector('path.line').getAttribute('d'))").await? == json!(true));
        // Back to the moment after the deposit, by its own line.
        let lines = "[...document.querySelectorAll('.statement tbody time')].map(t => t.dateTime)";
        let deposit = browser.eval(lines).await?[2]
            .as_str()
            .context("a time")?
            .to_owned();
        browser.fill("#at", &deposit).await?;
        browser.click(".then-form button").await?;
        browser.until("location.search.startsWith('?at=')").await?;
        ensure!(browser.text(".available").await? == "100.00 USD");
        ensure!(browser.texts(".statement tbody tr").await?.len() == 1);
        // The slider reaches it too.
        browser
            .eval("(s => (s.value = 0, s.dispatchEvent(new Event('input')), s.dispatchEvent(new Event('change')), 1))(document.querySelector('#slider'))")
            .await?;
        browser
            .until("document.querySelector('#slider').value == 0 && document.readyState == 'complete'")
            .await?;
        browser.open("/accounts/alice").await?;
        browser.click(".statement tbody a.open").await?;
        browser.until("location.pathname.startsWith('/flows/')").await?;
        browser.close().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn health_shows_balanced_books_and_parked_messages() -> Result<()> {
    for database in DATABASES {
        let world = some(database).await?;
        let browser = Browser::start(&world.stack.api_url()).await?;
        browser.open("/health").await?;
        let text = browser.text("main").await?;
        ensure!(text.contains("✓ USD sums to zero"), "{text}");
        ensure!(text.matches("✓ correct").count() == 2, "{text}");
        let alice = "alice".parse()?;
        world
            .nats
            .request(Verb::Transfer, &alice, format!("no JSON {EVIL}"), None)
            .await?;
        world.pay("alice", "bob", "1.00").await?;
        browser.open("/health").await?;
        browser
            .until("/Parked, newest first/.test(document.body.textContent)")
            .await?;
        ensure!(browser.client.title().await?.starts_with("Health"));
        browser.close().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn client_text_is_shown_as_text() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let body = json!({ "id": id(), "to": "bob", "amount": "1.00", "currency": "USD", "memo": EVIL });
    world.ask(Verb::Transfer, "alice", body).await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    browser.open("/accounts/alice").await?;
    ensure!(browser.text(".statement").await?.contains(EVIL));
    ensure!(browser.client.title().await?.starts_with("Account alice"));
    browser.close().await?;
    world.stop().await
}
