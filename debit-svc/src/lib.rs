//! debit-svc decides what an account may *spend*. The rules are in `debit-core`; here are its rows.

pub mod api;
mod rows;

use debit_core::{Debit, Keys, State};
use wallet_contract::decider::Due;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_runtime::db::{Db, Migration, Pool};
use wallet_runtime::metrics::Metrics;

use crate::rows::{accounts, transfers};

/// The tables of debit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_runtime::sql_store::Tables for Tables {
    type Core = Debit;
    type Observer = ();

    const SERVICE: Service = Service::Debit;
    const MIGRATIONS: &'static [Migration] = &[
        Migration {
            version: 101,
            name: "debit",
            sql: include_str!("../migrations/0101_debit.sql"),
        },
        Migration::bytewise(102),
    ];

    fn observers(_: &Metrics) -> impl Fn(Shard, &Pool) + Send {
        |_, _| ()
    }

    async fn load(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
        let mut state = State::default();
        accounts::load(db, keys, &mut state).await?;
        transfers::load(db, keys, &mut state).await?;
        Ok(state)
    }

    async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
        accounts::save(db, state).await?;
        transfers::save(db, state).await
    }

    async fn due(db: &mut Db, now_us: i64, limit: i64) -> sqlx::Result<Vec<Due>> {
        transfers::due(db, now_us, limit).await
    }
}
