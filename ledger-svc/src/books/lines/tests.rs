//! Books written by an earlier version are migrated, and every place in them is found.

use std::path::Path;

use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_db::sql_store::Tables as _;
use wallet_db::{Pool, Target};

use super::*;
use crate::Tables;

/// Alternating bookings of two accounts: some share a time, and there are enough for walks that begin at marks and at the end.
const LINES: i64 = 150;

/// When the log stored the booking's message. Three messages share a time.
fn at_us(sequence: i64) -> i64 {
    1_000 + sequence / 3
}

/// The booking's place: each is the eighth event of its message.
fn place_no(sequence: i64) -> LogPlace {
    LogPlace::element(u64::try_from(sequence).unwrap(), 7)
}

/// Writes the books as schema version 103 did.
async fn books_of_103(target: &Target) -> Pool {
    let pool = target.open(&Tables::MIGRATIONS[..2]).await.unwrap();
    let mut db = pool.acquire().await.unwrap();
    for name in ["alice", "bob", "carol"] {
        let sql = "INSERT INTO account (name, currency, standing, available, held, in_transit) VALUES ($1, 'USD', 'open', 0, 0, 0)";
        db.execute(sql, &[Arg::Text(name)]).await.unwrap();
    }
    let sql = "INSERT INTO booking (account, currency, at_us, sequence, element, kind, amount, balance, contra, counterparty, \
               transfer, trace, event) VALUES ($1, 'USD', $2, $3, 7, 'credit', 1, $4, '@in-transit', '@world', $5, $5, $5)";
    for sequence in 1..=2 * LINES {
        let args = [
            Arg::Text(if sequence % 2 == 0 { "alice" } else { "bob" }),
            Arg::Int(at_us(sequence)),
            Arg::Int(sequence),
            Arg::Int((sequence + 1) / 2),
            Arg::Uuid(uuid::Uuid::from_u128(7)),
        ];
        db.execute(sql, &args).await.unwrap();
    }
    pool
}

/// Those books after the migration.
async fn moved(dir: &Path) -> Pool {
    let target = Target::new(&format!("sqlite://{}/ledger.db", dir.display()), Shard(0));
    books_of_103(&target).await.close().await;
    target.open(Tables::MIGRATIONS).await.unwrap()
}

/// The balances before a place. In this test they equal the line numbers.
async fn balances_before(db: &mut Db, before: Cursor, limit: i64) -> Vec<i64> {
    let rows = newest(db, "balance, line", "alice", "USD", before, limit)
        .await
        .unwrap();
    rows.iter()
        .map(|(place, row)| {
            let line = row.int(3).unwrap();
            assert_eq!((place.no, place.at_us), (place_no(line * 2), at_us(line * 2)));
            assert_eq!(row.int(2).unwrap(), line);
            line
        })
        .collect()
}

#[tokio::test]
async fn every_place_is_found_in_migrated_books() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = moved(dir.path()).await.acquire().await.unwrap();

    let ends = db
        .query("SELECT last_line, last_no FROM account ORDER BY name", &[])
        .await
        .unwrap();
    let ends: Vec<_> = ends
        .iter()
        .map(|row| (row.int_or_null(0).unwrap(), row.int_or_null(1).unwrap()))
        .collect();
    let last = |sequence: i64| (Some(LINES), Some(place_no(sequence).number()));
    assert_eq!(ends, [last(2 * LINES), last(2 * LINES - 1), (None, None)]);

    let all: Vec<i64> = (1..=LINES).rev().collect();
    assert_eq!(balances_before(&mut db, Cursor::END, 1_000).await, all);
    assert_eq!(
        newest(&mut db, "balance", "carol", "USD", Cursor::END, 9)
            .await
            .unwrap()
            .len(),
        0
    );
    for line in 0..=LINES + 1 {
        let (no, at) = (place_no(line * 2), at_us(line * 2));
        for limit in [1, 3, 40] {
            let first =
                |before: i64| -> Vec<i64> { (1..before).rev().take(limit.try_into().unwrap()).collect() };
            let here = Cursor { at_us: at, no };
            assert_eq!(
                balances_before(&mut db, here, limit).await,
                first(line.min(LINES + 1)),
                "before {here}"
            );
            let behind = (1..=LINES).take_while(|line| at_us(line * 2) <= at).count();
            let found = balances_before(&mut db, Cursor::at(at), limit).await;
            assert_eq!(found, first(i64::try_from(behind).unwrap() + 1), "at {at}");
        }
    }
}

#[tokio::test]
async fn a_sample_is_the_newest_mark_of_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = moved(dir.path()).await.acquire().await.unwrap();
    let (alice, usd) = ("alice".parse().unwrap(), "USD".parse().unwrap());
    // The first line, lines between marks, a marked line, one after the last; some twice.
    let lines = [1, 40, 41, 64, 65, 65, 150];
    let times: Vec<i64> = lines.iter().map(|line| at_us(line * 2)).collect();
    let found = sampled(&mut db, &alice, usd, &times).await.unwrap();
    let mark = |line: i64| (at_us(line * 2), line);
    assert_eq!(found, [mark(1), mark(33), mark(65), mark(129)]);
    let before = [at_us(2) - 1];
    assert_eq!(sampled(&mut db, &alice, usd, &before).await.unwrap(), []);
}

#[test]
fn marked_lines_are_those_in_the_index() {
    assert_eq!(MARKED, format!("line % {STRIDE} = 1"));
    let index = ["ON booking (account, currency, at_us, no) WHERE ", MARKED, ";"].concat();
    assert!(
        Tables::MIGRATIONS
            .iter()
            .any(|migration| migration.sql.contains(&index))
    );
}
