//! Keys and orders compare bytewise on both databases, whatever a PostgreSQL database's own collation.

use anyhow::{Result, ensure};
use sqlx::{Connection as _, PgConnection, Row as _};
use tempfile::TempDir;
use wallet_contract::shard::Shard;
use wallet_db::{Migration, Pool, Target};
use wallet_stack::postgres::Postgres;

use super::aside;

const NAMES: [&str; 5] = ["alice", "bob", "max", "Mia", "Zed"];
const BYTEWISE: [&str; 5] = ["Mia", "Zed", "alice", "bob", "max"];

/// A table as it was released, and one that a later version adds.
const RELEASED: Migration = Migration {
    version: 101,
    name: "released",
    sql: "CREATE TABLE account (name TEXT PRIMARY KEY) /* keyed */;",
};
const LATER: Migration = Migration {
    version: 103,
    name: "later",
    sql: "CREATE TABLE later (name TEXT COLLATE \"C\" PRIMARY KEY) /* keyed */;",
};

async fn names(pool: &Pool, table: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT name FROM {table} ORDER BY name");
    let rows = pool.acquire().await?.query(&sql, &[]).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?)
}

async fn insert(pool: &Pool, table: &str) -> Result<()> {
    let mut db = pool.acquire().await?;
    for name in NAMES {
        let sql = format!("INSERT INTO {table} (name) VALUES ('{name}')");
        db.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// A database with a linguistic collation and existing rows is converted to bytewise comparison; on SQLite nothing changes.
async fn becomes_bytewise(url: &str, first: &[&str]) -> Result<()> {
    let target = Target::new(url, Shard(0));
    let pool = target.open(&[RELEASED]).await?;
    insert(&pool, "account").await?;
    assert_eq!(names(&pool, "account").await?, first);
    pool.close().await;
    for _ in 0..2 {
        let pool = target.open(&[RELEASED, Migration::bytewise(102), LATER]).await?;
        assert_eq!(names(&pool, "account").await?, BYTEWISE);
        pool.close().await;
    }
    let pool = target.open(&[RELEASED, Migration::bytewise(102), LATER]).await?;
    insert(&pool, "later").await?;
    assert_eq!(names(&pool, "later").await?, BYTEWISE);
    pool.close().await;
    Ok(())
}

#[tokio::test]
async fn an_earlier_database_is_migrated() -> Result<()> {
    let dir = TempDir::new()?;
    let sqlite = format!("sqlite://{}/wallet-{{shard}}.db", dir.path().display());
    becomes_bytewise(&sqlite, &BYTEWISE).await?;
    aside::is_filled(&sqlite).await?;
    let server = Postgres::start().await?;
    let postgres = format!("{}postgres", server.url());
    aside::is_filled(&postgres).await?;
    if is_linguistic(&server.url()).await? {
        becomes_bytewise(&postgres, &NAMES).await?;
    } else {
        println!("skipped: this PostgreSQL has no linguistic collation");
    }
    server.stop().await
}

async fn is_linguistic(url: &str) -> Result<bool> {
    let mut db = PgConnection::connect(&format!("{url}postgres")).await?;
    Ok(sqlx::query("SELECT 'a' < 'B'").fetch_one(&mut db).await?.get(0))
}

/// Checks every text column of every service's databases on a server. New columns must be declared `TEXT COLLATE "C"`.
pub(super) async fn all_text_is_bytewise(url: &str) -> Result<()> {
    let mut server = PgConnection::connect(&format!("{url}postgres")).await?;
    let databases = sqlx::query("SELECT datname FROM pg_database WHERE datname LIKE 'wallet%'");
    let databases = databases.fetch_all(&mut server).await?;
    ensure!(
        databases.len() == 3,
        "a database for each service: {}",
        databases.len()
    );
    for database in databases {
        let name: String = database.get(0);
        let mut db = PgConnection::connect(&format!("{url}{name}")).await?;
        let columns = sqlx::query(
            "SELECT table_schema || '.' || table_name || '.' || column_name, collation_name FROM information_schema.columns \
             WHERE table_schema LIKE 'shard%' AND data_type = 'text' AND table_name <> '_sqlx_migrations'",
        );
        let columns = columns.fetch_all(&mut db).await?;
        ensure!(!columns.is_empty(), "{name} has no text");
        for column in columns {
            let (column, collation): (String, Option<String>) = (column.get(0), column.get(1));
            ensure!(
                collation.as_deref() == Some("C"),
                "{name}: {column} compares by {collation:?}"
            );
        }
    }
    Ok(())
}
