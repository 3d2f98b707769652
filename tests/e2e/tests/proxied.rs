//! Through a real nginx, with the server of `deploy/nginx.conf`: pages under a path prefix, live updates that arrive at once
//! although everything is compressed, and the tool with such an address.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use e2e::browser::Browser;
use e2e::nginx::Front;
use e2e::{PATIENCE, World, transfer};
use reqwest::{Client, StatusCode, header};
use tokio::time::{Duration, Instant};
use wallet_contract::subject::{Service, Verb};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const TOKEN: &str = "a-token-that-nobody-guesses";
/// Long before the heartbeat, which would flush data held back by a proxy.
const AT_ONCE: Duration = Duration::from_secs(10);
/// The list shows that its live updates are connected.
const LIVE: &str = "document.querySelector('#live').textContent == 'live'";

/// Waits until an expression is true, which must not take until the next heartbeat.
async fn at_once(browser: &Browser, expression: &str) -> Result<()> {
    let began = Instant::now();
    browser.until(expression).await?;
    let took = began.elapsed();
    ensure!(took < AT_ONCE, "{expression} took {took:?}");
    Ok(())
}

/// Enters the token in the login form.
async fn log_in(browser: &Browser) -> Result<()> {
    browser.fill("[name=token]", TOKEN).await?;
    browser.press("\u{e007}").await
}

/// One payment of alice's, with no other traffic, is shown at once, from its beginning to its end.
async fn is_live(world: &World, browser: &Browser, amount: &str) -> Result<()> {
    browser.open("/").await?;
    at_once(browser, LIVE).await?;
    world.pay("alice", "bob", amount).await?;
    let settled = format!(
        "[...document.querySelectorAll('tbody tr')].some(r => r.textContent.includes('{amount}') && /settled/.test(r.textContent))"
    );
    at_once(browser, &settled).await
}

/// Every address that a page links to or loads.
async fn addresses(browser: &Browser, page: &str) -> Result<BTreeSet<String>> {
    const ALL: &str = "['href', 'src', 'action', 'data-live'].flatMap(name => \
        [...document.querySelectorAll(`[${name}]:not([href^='#'])`)].map(e => new URL(e.getAttribute(name), document.baseURI).href))";
    browser.open(page).await?;
    let found = browser.eval(ALL).await?;
    let found = found.as_array().context("a list")?.iter();
    found
        .map(|url| {
            let url = url.as_str().context("a text")?;
            Ok(url.split('#').next().unwrap_or_default().to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewer_works_under_a_path_prefix() -> Result<()> {
    let mut world = World::with(None, |options| options.http_token = Some(TOKEN.to_owned())).await?;
    let Some(nginx) = Front::start(&world.stack.api_url()).await? else {
        return world.stop().await;
    };
    world.open(&["alice", "bob"]).await?;
    for _ in 0..60 {
        world.pay("alice", "bob", "0.01").await?;
    }
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let traced = [transfer("bob", "0.01"), transfer("bob", "0.01")];
    for body in &traced {
        let body = body.to_string();
        world
            .nats
            .request(Verb::Transfer, &"alice".parse()?, body, Some(&parent))
            .await?;
    }
    let browser = Browser::start(&nginx.wallet).await?;
    browser.open("/accounts?q=%40").await?;
    assert_eq!(browser.path().await?, "/login?next=%2Faccounts%3Fq%3D%2540");
    log_in(&browser).await?;
    browser.until("location.pathname == '/wallet/accounts'").await?;
    is_live(&world, &browser, "1.50").await?;

    // One of the several flows of its trace, to which its page links.
    let id = traced[0]["id"].as_str().context("an id")?.to_owned();
    every_url_has_the_prefix(&browser, &nginx.wallet, &id).await?;
    forms_and_links_work(&browser, &id).await?;
    an_open_page_shows_the_end(&mut world, &browser).await?;

    // While the service restarts, nginx answers with an error; a browser would give up.
    browser.open("/").await?;
    browser.until(LIVE).await?;
    world.stack.stop_service(Service::Ledger).await?;
    browser.until(&format!("!({LIVE})")).await?;
    world.stack.start_service(Service::Ledger).await?;
    browser.until(LIVE).await?;
    world.pay("alice", "bob", "7.77").await?;
    at_once(
        &browser,
        "document.querySelector('tbody').textContent.includes('7.77')",
    )
    .await?;
    browser.complaints().await?;

    browser.click("form[action='./logout'] button").await?;
    browser.until("location.pathname == '/wallet/login'").await?;
    browser.open("/health").await?;
    ensure!(browser.path().await?.starts_with("/login?"));
    browser.close().await?;
    world.stop().await
}

/// No page refers to anything above its path prefix, and every address it refers to exists.
async fn every_url_has_the_prefix(browser: &Browser, origin: &str, id: &str) -> Result<()> {
    let mut all = BTreeSet::new();
    for page in [
        "/",
        "/?account=alice&status=settled",
        "/accounts",
        "/accounts/alice",
        "/accounts/alice?currency=USD&at=2099-01-01T00:00:00Z",
        "/health",
        "/parked",
        &format!("/flows/{id}"),
        &format!("/flows/{id}?payer=alice&tab=events&step=2"),
        "/there/is/nothing/here",
    ] {
        for address in addresses(browser, page).await? {
            ensure!(
                address.starts_with(&format!("{origin}/")),
                "{page} links to {address}"
            );
            all.insert(address);
        }
    }
    // The missing page was requested on purpose.
    browser.complaints().await?;
    for part in [
        "/flows/",
        "/traces/",
        "/accounts/bob",
        "/assets/viewer.js",
        "/v1/",
        "before=",
    ] {
        ensure!(
            all.iter().any(|address| address.contains(part)),
            "no {part} in {all:?}"
        );
    }
    let http = Client::new();
    let posts = ["/logout", "/live"].map(|end| format!("{origin}{end}"));
    for address in all.iter().filter(|address| !posts.contains(address)) {
        let answer = http.get(address).bearer_auth(TOKEN).send().await?;
        assert_eq!(answer.status(), StatusCode::OK, "{address}");
    }
    Ok(())
}

async fn forms_and_links_work(browser: &Browser, id: &str) -> Result<()> {
    browser.open("/").await?;
    browser.press("]").await?;
    browser.until("location.search.includes('before=')").await?;
    browser.fill("#search", id).await?;
    browser.press("\u{e007}").await?;
    browser
        .until(&format!("location.pathname == '/wallet/flows/{id}'"))
        .await?;
    browser.press("2").await?;
    browser.until("location.search.includes('tab=timeline')").await?;
    browser.click(".facts a[href*='accounts/bob']").await?;
    browser
        .until("location.pathname == '/wallet/accounts/bob'")
        .await?;
    browser.fill("#at", "2099-01-01T00:00:00Z").await?;
    browser.click(".then-form button").await?;
    browser
        .until("location.pathname == '/wallet/accounts/bob' && location.search.startsWith('?at=')")
        .await?;
    browser.open("/").await?;
    browser.fill("[name=account]", "bob").await?;
    browser.click(".filters button").await?;
    browser
        .until("location.pathname == '/wallet/' && location.search == '?account=bob'")
        .await
}

/// A flow's page is updated live too.
async fn an_open_page_shows_the_end(world: &mut World, browser: &Browser) -> Result<()> {
    world.stack.kill(Service::Credit).await?;
    let body = transfer("bob", "3.00");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body.to_string(), None)
        .await?;
    browser.open(&format!("/flows/{id}")).await?;
    browser
        .until("document.querySelector('.missing') !== null")
        .await?;
    world.stack.start_service(Service::Credit).await?;
    at_once(browser, "document.querySelector('h1 .settled') !== null").await?;
    browser
        .until("!document.querySelector('#flow').dataset.live")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_proxy_and_the_tool_need_no_settings() -> Result<()> {
    let world = World::with(None, |options| options.http_token = Some(TOKEN.to_owned())).await?;
    let Some(nginx) = Front::start(&world.stack.api_url()).await? else {
        return world.stop().await;
    };
    world.open(&["alice", "bob"]).await?;
    let browser = Browser::start(&nginx.plain).await?;
    browser.open("/").await?;
    log_in(&browser).await?;
    browser.until("location.pathname == '/'").await?;
    is_live(&world, &browser, "2.50").await?;
    browser.close().await?;

    let body = transfer("bob", "3.25");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world.ask(Verb::Transfer, "alice", body).await?;
    let page = format!("{}/flows/{id}?payer=alice", nginx.wallet);
    for (api, args) in [
        (nginx.wallet.clone(), &["trace", &id][..]),
        (format!("{}/", nginx.wallet), &["watch", &id]),
    ] {
        let args = [args, &["--api-token", TOKEN]].concat();
        let done = e2e::run_wallet(&args, &world.stack.nats_url(), &api).await?;
        let text = String::from_utf8(done.stdout)?;
        ensure!(
            done.status.success() && text.trim_end().ends_with(&page),
            "{args:?}: {text}"
        );
    }
    let shown = Client::new().get(&page).bearer_auth(TOKEN).send().await?;
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.headers()[header::CACHE_CONTROL], "no-store");
    let stopped = tokio::time::timeout(PATIENCE, world.stop()).await;
    stopped.context("an open page must not delay the stop")?
}
