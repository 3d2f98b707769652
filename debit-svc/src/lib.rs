//! debit-svc decides what an account may *spend*. The rules are in `debit-core`; here are its rows.

mod rows;

use debit_core::{Debit, Keys, State};
use wallet_contract::subject::Service;
use wallet_runtime::db::{Db, Migration};

/// The tables of debit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_runtime::sql_store::Tables for Tables {
    type Core = Debit;

    const SERVICE: Service = Service::Debit;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 101,
        name: "debit",
        sql: include_str!("../migrations/0101_debit.sql"),
    }];

    async fn load(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
        let mut state = State::default();
        rows::load_accounts(db, keys, &mut state).await?;
        rows::load_transfers(db, keys, &mut state).await?;
        Ok(state)
    }

    async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
        rows::save_accounts(db, state).await?;
        rows::insert_transfers(db, state).await?;
        rows::update_transfers(db, state).await
    }
}
