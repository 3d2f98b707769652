//! With a token configured, a browser is asked for it once.

use anyhow::{Result, ensure};
use e2e::browser::{Browser, NARROW};
use e2e::{World, steps};
use reqwest::redirect::Policy;
use reqwest::{StatusCode, header};

const TOKEN: &str = "a-token-that-nobody-guesses";

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_pages_need_a_login() -> Result<()> {
    let world = World::with(None, |options| options.http_token = Some(TOKEN.to_owned())).await?;
    steps!((&world):
        a_browser_logs_in_once_and_can_log_out,
        the_cookie_is_strict_and_programs_get_401,
    );
    world.stop().await
}

async fn a_browser_logs_in_once_and_can_log_out(world: &World) -> Result<()> {
    let browser = Browser::start(&world.stack.api_url()).await?;
    browser.open("/accounts?q=%40").await?;
    assert_eq!(browser.path().await?, "/login?next=%2Faccounts%3Fq%3D%2540");
    browser.fill("[name=token]", "a-token-that-is-wrong").await?;
    browser.press("\u{e007}").await?;
    browser
        .until("document.body.textContent.includes('Wrong token.')")
        .await?;
    ensure!(!browser.client.source().await?.contains("a-token-that-is-wrong"));
    // The refusal is an expected complaint.
    let complaints = browser.complaints().await?;
    ensure!(
        complaints.iter().all(|message| message.contains("403")),
        "{complaints:?}"
    );
    browser.resize(NARROW).await?;
    browser.fits().await?;
    browser.fill("[name=token]", TOKEN).await?;
    browser.press("\u{e007}").await?;
    browser.until("location.pathname == '/accounts'").await?;
    ensure!(
        browser.eval("document.cookie").await? == "",
        "no script reads the cookie"
    );
    browser.open("/health").await?;
    ensure!(browser.text("h1").await? == "Health");
    browser.click("form[action='./logout'] button").await?;
    browser.until("location.pathname == '/login'").await?;
    browser.open("/health").await?;
    ensure!(browser.path().await?.starts_with("/login?"));
    browser.close().await
}

async fn the_cookie_is_strict_and_programs_get_401(world: &World) -> Result<()> {
    let url = world.stack.api_url();
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let page = http
        .get(format!("{url}/?status=stuck"))
        .header(header::ACCEPT, "text/html,*/*");
    let sent = page.send().await?;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        sent.headers()[header::LOCATION],
        "./login?next=%2F%3Fstatus%3Dstuck"
    );
    let head = http
        .head(format!("{url}/flows/x"))
        .header(header::ACCEPT, "text/html");
    let head = head.send().await?;
    assert_eq!(head.headers()[header::LOCATION], "../login?next=%2Fflows%2Fx");
    for (path, accept) in [("/", "*/*"), ("/v1/stats", "text/html")] {
        let answer = http
            .get(format!("{url}{path}"))
            .header(header::ACCEPT, accept)
            .send()
            .await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let log_in = |next: &'static str| {
        let form = format!("token={TOKEN}&next={next}");
        let ask = http.post(format!("{url}/login"));
        ask.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    let elsewhere = log_in("%2F%2Fevil.example").await?;
    assert_eq!(elsewhere.headers()[header::LOCATION], "./");
    let cookie = elsewhere.headers()[header::SET_COOKIE].to_str()?.to_owned();
    ensure!(
        cookie.ends_with("; HttpOnly; SameSite=Strict") && !cookie.contains(TOKEN),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let read = http
        .get(format!("{url}/v1/stats"))
        .header(header::COOKIE, &cookie)
        .send()
        .await?;
    assert_eq!(read.status(), StatusCode::OK);
    Ok(())
}
