//! Both databases accept every statement of the services, and each statement has rows to work on in this test.
//!
//! | part | does |
//! |---|---|
//! | here | compares the statements in the sources with those that ran |
//! | [`story`], [`interrupted`] | exercise them |
//! | [`source`] | finds the statements in the sources |
//! | [`ran`] | finds out which of them ran |

mod interrupted;
mod ran;
mod source;
mod story;

use anyhow::{Result, ensure};
use e2e::World;

use crate::lists;

/// Statements that no story of this test can reach, by the files that hold them, and why.
const ELSEWHERE: [(&[&str], &str); 3] = [
    (
        &[
            "shared/db/src/checkpoint.rs",
            "shared/db/src/connect.rs",
            "shared/db/src/local.rs",
            "shared/db/src/postgres.rs",
            "shared/db/src/schema.rs",
            "shared/db/src/session.rs",
            "shared/db/src/sqlite.rs",
            "shared/db/src/combined.rs",
        ],
        "texts around other statements, and what only PostgreSQL has: `postgres`, `lost_servers`",
    ),
    (
        &["shared/db/src/rebuilt.rs"],
        "rebuilds are a program of their own: `forgetting`, on both databases",
    ),
    (
        &["ledger-svc/src/export"],
        "spans need a receiver: `otlp`, on both databases",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_sqlite() -> Result<()> {
    every_statement_runs(None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_postgresql() -> Result<()> {
    every_statement_runs(Some("postgres")).await
}

async fn every_statement_runs(database: Option<&str>) -> Result<()> {
    let world = World::with(database, |options| {
        options.stuck_after = Some(1);
        options
            .settings
            .extend(ran::LOG_SETTINGS.map(|(name, value)| (name, value.to_owned())));
    });
    let mut world = world.await?;
    lists::all_are_walked(&mut world).await?;
    let flows = story::run_flows(&world).await?;
    story::heal(&world).await?;
    story::read_pages(&world, &flows).await?;
    story::resolve_parked(&world).await?;
    interrupted::the_ledger_is_stopped(&mut world).await?;
    interrupted::money_is_in_transit(&world).await?;
    interrupted::many_are_stuck(&mut world).await?;
    interrupted::many_are_refused(&world).await?;
    story::read_pages(&world, &flows).await?;
    interrupted::an_account_waits(&mut world).await?;
    world.verify().await?;
    let logged = ran::statements(&world)?;
    let mut missing = Vec::new();
    for statement in source::all()? {
        if is_elsewhere(&statement.name) {
            continue;
        }
        let rows = logged
            .iter()
            .filter(|(ran, _)| statement.is_in(ran))
            .map(|(_, rows)| *rows)
            .max();
        if rows.unwrap_or(0) == 0 {
            let how = if rows.is_some() {
                "had no rows"
            } else {
                "did not run"
            };
            missing.push(format!("{how}: {}", statement.name));
        }
    }
    ensure!(
        missing.is_empty(),
        "{database:?}: {} of them:\n{}",
        missing.len(),
        missing.join("\n")
    );
    world.stop().await
}

fn is_elsewhere(name: &str) -> bool {
    let mut files = ELSEWHERE.iter().flat_map(|(files, _)| *files);
    files.any(|file| name.starts_with(file))
}
