//! A rebuilt database next to the live one: compares them row by row, and puts the rebuilt one into service.

use std::collections::BTreeSet;

use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;

use super::connect::Pool;
use super::db::Db;
use super::error::{Error, Result};
use super::set::Arg;
use super::sql_store::event_table;

/// Tables whose rows do not come from the log: they stay as they are.
const NOT_FROM_THE_LOG: [&str; 3] = ["_sqlx_migrations", "progress", "exported"];
/// How many rows are compared at once.
const PAGE: usize = 5_000;
/// How many differences are listed.
const LISTED: usize = 20;

/// A consistent view of a live database.
#[derive(Debug)]
pub struct Snapshot {
    db: Db,
    /// How far its service had handled the log.
    pub place: LogPlace,
    /// The last decision in it.
    pub last: Option<EventId>,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Compared {
    /// How many rows were compared.
    pub rows: usize,
    /// How many rows are in only one of the two.
    pub different: usize,
    /// The first of them: the table, the database (live or rebuilt), and the row.
    pub listed: Vec<String>,
}

impl Snapshot {
    /// Takes a snapshot, which lasts until it is dropped or compared.
    pub async fn of(pool: &Pool) -> Result<Self> {
        let mut db = pool.acquire().await?;
        db.begin_reading().await?;
        if let Db::Postgres(_) = db {
            // Catching up may take longer than a transaction of ours may be idle.
            db.execute("SET LOCAL idle_in_transaction_session_timeout = 0", &[])
                .await?;
        }
        let rows = db.query("SELECT position, within FROM progress", &[]).await?;
        let row = rows.first().ok_or(Error::NoProgress)?;
        let position = u64::try_from(row.int(0)?).unwrap_or_default();
        let place = match u32::try_from(row.int(1)?) {
            Ok(element) => LogPlace::element(position + 1, element),
            Err(_) => LogPlace::message(position),
        };
        let last = event_table::last(&mut db).await?;
        let last = last.map(|last| last.id);
        Ok(Self { db, place, last })
    }

    /// Compares every row with a database that was rebuilt up to the same place and decision.
    pub async fn compare(mut self, rebuilt: &Pool) -> Result<Compared> {
        let mut other = rebuilt.acquire().await?;
        let mut compared = Compared::default();
        for table in tables(&mut self.db).await? {
            let read = Rows::of(&mut self.db, &table).await?;
            let (mut live, mut rebuilt) = (BTreeSet::new(), BTreeSet::new());
            let mut from = 0;
            loop {
                let here = read.page(&mut self.db, from).await?;
                let there = read.page(&mut other, from).await?;
                if here.is_empty() && there.is_empty() {
                    break;
                }
                compared.rows += here.len();
                from += PAGE;
                for row in here {
                    if !rebuilt.remove(&row) {
                        live.insert(row);
                    }
                }
                for row in there {
                    if !live.remove(&row) {
                        rebuilt.insert(row);
                    }
                }
            }
            compared.different += live.len() + rebuilt.len();
            for (name, rows) in [("live", live), ("rebuilt", rebuilt)] {
                let room = LISTED.saturating_sub(compared.listed.len());
                let told = rows.into_iter().take(room);
                compared
                    .listed
                    .extend(told.map(|row| format!("{table}, {name}: {row}")));
            }
        }
        self.db.roll_back().await;
        Ok(compared)
    }
}

/// The tables whose rows come from the log.
async fn tables(db: &mut Db) -> Result<Vec<String>> {
    let sql = match db {
        Db::Sqlite(_) | Db::Local(_) => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        Db::Postgres(_) => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
        }
    };
    let mut names = Vec::new();
    for row in db.query(sql, &[]).await? {
        names.push(row.text(0)?);
    }
    names.retain(|name| !NOT_FROM_THE_LOG.contains(&name.as_str()) && !name.starts_with("sqlite_"));
    Ok(names)
}

/// Reads the rows of a table as text, in the order of its primary key.
struct Rows(String);

impl Rows {
    async fn of(db: &mut Db, table: &str) -> Result<Self> {
        let (text, keys) = match db {
            Db::Sqlite(_) | Db::Local(_) => {
                let sql = "SELECT name, pk FROM pragma_table_info($1) ORDER BY cid";
                let (mut texts, mut keys) = (Vec::new(), Vec::new());
                for row in db.query(sql, &[Arg::Text(table)]).await? {
                    let (name, key) = (row.text(0)?, row.int(1)?);
                    texts.push(format!("quote({name})"));
                    if key > 0 {
                        keys.push((key, name));
                    }
                }
                keys.sort();
                let keys: Vec<String> = keys.into_iter().map(|(_, name)| name).collect();
                (texts.join(" || ' ' || "), keys)
            }
            Db::Postgres(_) => {
                let sql = "SELECT a.attname::text FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (no, at) \
                           JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.no \
                           WHERE i.indisprimary AND i.indrelid = to_regclass($1) ORDER BY k.at";
                let mut keys = Vec::new();
                for row in db.query(sql, &[Arg::Text(table)]).await? {
                    keys.push(row.text(0)?);
                }
                (format!("{table}::text"), keys)
            }
        };
        Ok(Self(format!(
            "SELECT {text} FROM {table} ORDER BY {} LIMIT {PAGE}",
            keys.join(", ")
        )))
    }

    async fn page(&self, db: &mut Db, from: usize) -> Result<Vec<String>> {
        let rows = db.query(&format!("{} OFFSET {from}", self.0), &[]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}

/// Whether a service has ever worked with the database.
pub async fn is_used(db: &mut Db) -> Result<bool> {
    Ok(!db.query("SELECT 1 FROM progress", &[]).await?.is_empty())
}

/// Replaces the rows of the live database by those of a rebuilt one, and ends any instance's tenure. The working instance begins a new
/// one, and goes on from there.
pub async fn swap(live: &Pool, rebuilt: &Pool) -> Result<()> {
    match (live, rebuilt) {
        (Pool::Sqlite { .. }, Pool::Sqlite { uri, .. }) => swap_rows(live, uri).await,
        (Pool::Postgres(_), Pool::Postgres(_)) => swap_schemas(live, rebuilt).await,
        _ => Err(Error::Unfit(
            "a database can only be swapped with one of the same kind".to_owned(),
        )),
    }
}

async fn swap_rows(live: &Pool, rebuilt: &str) -> Result<()> {
    let mut db = live.acquire().await?;
    db.execute("ATTACH DATABASE $1 AS rebuilt", &[Arg::Text(rebuilt)])
        .await?;
    let mut steps = vec!["BEGIN IMMEDIATE".to_owned()];
    for table in tables(&mut db).await? {
        steps.push(format!("DELETE FROM main.{table}"));
        steps.push(format!("INSERT INTO main.{table} SELECT * FROM rebuilt.{table}"));
    }
    let progress = "UPDATE main.progress SET (fold, position, at_us, last_no, whole_from, within, own) = \
                    (SELECT fold, position, at_us, last_no, whole_from, within, own FROM rebuilt.progress), \
                    epoch = epoch + 1, expires_us = 0";
    steps.extend([progress.to_owned(), "COMMIT".to_owned()]);
    let done = all(&mut db, steps).await;
    db.execute("DETACH DATABASE rebuilt", &[]).await?;
    done
}

/// The schema that was live is kept until the next swap, under another name.
async fn swap_schemas(live: &Pool, rebuilt: &Pool) -> Result<()> {
    let (live_name, rebuilt) = (schema(live).await?, schema(rebuilt).await?);
    let before = format!("{live_name}_before");
    let mut db = live.acquire().await?;
    let exported = "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'exported'";
    let exports = !db.query(exported, &[]).await?.is_empty();
    let mut steps = vec![
        format!("DROP SCHEMA IF EXISTS {before} CASCADE"),
        "BEGIN".to_owned(),
        format!("LOCK TABLE {live_name}.progress IN EXCLUSIVE MODE"),
        format!(
            "UPDATE {rebuilt}.progress AS r SET epoch = l.epoch + 1, expires_us = 0 FROM {live_name}.progress AS l"
        ),
    ];
    if exports {
        steps.push(format!(
            "INSERT INTO {rebuilt}.exported SELECT * FROM {live_name}.exported"
        ));
    }
    steps.extend([
        format!("ALTER SCHEMA {live_name} RENAME TO {before}"),
        format!("ALTER SCHEMA {rebuilt} RENAME TO {live_name}"),
        "COMMIT".to_owned(),
    ]);
    all(&mut db, steps).await
}

/// Runs statements; after a failure, rolls back.
async fn all(db: &mut Db, steps: Vec<String>) -> Result<()> {
    for step in steps {
        if let Err(error) = db.execute(&step, &[]).await {
            db.roll_back().await;
            return Err(error);
        }
    }
    Ok(())
}

async fn schema(pool: &Pool) -> Result<String> {
    let mut db = pool.acquire().await?;
    let rows = db.query("SELECT current_schema()::text", &[]).await?;
    rows.first().ok_or(Error::NoProgress)?.text(0)
}
