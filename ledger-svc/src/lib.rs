//! ledger-svc keeps the *books* and shows them. The rules are in `ledger-core`; here are its rows, its queries and its
//! HTTP.

pub mod api;
mod books;
mod conservation;
mod export;
mod flows;
mod handler;
mod listing;
mod meters;
mod names;
mod outcomes;
mod pace;
mod parked;
mod recorded;
mod rows;
mod stuck;
mod verdict;
mod viewer;
mod whole;

use ledger_core::{Keys, Ledger, State};
use wallet_contract::decider::{Heard, Place};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_runtime::bus::Notice;
use wallet_runtime::db::{Db, Migration, Pool};
use wallet_runtime::metrics::Metrics;
use wallet_runtime::observer::Observer;

use crate::names::Names;
use crate::pace::Pace;

/// The tables of ledger-svc.
#[derive(Debug)]
pub struct Tables;

/// Watches one shard.
#[derive(Debug)]
pub struct Watch {
    pace: Pace,
    names: Names,
}

impl Observer<Ledger> for Watch {
    fn begin(&mut self) {
        self.pace.begin();
    }

    fn committed(&mut self, heard: &[Heard<'_>], state: &State) {
        self.pace.committed(heard, state);
        self.names.hear(heard);
    }

    fn tells(&mut self, repeats: &[Heard<'_>], notices: &mut Vec<Notice>) {
        self.names.hear(repeats);
        self.names.tell(notices);
    }
}

impl wallet_runtime::sql_store::Tables for Tables {
    type Core = Ledger;
    type Observer = Watch;

    const SERVICE: Service = Service::Ledger;
    const MIGRATIONS: &'static [Migration] = &[
        Migration {
            version: 101,
            name: "ledger",
            sql: include_str!("../migrations/0101_ledger.sql"),
        },
        Migration {
            version: 102,
            name: "exported",
            sql: include_str!("../migrations/0102_exported.sql"),
        },
        Migration {
            version: 103,
            name: "published",
            sql: include_str!("../migrations/0103_published.sql"),
        },
        Migration {
            version: 104,
            name: "lines",
            sql: include_str!("../migrations/0104_lines.sql"),
        },
        Migration::bytewise(105),
        Migration {
            version: 106,
            name: "aside",
            sql: include_str!("../migrations/0106_aside.sql"),
        },
        Migration {
            version: 107,
            name: "ordered",
            sql: include_str!("../migrations/0107_ordered.sql"),
        },
        Migration {
            version: 108,
            name: "held",
            sql: include_str!("../migrations/0108_held.sql"),
        },
    ];
    const KNOWN: &'static str = "SELECT r.id FROM k CROSS JOIN record AS r WHERE r.id = k.id";

    fn observers(metrics: &Metrics) -> impl Fn(Shard, &Pool) -> Watch + Send {
        let meters = pace::Meters::new(metrics);
        move |_, pool| Watch {
            pace: meters.of(pool),
            names: Names::default(),
        }
    }

    async fn remember(
        db: &mut Db,
        heard: &[Heard<'_>],
        _decisions: &[Option<i64>],
        place: Place,
    ) -> sqlx::Result<()> {
        rows::save_records(db, heard, place).await?;
        rows::aside::save(db, heard).await
    }

    async fn load(db: &mut Db, keys: &Keys) -> sqlx::Result<State> {
        rows::load_accounts(db, keys).await
    }

    async fn save(db: &mut Db, state: &State) -> sqlx::Result<()> {
        rows::save_accounts(db, state).await?;
        rows::save_bookings(db, state).await?;
        rows::flows::save(db, state).await
    }

    async fn notices(db: &mut Db, state: &State, repeats: &[Heard<'_>]) -> sqlx::Result<Vec<Notice>> {
        let mut notices = outcomes::of_batch(db, &state.outcomes).await?;
        for repeat in repeats {
            notices.extend(outcomes::again(db, &repeat.input).await?);
        }
        Ok(notices)
    }
}
