//! debit-svc decides what an account may *spend*. The rules are in `debit-core`, the tables in `debit-rows`.

pub mod api;

use wallet_contract::shard::Shard;
use wallet_db::{Migration, Pool};
use wallet_runtime::metrics::Metrics;
use wallet_runtime::program::Program;

/// The tables of debit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_db::sql_store::Tables for Tables {
    type Rows = debit_rows::Rows;
    type Observer = ();

    const MIGRATIONS: &'static [Migration] = &[
        Migration {
            version: 101,
            name: "debit",
            sql: include_str!("../migrations/0101_debit.sql"),
        },
        Migration::bytewise(102),
    ];
}

impl Program for Tables {
    fn observers(_: &Metrics) -> impl Fn(Shard, &Pool) + Send {
        |_, _| ()
    }
}
