//! Messages that were parked before the ledger had a table of them are in that table.

use anyhow::Result;
use serde_json::json;
use uuid::Uuid;
use wallet_contract::event::Kind;
use wallet_contract::shard::Shard;
use wallet_db::{Arg, Migration, Pool, Target};

/// The ledger's migrations before that version.
const BEFORE: [Migration; 4] = [
    migration(
        101,
        include_str!("../../../../ledger-svc/migrations/0101_ledger.sql"),
    ),
    migration(
        102,
        include_str!("../../../../ledger-svc/migrations/0102_exported.sql"),
    ),
    migration(
        104,
        include_str!("../../../../ledger-svc/migrations/0104_lines.sql"),
    ),
    Migration::bytewise(105),
];
const ASIDE: Migration = migration(
    106,
    include_str!("../../../../ledger-svc/migrations/0106_aside.sql"),
);

const PARKED: Kind = Kind::MessageParked;
const RESOLVED: Kind = Kind::MessageResolved;
const TRANSFER: &str = "01900000-0000-7000-8000-000000000002";

const fn migration(version: i64, sql: &'static str) -> Migration {
    Migration {
        version,
        name: "ledger",
        sql,
    }
}

/// Opens a database as an earlier version left it.
pub(super) async fn is_filled(url: &str) -> Result<()> {
    let target = Target::new(url, Shard(1));
    let pool = target.open(&BEFORE).await?;
    // The first is resolved. One of the others belongs to a transfer.
    record(&pool, 1, PARKED, "a", None).await?;
    record(&pool, 2, PARKED, "b", Some(TRANSFER)).await?;
    record(&pool, 3, RESOLVED, "a", None).await?;
    record(&pool, 4, PARKED, "c", None).await?;
    record(&pool, 5, Kind::AccountOpened, "d", None).await?;
    pool.close().await;
    let migrations: Vec<Migration> = BEFORE.into_iter().chain([ASIDE]).collect();
    let pool = target.open(&migrations).await?;
    let sql = "SELECT no, id, transfer FROM aside ORDER BY no";
    let mut rows = Vec::new();
    for row in pool.acquire().await?.query(sql, &[]).await? {
        rows.push((row.int(0)?, row.uuid(1)?, row.text_or_null(2)?));
    }
    assert_eq!(rows, [(2, id(2), Some(TRANSFER.to_owned())), (4, id(4), None)]);
    pool.close().await;
    Ok(())
}

fn id(no: i64) -> Uuid {
    Uuid::from_u64_pair(7, no.unsigned_abs())
}

async fn record(pool: &Pool, no: i64, kind: Kind, cause: &str, transfer: Option<&str>) -> Result<()> {
    let body = json!({ "causationid": cause, "data": { "transfer": transfer, "detail": "it's \"odd\"" } })
        .to_string();
    let args = [
        Arg::Int(no),
        Arg::Uuid(id(no)),
        Arg::Text(kind.name()),
        Arg::Text(&body),
    ];
    let sql = "INSERT INTO record (no, id, transfer, account, kind, at_us, body) VALUES ($1, $2, $2, '@world', $3, $1, $4)";
    pool.acquire().await?.execute(sql, &args).await?;
    Ok(())
}
