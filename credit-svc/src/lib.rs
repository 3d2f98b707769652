//! credit-svc decides what an account may *receive*, and keeps the register. The rules are in `credit-core`, the tables in
//! `credit-rows`.

use wallet_contract::shard::Shard;
use wallet_db::{Migration, Pool};
use wallet_runtime::metrics::Metrics;
use wallet_runtime::program::Program;

/// The tables of credit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_db::sql_store::Tables for Tables {
    type Rows = credit_rows::Rows;
    type Observer = ();

    const MIGRATIONS: &'static [Migration] = &[
        Migration {
            version: 101,
            name: "credit",
            sql: include_str!("../migrations/0101_credit.sql"),
        },
        Migration::bytewise(102),
    ];
}

impl Program for Tables {
    fn observers(_: &Metrics) -> impl Fn(Shard, &Pool) + Send {
        |_, _| ()
    }
}
