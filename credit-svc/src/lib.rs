//! credit-svc decides what an account may *receive*, and keeps the register. The rules are in `credit-core`; here are
//! its rows.

mod rows;

use credit_core::{Credit, Keys, State};
use wallet_contract::subject::Service;
use wallet_runtime::db::{Db, Migration};

/// The tables of credit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_runtime::sql_store::Tables for Tables {
    type Core = Credit;

    const SERVICE: Service = Service::Credit;
    const MIGRATIONS: &'static [Migration] = &[Migration {
        version: 101,
        name: "credit",
        sql: include_str!("../migrations/0101_credit.sql"),
    }];

    async fn load(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
        let mut state = State::default();
        rows::load(db, keys, &mut state).await?;
        rows::promises::load(db, keys, &mut state).await?;
        rows::reversals::load(db, keys, &mut state).await?;
        Ok(state)
    }

    async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
        rows::save(db, state).await?;
        rows::promises::save(db, state).await?;
        rows::reversals::save(db, state).await
    }
}
