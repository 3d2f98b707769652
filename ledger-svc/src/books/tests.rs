//! An account before it was opened, and which of its currencies moves.

use std::path::Path;

use uuid::Uuid;
use wallet_contract::shard::Shard;
use wallet_runtime::db::Target;
use wallet_runtime::sql_store::Tables as _;

use super::*;
use crate::Tables;

/// alice has had USD since 5,000 and KRW since 7,000, and pays in USD. Nobody has opened @world.
async fn books(dir: &Path) -> Db {
    let target = Target::new(&format!("sqlite://{}/ledger.db", dir.display()), Shard(0));
    let pool = target.open(Tables::MIGRATIONS).await.unwrap();
    let mut db = pool.acquire().await.unwrap();
    let accounts = [
        ("alice", "KRW", Some(3)),
        ("alice", "USD", Some(90)),
        ("bob", "EUR", None),
        ("@world", "USD", Some(4)),
    ];
    let sql = "INSERT INTO account (name, currency, standing, available, held, in_transit, last_line, last_no) \
               VALUES ($1, $2, 'open', 0, 0, 0, $3, $3)";
    for (name, currency, last) in accounts {
        let last = Arg::IntOrNull(last);
        db.execute(sql, &[Arg::Text(name), Arg::Text(currency), last])
            .await
            .unwrap();
    }
    let sql = "INSERT INTO flow (no, transfer, account, verb, request, trace, currency, started_us, status, ended_us) \
               VALUES ($1, $2, 'alice', $3, $2, $2, $4, $5, $6, $5)";
    let flows = [
        ("open", "USD", 4_000, "refused"),
        ("open", "USD", 5_000, "done"),
        ("freeze", "KRW", 6_000, "done"),
        ("open", "KRW", 7_000, "done"),
    ];
    for (no, (verb, currency, at_us, status)) in (1..).zip(flows) {
        let args = [
            Arg::Int(no),
            Arg::Uuid(Uuid::from_u128(no.unsigned_abs().into())),
            Arg::Text(verb),
            Arg::Text(currency),
            Arg::Int(at_us),
            Arg::Text(status),
        ];
        db.execute(sql, &args).await.unwrap();
    }
    db
}

#[tokio::test]
async fn an_account_was_opened_in_each_currency_at_some_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = books(dir.path()).await;
    for (name, at_us, opened) in [
        ("alice", 4_999, vec![("KRW", false), ("USD", false)]),
        ("alice", 5_000, vec![("KRW", false), ("USD", true)]),
        ("alice", 7_000, vec![("KRW", true), ("USD", true)]),
        ("@world", 0, vec![("USD", true)]),
    ] {
        let page = page(&mut db, &name.parse().unwrap()).await.unwrap().unwrap();
        let then = page.back_to(&mut db, at_us).await.unwrap();
        let told = then.balances.iter();
        let told: Vec<_> = told
            .map(|balance| (&*balance.currency, balance.opened.unwrap()))
            .collect();
        assert_eq!(told, opened, "{name} at {at_us}");
        assert_eq!(
            then.is_before_it_was_opened(),
            opened.iter().all(|(_, opened)| !opened)
        );
    }
}

#[tokio::test]
async fn the_currency_of_the_newest_booking_is_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = books(dir.path()).await;
    for (name, currency) in [("alice", Some("USD")), ("bob", None)] {
        let found = latest(&mut db, &name.parse().unwrap()).await.unwrap();
        assert_eq!(found.map(Currency::code), currency, "{name}");
    }
}
