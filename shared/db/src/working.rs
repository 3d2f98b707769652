//! The connection that a shard's loop uses.

use std::ops::{Deref, DerefMut};

use wallet_kernel::{Found, Reads, Scan, Writes};

use super::connect::Pool;
use super::db::Db;
use super::error::Result;
use super::local::Local;
use super::set::Arg;
use super::together;

/// A connection on which a batch is one read and one write.
#[derive(Debug)]
pub struct Working(Db);

impl Deref for Working {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for Working {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}

impl Pool {
    /// Takes a connection for a loop. For SQLite it is a new one, on which statements are plain function calls.
    pub async fn work(&self) -> Result<Working> {
        match self {
            Self::Sqlite { uri, .. } => Ok(Working(Db::Local(Local::open(uri)?))),
            Self::Postgres(servers) => servers.acquire().await.map(|db| Working(Db::Postgres(db))),
        }
    }
}

impl Working {
    /// Answers a batch's look-ups.
    pub async fn find(&mut self, reads: &Reads<'_>) -> Result<Found> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.find(reads)?),
            Db::Postgres(db) => together::find(db, reads).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }

    /// The rows that match a scan.
    pub async fn scan(&mut self, scan: &Scan) -> Result<Found> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.scan(scan)?),
            Db::Postgres(db) => together::scan(db, scan).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }

    /// Writes a batch, all or nothing, if the guard, an UPDATE, changes one row; returns whether it did.
    pub async fn write(&mut self, guard: &str, args: &[Arg<'_>], writes: &Writes<'_>) -> Result<bool> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.write(guard, args, writes)?),
            Db::Postgres(db) => together::write(db, guard, args, writes).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }
}
