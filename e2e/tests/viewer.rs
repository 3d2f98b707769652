//! The viewer's pages in a real browser.

use anyhow::{Result, ensure};
use e2e::World;
use e2e::browser::{Browser, NARROW};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_tells_how_to_begin() -> Result<()> {
    let world = World::start(None).await?;
    let browser = Browser::start(&world.stack.api_url()).await?;
    browser.open("/").await?;
    ensure!(browser.text("h1").await? == "Transfers");
    browser.resize(NARROW).await?;
    browser.fits().await?;
    browser.close().await?;
    world.stop().await
}
