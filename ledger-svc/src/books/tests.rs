//! An account before it was opened, and which of its currencies has moved.

use std::path::Path;

use serde_json::json;
use uuid::Uuid;
use wallet_contract::id::{TransferId, derived_range};
use wallet_contract::shard::Shard;
use wallet_db::Target;
use wallet_db::sql_store::Tables as _;

use super::*;
use crate::Tables;

/// alice has had USD since 5,000 and KRW since 7,000, and pays in USD. @world was never opened.
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
    let sql = "INSERT INTO flow (no, transfer, account, verb, request, trace, started_us, status, ended_us) \
               VALUES ($1, $2, 'alice', $3, $2, $2, $4, $5, $4)";
    let event = "INSERT INTO record (no, id, transfer, account, kind, at_us, body) \
                 VALUES ($1, $2, $3, 'alice', 'wallet.account.opened.v1', $4, $5)";
    let flows = [
        ("open", "USD", 4_000, "refused"),
        ("open", "USD", 5_000, "done"),
        ("freeze", "KRW", 6_000, "done"),
        ("open", "KRW", 7_000, "done"),
    ];
    for (no, (verb, currency, at_us, status)) in (1_i64..).zip(flows) {
        let transfer = Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0000 + (u128::from(no.unsigned_abs()) << 80),
        );
        let args = [
            Arg::Int(no),
            Arg::Uuid(transfer),
            Arg::Text(verb),
            Arg::Int(at_us),
            Arg::Text(status),
        ];
        db.execute(sql, &args).await.unwrap();
        if (verb, status) == ("open", "done") {
            let (id, body) = (
                derived_range(TransferId(transfer)).0.0,
                opened(transfer, currency),
            );
            let args = [
                Arg::Int(no),
                Arg::Uuid(id),
                Arg::Uuid(transfer),
                Arg::Int(at_us),
                Arg::Text(&body),
            ];
            db.execute(event, &args).await.unwrap();
        }
    }
    db
}

/// The event as it is in the log.
fn opened(transfer: Uuid, currency: &str) -> String {
    let event = json!({
        "specversion": "1.0", "id": "01900000-0000-8000-a985-02e2cdf9f476", "source": "/credit-svc/0",
        "type": "wallet.account.opened.v1", "subject": transfer, "time": "2023-11-14T22:13:20.123456Z",
        "traceparent": "00-01900000000070008000000000000001-a98502e2cdf9f476-01", "causationid": transfer,
        "correlationid": "01900000000070008000000000000001", "position": "17:2", "workus": 250,
        "data": { "account": "alice", "currency": currency, "overdraft": "unlimited" },
    });
    event.to_string()
}

#[tokio::test]
async fn each_currency_of_an_account_has_its_own_opening_time() {
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
        let found = then.balances.iter();
        let found: Vec<_> = found
            .map(|balance| (&*balance.currency, balance.opened.unwrap()))
            .collect();
        assert_eq!(found, opened, "{name} at {at_us}");
        assert_eq!(
            then.is_before_it_was_opened(),
            opened.iter().all(|(_, opened)| !opened)
        );
    }
}

#[tokio::test]
async fn the_chart_shows_the_currency_of_the_newest_booking() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = books(dir.path()).await;
    for (name, currency) in [("alice", Some("USD")), ("bob", None)] {
        let found = latest(&mut db, &name.parse().unwrap()).await.unwrap();
        assert_eq!(found.map(Currency::code), currency, "{name}");
    }
}
