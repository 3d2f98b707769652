//! The engine's store on SQLite and PostgreSQL, for any service that declares its reads and writes.

pub(crate) mod event_table;
mod parking;
mod tables;

use std::future::Future;
use std::marker::PhantomData;

use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Service;
use wallet_engine::bus::Notice;
use wallet_engine::observer::Observer;
use wallet_engine::store::{
    Blocked, Commit, Error, Found, Outgoing, ParkedRow, Progress, Store, TENURE_MS, Tenure,
};
use wallet_kernel::{Decider, Due, Heard, Persistence, Place, Reads, Writes};

use crate::connect::Pool;
use crate::db::Db;
use crate::error;
use crate::loop_connection::LoopConnection;
use crate::schema::Migration;
use crate::set::Arg;
pub use event_table::SqlEvents;
use tables::{Events, Parked};

/// The rules of the service that has these tables.
pub type Core<T> = <<T as Tables>::Rows as Persistence>::Core;

/// A service's tables, as stored in a database.
pub trait Tables: Send + Sync + 'static {
    /// What a batch reads from the tables and writes to them.
    type Rows: Persistence;
    /// The observer of the service's commits; `()` if it has none.
    type Observer: Observer<Core<Self>>;
    /// The service's migrations, with versions above 100.
    const MIGRATIONS: &'static [Migration];

    /// The notices to send after the commit.
    fn notices(
        _db: &mut Db,
        _state: &<Core<Self> as Decider>::State,
        _repeats: &[Heard<'_>],
    ) -> impl Future<Output = error::Result<Vec<Notice>>> + Send {
        async { Ok(Vec::new()) }
    }
}

/// A service's tables without an observer.
#[derive(Debug)]
pub struct Unwatched<T>(PhantomData<fn() -> T>);

impl<T: Tables> Tables for Unwatched<T> {
    type Rows = T::Rows;
    type Observer = ();

    const MIGRATIONS: &'static [Migration] = T::MIGRATIONS;
}

/// The database of one (service, shard), while this instance may work on it.
pub struct SqlStore<T: Tables> {
    pool: Pool,
    db: Option<LoopConnection>,
    place: Place,
    holder: String,
    epoch: i64,
    observer: T::Observer,
    tables: PhantomData<T>,
}

impl<T: Tables> SqlStore<T> {
    /// The store of `place` in an open database. `holder` identifies this instance.
    pub fn new(pool: Pool, place: Place, holder: String, observer: T::Observer) -> Self {
        Self {
            pool,
            db: None,
            place,
            holder,
            epoch: 0,
            observer,
            tables: PhantomData,
        }
    }

    async fn db(&mut self) -> error::Result<&mut LoopConnection> {
        let db = match self.db.take() {
            Some(db) => db,
            None => self.pool.loop_connection().await?,
        };
        Ok(self.db.insert(db))
    }

    /// Checks that the database belongs to this service and shard, and was created for the same number of shards.
    async fn check_row(&mut self) -> Result<(), Error> {
        let place = self.place;
        let (shard, shards) = (i64::from(place.shard.0), i64::from(place.shards.count()));
        let name = T::Rows::SERVICE.name();
        let db = self.db().await?;
        let first = "INSERT INTO progress (one, service, shard, shards, fold, holder, epoch, expires_us, position, at_us, last_no, whole_from, \
                     within, own) VALUES (1, $1, $2, $3, $4, '', 0, 0, 0, 0, 0, 1, -1, 0) ON CONFLICT (one) DO NOTHING";
        db.execute(
            first,
            &[
                Arg::Text(name),
                Arg::Int(shard),
                Arg::Int(shards),
                Arg::Int(i64::from(T::Rows::FOLD)),
            ],
        )
        .await?;
        belongs_to(db, Owner::of::<T>(), place).await
    }

    /// Writes a batch into a transaction and leaves it open.
    async fn stage(&mut self, commit: &Commit<'_, <Core<T> as Decider>::State>) -> Result<(), Error> {
        let handled = T::Rows::handled(commit.heard, commit.decisions, self.place);
        let mut writes = Writes::default();
        T::Rows::writes(commit.state, &handled, &mut writes);
        writes.insert::<Events>(commit.events.iter().map(|event| (&event.no, event)));
        writes.insert::<Parked>(commit.parked.iter().map(|row| (&row.place, row)));
        writes.delete::<Parked>(commit.resolved.iter().map(|(row, _)| &row.place));
        let args = kept(self.epoch, commit.progress);
        if self.db().await?.stage(KEEP, &args, &writes).await? {
            Ok(())
        } else {
            Err(Error::TenureLost)
        }
    }

    /// Drops the connection. After a failure its state is unknown.
    fn forget(&mut self) {
        self.db = None;
    }
}

/// Whose databases a program can use.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    service: Service,
    fold: u32,
}

impl Owner {
    /// The owner of these tables.
    pub const fn of<T: Tables>() -> Self {
        Self {
            service: T::Rows::SERVICE,
            fold: T::Rows::FOLD,
        }
    }
}

/// Checks that a database belongs to this service and shard, was created for the same number of shards, and holds what the rules of
/// this program make of the log. A new one belongs to nobody yet.
pub async fn belongs_to(db: &mut Db, owner: Owner, place: Place) -> Result<(), Error> {
    let rows = db
        .query("SELECT service, shard, shards, fold FROM progress", &[])
        .await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (name, of, count, fold) = (row.text(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
    let (shard, shards) = (place.shard, place.shards.count());
    let Owner { service, fold: ours } = owner;
    if name != service.name() || of != i64::from(shard.0) || count != i64::from(shards) {
        return Err(Error::Unfit(format!(
            "the database belongs to {name}, shard {of} of {count}; this is {service}, shard {shard} of {shards}: the \
             number of shards can't change, and each service has a database for each of its shards"
        )));
    }
    if fold != i64::from(ours) {
        return Err(Error::Unfit(format!(
            "the rows of the database were made by version {fold} of the rules, and this program has version {ours}: rebuild them \
             from the log with `{service} rebuild --swap`, or give it an empty database"
        )));
    }
    Ok(())
}

/// Checks the tenure and renews it, in the statement that writes the progress.
const KEEP: &str = "UPDATE progress SET expires_us = {now_us} + $1, position = $2, at_us = $3, last_no = $4, within = $5, \
                    own = $6, whole_from = $7 WHERE one = 1 AND epoch = $8";

fn kept(epoch: i64, progress: Progress) -> [Arg<'static>; 8] {
    let position = i64::try_from(progress.position).unwrap_or(i64::MAX);
    let values = [
        TENURE_MS * 1000,
        position,
        progress.at_us,
        progress.last_no,
        progress.within.map_or(-1, i64::from),
        progress.own.number(),
        i64::try_from(progress.whole_from).unwrap_or(i64::MAX),
        epoch,
    ];
    values.map(Arg::Int)
}

async fn keep(db: &mut Db, epoch: i64, progress: Progress) -> Result<(), Error> {
    match db.execute(KEEP, &kept(epoch, progress)).await? {
        1 => Ok(()),
        _ => Err(Error::TenureLost),
    }
}

impl<T: Tables> Store for SqlStore<T> {
    type Core = Core<T>;
    type Events = SqlEvents;

    async fn acquire(&mut self) -> Result<Tenure, Error> {
        self.forget();
        self.check_row().await?;
        let holder = self.holder.clone();
        let db = self.db().await?;
        let take = "UPDATE progress SET holder = $1, epoch = epoch + 1, expires_us = {now_us} + $2 \
                    WHERE one = 1 AND (expires_us < {now_us} OR holder = $1)";
        let taken = db
            .execute(take, &[Arg::Text(&holder), Arg::Int(TENURE_MS * 1000)])
            .await?;
        let now = "SELECT holder, (expires_us - {now_us}) / 1000, epoch, position, at_us, last_no, whole_from, within, own \
                   FROM progress";
        let rows = db.query(now, &[]).await?;
        let row = rows.first().ok_or(error::Error::NoProgress)?;
        if taken == 0 {
            return Ok(Tenure::Held {
                by: row.text(0)?,
                expires_in_ms: row.int(1)?,
                whole_from: u64::try_from(row.int(6)?).unwrap_or_default(),
            });
        }
        let progress = Progress {
            position: u64::try_from(row.int(3)?).unwrap_or_default(),
            at_us: row.int(4)?,
            last_no: row.int(5)?,
            whole_from: u64::try_from(row.int(6)?).unwrap_or_default(),
            within: u32::try_from(row.int(7)?).ok(),
            own: LogPlace::of_number(row.int(8)?),
        };
        self.epoch = row.int(2)?;
        self.observer.begin();
        Ok(Tenure::Ours(progress))
    }

    async fn renew(&mut self, progress: Progress) -> Result<(), Error> {
        let epoch = self.epoch;
        keep(self.db().await?, epoch, progress).await
    }

    async fn release(&mut self, progress: Progress) -> Result<(), Error> {
        let epoch = self.epoch;
        let db = self.db().await?;
        match keep(db, epoch, progress).await {
            // There is no tenure to give back.
            Err(Error::TenureLost) => {}
            kept => {
                kept?;
                let sql = "UPDATE progress SET expires_us = 0 WHERE one = 1 AND epoch = $1";
                db.execute(sql, &[Arg::Int(epoch)]).await?;
            }
        }
        self.db = None;
        Ok(())
    }

    async fn find(
        &mut self,
        causes: &[EventId],
        keys: &<Core<T> as Decider>::Keys,
    ) -> Result<Found<Core<T>>, Error> {
        let mut reads = Reads::default();
        reads.handled(T::Rows::INBOX, causes.iter().map(|cause| cause.0));
        T::Rows::reads(keys, &mut reads);
        let mut found = self.db().await?.find(&reads).await?;
        Ok((
            found.ids().into_iter().collect(),
            T::Rows::state(keys, &mut found)?,
        ))
    }

    async fn due(&mut self, now_us: i64, limit: i64) -> Result<Vec<Due>, Error> {
        match T::Rows::due(now_us, limit) {
            Some(scan) => Ok(T::Rows::found_due(&mut self.db().await?.scan(&scan).await?)?),
            None => Ok(Vec::new()),
        }
    }

    async fn write(&mut self, commit: Commit<'_, <Core<T> as Decider>::State>) -> Result<(), Error> {
        let written = self.stage(&commit).await;
        if written.is_err() {
            self.forget();
        }
        written
    }

    async fn settle(&mut self) -> Result<(), Error> {
        let settled = self.db().await?.commit().await;
        if settled.is_err() {
            self.forget();
        }
        Ok(settled?)
    }

    async fn abandon(&mut self) {
        if let Some(mut db) = self.db.take() {
            db.roll_back().await;
        }
    }

    fn observe(&mut self, heard: &[Heard<'_>], state: &<Core<T> as Decider>::State) {
        self.observer.committed(heard, state);
    }

    async fn last_event(&mut self) -> Result<Option<Outgoing>, Error> {
        Ok(event_table::last(self.db().await?).await?)
    }

    fn event_table(&self) -> SqlEvents {
        SqlEvents(self.pool.clone())
    }

    async fn blocked(&mut self) -> Result<Blocked, Error> {
        Ok(parking::blocked(self.db().await?).await?)
    }

    async fn parked(&mut self, place: LogPlace) -> Result<Vec<ParkedRow>, Error> {
        Ok(parking::together(self.db().await?, place).await?)
    }

    async fn notices(
        &mut self,
        state: &<Core<T> as Decider>::State,
        repeats: &[Heard<'_>],
    ) -> Result<Vec<Notice>, Error> {
        let mut notices = T::notices(self.db().await?, state, repeats).await?;
        self.observer.notify(repeats, &mut notices);
        Ok(notices)
    }
}
