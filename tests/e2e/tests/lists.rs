//! Every list is complete, or says where it continues; a caller that follows it sees each item once, although more arrive
//! meanwhile.
//!
//! | part | does |
//! |---|---|
//! | here | walks every list in pages of one, on one, two and four shards, on both databases |
//! | [`table`] | the known lists; an unknown route or command fails the test |
//! | [`walk`] | requests page after page, of lists for programs and for people |
//! | [`filled`] | a stack with something in each of them |
//! | [`many`] | more accounts, transfers and parked messages than one answer may have, through the tool |
//! | [`aside`] | messages parked under an earlier version are listed |
//! | [`collation`] | keys compare bytewise, whatever a database's collation |

mod aside;
mod collation;
mod filled;
mod many;
mod table;
mod walk;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use e2e::World;
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;

use self::filled::Filled;
use self::table::List;
use self::walk::{Walk, whole};

/// Each with a stack of its own.
const SHARDS: [u16; 3] = [1, 2, 4];

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_walked_on_sqlite() -> Result<()> {
    for shards in SHARDS {
        every_list_is_walked(None, shards).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_walked_on_postgresql() -> Result<()> {
    for shards in SHARDS {
        every_list_is_walked(Some("postgres"), shards).await?;
    }
    Ok(())
}

async fn every_list_is_walked(database: Option<&str>, shards: u16) -> Result<()> {
    let count = Shards::new(shards)?;
    let world = World::with(database, |options| {
        options.shards = count;
        options.stuck_after = Some(1);
    });
    let mut world = world.await?;
    let walked = all_are_walked(&mut world).await;
    walked.with_context(|| format!("{shards} shards, {database:?}"))?;
    if let Some(server) = world.stack.postgres() {
        collation::all_text_is_bytewise(&server.url()).await?;
    }
    world.stop().await
}

/// Puts something into every list of a stack, and walks them all.
pub(crate) async fn all_are_walked(world: &mut World) -> Result<()> {
    let filled = Filled::fill(world).await?;
    for list in table::lists(&filled) {
        filled.until_settled(world).await?;
        let listed = lists_each_item_once(world, &filled, &list).await;
        listed.with_context(|| list.url.clone())?;
    }
    bobs_transfers_are_listed_once_while_they_settle(world, &filled).await
}

/// Walks a list while others pay, and compares it with the whole list.
async fn lists_each_item_once(world: &World, filled: &Filled, list: &List) -> Result<()> {
    let before = whole(world, list).await?;
    ensure!(before.len() >= 2, "too few items to walk: {before:?}");
    let mut walk = Walk::begin(world, list);
    let mut listed = walk.page(1).await?;
    filled.more(world, list).await?;
    listed.extend(walk.rest(1).await?);
    if list.is_newest_first() {
        assert_eq!(
            listed, before,
            "items newer than the first page must not be listed"
        );
    }
    each_once(&before, &listed)
}

/// Every item listed before is listed once, in the same order, and no item is listed twice.
fn each_once(before: &[String], listed: &[String]) -> Result<()> {
    let distinct: BTreeSet<&String> = listed.iter().collect();
    ensure!(
        distinct.len() == listed.len(),
        "some are listed twice: {listed:#?}"
    );
    let known: BTreeSet<&String> = before.iter().collect();
    let of_before: Vec<&String> = listed.iter().filter(|item| known.contains(item)).collect();
    let before: Vec<&String> = before.iter().collect();
    ensure!(of_before == before, "listed:\n{of_before:#?}\nof\n{before:#?}");
    Ok(())
}

/// A transfer that has not reached bob yet is in his list where it began, and stays there when it reaches him.
async fn bobs_transfers_are_listed_once_while_they_settle(world: &mut World, filled: &Filled) -> Result<()> {
    world.stack.kill(Service::Credit).await?;
    filled.get_stuck(world).await?;
    for list in table::stuck_lists() {
        lists_each_item_once(world, filled, &list)
            .await
            .with_context(|| list.url.clone())?;
    }
    let list = table::transfers_of("bob");
    let before = whole(world, &list).await?;
    let mut walk = Walk::begin(world, &list);
    let mut listed = walk.page(1).await?;
    world.stack.start_service(Service::Credit).await?;
    filled.until_settled(world).await?;
    listed.extend(walk.rest(1).await?);
    each_once(&before, &listed)?;
    let after = whole(world, &list).await?;
    ensure!(
        before.iter().all(|transfer| after.contains(transfer)),
        "some of bob's transfers are missing: {after:#?}"
    );
    Ok(())
}
