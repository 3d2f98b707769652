//! Flow pages in a real browser: each tab, the selection in the address, keys, copying, downloads, a narrow screen, a flow that
//! progresses while its page is open.

use anyhow::{Context as _, Result, ensure};
use e2e::browser::{Browser, NARROW, WIDE};
use e2e::{World, id, steps, transfer};
use serde_json::json;
use wallet_contract::subject::{Service, Verb};

const TABS: [&str; 6] = ["sequence", "timeline", "causes", "money", "phases", "events"];

/// alice pays frank, who is frozen.
async fn compensated(world: &World) -> Result<String> {
    world.open(&["alice", "frank"]).await?;
    world.ask(Verb::Freeze, "frank", json!({ "id": id() })).await?;
    let mut body = transfer("frank", "5.00");
    body["memo"] = json!("<script>document.title = 'forged'</script>");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world.ask(Verb::Transfer, "alice", body).await?;
    Ok(id)
}

/// alice reserves for @fees, and confirms a part.
async fn captured_in_part(world: &World) -> Result<String> {
    let open = json!({ "id": id(), "currency": "USD" });
    world.ask(Verb::Open, "@fees", open).await?;
    let id = id();
    let reserve = json!({ "id": id, "to": "@fees", "amount": "20.00", "currency": "USD" });
    world.ask(Verb::Reserve, "alice", reserve).await?;
    let part = json!({ "id": id, "amount": "5.00", "currency": "USD" });
    world.ask(Verb::Confirm, "alice", part).await?;
    Ok(id)
}

/// alice pays @fees, which gives a part back: the ids of both.
async fn reversed(world: &World) -> Result<[String; 2]> {
    let body = transfer("@fees", "3.00");
    let paid = body["id"].as_str().context("an id")?.to_owned();
    world.ask(Verb::Transfer, "alice", body).await?;
    let reversal = id();
    let back =
        json!({ "id": reversal, "to": "alice", "amount": "1.00", "currency": "USD", "reverses": paid });
    world.ask(Verb::Reverse, "@fees", back).await?;
    Ok([paid, reversal])
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_work_in_a_browser() -> Result<()> {
    let mut world = World::start(None).await?;
    let id = compensated(&world).await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    steps!((&browser, &id): tabs_keep_the_step_in_the_address);
    steps!((&world, &browser, &id): every_tab_fits_a_phone_in_both_themes);
    steps!((&mut world, &browser): an_open_page_shows_the_end_of_its_flow);
    steps!((&world, &browser, &id): ids_are_copied_and_files_downloaded);
    world.stop().await
}

async fn tabs_keep_the_step_in_the_address(browser: &Browser, id: &str) -> Result<()> {
    browser.open(&format!("/flows/{id}")).await?;
    ensure!(
        browser
            .text(".story")
            .await?
            .contains("frank is frozen, so the credit was refused")
    );
    ensure!(
        browser.text(".memo").await?.contains("<script>"),
        "a memo is shown as it was written"
    );

    // The third step, by a click in the drawing; then through all tabs by their keys.
    browser.eval("document.querySelectorAll('.drawing a.open')[2].dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))").await?;
    browser.until("location.search.includes('step=3') && document.querySelector('#step h2')?.textContent.includes('credit refused')").await?;
    for (key, tab) in (1..).zip(TABS) {
        browser.press(&key.to_string()).await?;
        browser
            .until(&format!(
                "document.querySelector('.tabs [aria-current]').textContent.toLowerCase() === '{tab}'"
            ))
            .await?;
        let path = browser.path().await?;
        ensure!(
            path.contains(&format!("tab={tab}")) && path.contains("step=3"),
            "{path}"
        );
        ensure!(browser.text(".walk").await?.contains("Step 3 of 5"), "{tab}");
    }
    // `[` and `]` move through the steps, and the back button returns.
    browser.press("]").await?;
    browser
        .until("document.querySelector('#step h2').textContent.includes('debit reversed')")
        .await?;
    browser.eval("history.back()").await?;
    browser
        .until("document.querySelector('#step h2').textContent.includes('credit refused')")
        .await?;

    // The same by address alone, as another person would open it.
    let path = browser.path().await?;
    browser.open(&path).await?;
    ensure!(browser.text("#step h2").await?.contains("credit refused"));
    ensure!(browser.eval("document.title").await? != json!("forged"));
    Ok(())
}

async fn every_tab_fits_a_phone_in_both_themes(world: &World, browser: &Browser, id: &str) -> Result<()> {
    let part = captured_in_part(world).await?;
    let back = reversed(world).await?;
    for theme in ["light", "dark"] {
        browser.prefer(theme).await?;
        for size in [WIDE, NARROW] {
            browser.resize(size).await?;
            for tab in TABS {
                browser.open(&format!("/flows/{id}?tab={tab}&step=2")).await?;
                browser.fits().await?;
                if tab == "timeline" {
                    // The first step's bar is visible without scrolling.
                    let seen = "document.querySelector('.bar').getBoundingClientRect().right < innerWidth";
                    browser.until(seen).await?;
                }
            }
            // The captured part of the held amount: amounts, lines and bars that no other flow has.
            let timeline = format!("/flows/{part}?tab=timeline");
            for (page, says) in [
                ("/", "5.00 of 20.00 USD"),
                ("/accounts/alice", "capture"),
                ("/accounts/alice", "given back by"),
                (&timeline, "held for"),
                (&format!("/flows/{}", back[0]), "Given back"),
                (&format!("/flows/{}", back[1]), "Gives back"),
            ] {
                browser.open(page).await?;
                browser.fits().await?;
                ensure!(
                    browser.text("main").await?.contains(says),
                    "{page} does not show {says}"
                );
            }
        }
    }
    browser.resize(WIDE).await?;
    Ok(())
}

async fn ids_are_copied_and_files_downloaded(world: &World, browser: &Browser, id: &str) -> Result<()> {
    browser.open(&format!("/flows/{id}")).await?;
    browser.click(".facts .copy").await?;
    browser
        .until(&format!(
            "document.querySelector('#toast').textContent === 'copied {id}'"
        ))
        .await?;
    for file in ["html", "otlp.json", "mmd"] {
        let link = format!(".downloads a[href*='export.{file}']");
        let fetched = format!(
            "fetch(document.querySelector(\"{link}\").href).then(answer => {{ window.file = answer.headers.get('content-disposition') }})"
        );
        browser
            .eval(&format!("(() => {{ {fetched}; return true }})()"))
            .await?;
        browser
            .until(&format!(
                "window.file === 'attachment; filename=\"flow-{id}.{file}\"'"
            ))
            .await?;
    }
    browser.is_content().await?;
    // The page exported as one file and opened from disk: it shows the flow and makes no requests.
    let page = world.get(&format!("/flows/{id}/export.html")).await?;
    let file = world.dir().join("flow.html");
    std::fs::write(&file, page)?;
    browser.client.goto(&format!("file://{}", file.display())).await?;
    ensure!(browser.texts(".drawing").await?.len() == 3 && browser.text("h1").await?.contains("5.00 USD"));
    browser.client.back().await?;
    Ok(())
}

async fn an_open_page_shows_the_end_of_its_flow(world: &mut World, browser: &Browser) -> Result<()> {
    world.open(&["bob"]).await?;
    world.stack.kill(Service::Credit).await?;
    let body = transfer("bob", "3.00");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body.to_string(), None)
        .await?;
    browser.open(&format!("/flows/{id}")).await?;
    browser
        .until("document.querySelector('.missing')?.textContent.includes('expected: account.credited')")
        .await?;
    ensure!(
        browser
            .text(".notice.expected")
            .await?
            .contains("credit-svc of shard 0 has not reacted to account.debited")
    );
    world.stack.start_service(Service::Credit).await?;
    browser
        .until("document.querySelector('h1 .settled') !== null && !document.querySelector('.missing')")
        .await?;
    Ok(())
}
