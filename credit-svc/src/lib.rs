//! credit-svc decides what an account may *receive*, and keeps the register. The rules are in `credit-core`; here are
//! its rows.

mod rows;

use credit_core::{Credit, Keys, State};
use wallet_contract::decider::{Heard, Place};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_runtime::db::{Db, Migration, Pool, Set};
use wallet_runtime::metrics::Metrics;

/// The tables of credit-svc.
#[derive(Debug)]
pub struct Tables;

impl wallet_runtime::sql_store::Tables for Tables {
    type Core = Credit;
    type Observer = ();

    const SERVICE: Service = Service::Credit;
    const MIGRATIONS: &'static [Migration] = &[
        Migration {
            version: 101,
            name: "credit",
            sql: include_str!("../migrations/0101_credit.sql"),
        },
        Migration::bytewise(102),
    ];

    fn observers(_: &Metrics) -> impl Fn(Shard, &Pool) + Send {
        |_, _| ()
    }

    /// With the number of each decision, by which a reversal finds what was credited.
    async fn remember(
        db: &mut Db,
        heard: &[Heard<'_>],
        decisions: &[Option<i64>],
        _place: Place,
    ) -> sqlx::Result<()> {
        let set = Set::new()
            .uuids("id", heard.iter().map(|heard| heard.input.as_cause().id.0))
            .ints_or_null("no", decisions.iter().copied());
        db.apply("INSERT INTO inbox (id, no) SELECT id, no FROM k", set)
            .await
            .map(|_| ())
    }

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
