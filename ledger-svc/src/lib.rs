//! ledger-svc keeps the *books* and shows them. The rules are in `ledger-core`, the tables in `ledger-rows`; this crate has the
//! queries and the HTTP interface.

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
mod stuck;
mod verdict;
mod viewer;
mod whole;

use ledger_core::{Ledger, State};
use wallet_contract::shard::Shard;
use wallet_db::{Db, Migration, Pool, Result};
use wallet_engine::bus::Notice;
use wallet_engine::observer::Observer;
use wallet_kernel::Heard;
use wallet_runtime::metrics::Metrics;
use wallet_runtime::program::Program;

use crate::names::Names;
use crate::pace::Pace;

/// The tables of ledger-svc.
#[derive(Debug)]
pub struct Tables;

/// Observes one shard.
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

    fn notify(&mut self, repeats: &[Heard<'_>], notices: &mut Vec<Notice>) {
        self.names.hear(repeats);
        self.names.add_copies(notices);
    }
}

impl wallet_db::sql_store::Tables for Tables {
    type Rows = ledger_rows::Rows;
    type Observer = Watch;

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

    async fn notices(db: &mut Db, state: &State, repeats: &[Heard<'_>]) -> Result<Vec<Notice>> {
        let mut notices = outcomes::of_batch(db, state).await?;
        for repeat in repeats {
            notices.extend(outcomes::again(db, &repeat.input).await?);
        }
        Ok(notices)
    }
}

impl Program for Tables {
    fn observers(metrics: &Metrics) -> impl Fn(Shard, &Pool) -> Watch + Send {
        let meters = pace::Meters::new(metrics);
        move |_, pool| Watch {
            pace: meters.of(pool),
            names: Names::default(),
        }
    }
}
