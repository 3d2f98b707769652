//! The viewer's list, accounts and health in a real browser: what changes while it is open, keys, forms, sizes and themes.

use anyhow::{Context as _, Result, ensure};
use e2e::browser::{Browser, NARROW, WIDE};
use e2e::wait::until;
use e2e::{World, id, steps};
use serde_json::json;
use wallet_contract::subject::Verb;

/// Text that would be dangerous as markup.
const EVIL: &str =
    "<img src=x onerror=\"document.title='taken'\"></td><script>document.title='taken'</script>&amp;";

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_accounts_work_in_a_browser() -> Result<()> {
    let world = World::start(None).await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    steps!((&world, &browser):
        an_empty_ledger_shows_how_to_begin_and_updates_itself,
        forms_change_the_address,
        a_long_list_has_pages_and_keys,
        an_account_goes_back_in_time,
        client_text_is_shown_as_text,
        every_page_fits_in_both_themes,
    );
    browser.close().await?;
    world.stop().await
}

async fn has_rows(browser: &Browser, rows: usize) -> Result<()> {
    let found = browser.texts("main tbody tr[data-row]").await?.len();
    let text = browser.text("body").await?;
    ensure!(found == rows, "{found} rows instead of {rows}: {text}");
    Ok(())
}

async fn an_empty_ledger_shows_how_to_begin_and_updates_itself(
    world: &World,
    browser: &Browser,
) -> Result<()> {
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
    Ok(())
}

async fn forms_change_the_address(world: &World, browser: &Browser) -> Result<()> {
    world.pay("alice", "bob", "1000.00").await?;
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
    has_rows(browser, 1).await?;
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
    Ok(())
}

async fn a_long_list_has_pages_and_keys(world: &World, browser: &Browser) -> Result<()> {
    // Seven flows are there already.
    for _ in 0..60 {
        world.pay("alice", "bob", "0.01").await?;
    }
    browser.open("/").await?;
    let ids = "[...document.querySelectorAll('tbody tr')].map(r => r.dataset.id)";
    let first = browser.eval(ids).await?;
    assert_eq!(first.as_array().map(Vec::len), Some(50));
    browser.press("]").await?;
    browser.until("location.search.includes('before=')").await?;
    let second = browser.eval(ids).await?;
    assert_eq!(second.as_array().map(Vec::len), Some(17));
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
    Ok(())
}

async fn an_account_goes_back_in_time(world: &World, browser: &Browser) -> Result<()> {
    world.open(&["carol"]).await?;
    world.pay("carol", "bob", "12.50").await?;
    world.pay("bob", "carol", "1.00").await?;
    // An address names a millisecond, so the places of the slider must be as far apart.
    let covers = async || {
        browser.open("/accounts/carol").await?;
        browser
            .eval("(s => s.to - s.from)(document.querySelector('#slider').dataset)")
            .await
    };
    until("the chart covers a second", covers, |us| us.as_f64() > Some(1e6)).await?;
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
    browser.open("/accounts/carol").await?;
    browser.click(".statement tbody a.open").await?;
    browser.until("location.pathname.startsWith('/flows/')").await?;
    Ok(())
}

async fn client_text_is_shown_as_text(world: &World, browser: &Browser) -> Result<()> {
    let body = json!({ "id": id(), "to": "bob", "amount": "1.00", "currency": "USD", "memo": EVIL });
    world.ask(Verb::Transfer, "alice", body).await?;
    browser.open("/accounts/alice").await?;
    ensure!(browser.text(".statement").await?.contains(EVIL));
    ensure!(browser.client.title().await?.starts_with("Account alice"));
    Ok(())
}

async fn every_page_fits_in_both_themes(world: &World, browser: &Browser) -> Result<()> {
    let long = "customer_with_a_very_long_account_name_of_sixty_four_characters_";
    world.open(&[long]).await?;
    world.pay("alice", long, "1.00").await?;
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
    Ok(())
}
