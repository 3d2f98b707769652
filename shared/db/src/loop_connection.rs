//! The connection that a shard's loop uses.

use std::ops::{Deref, DerefMut};

use wallet_kernel::{Found, Reads, Scan, Writes};

use super::combined;
use super::connect::Pool;
use super::db::Db;
use super::error::Result;
use super::local::Local;
use super::postgres;
use super::set::Arg;

/// A connection on which a batch is one read and one write.
#[derive(Debug)]
pub struct LoopConnection(Db);

impl Deref for LoopConnection {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for LoopConnection {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}

impl Pool {
    /// Takes a connection for a loop. For SQLite it is a new one, on which statements are plain function calls.
    pub async fn loop_connection(&self) -> Result<LoopConnection> {
        match self {
            Self::Sqlite { uri, .. } => Ok(LoopConnection(Db::Local(Local::open(uri)?))),
            Self::Postgres(servers) => servers.acquire().await.map(|db| LoopConnection(Db::Postgres(db))),
        }
    }
}

impl LoopConnection {
    /// Answers a batch's look-ups.
    pub async fn find(&mut self, reads: &Reads<'_>) -> Result<Found> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.find(reads)?),
            Db::Postgres(db) => combined::find(db, reads).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }

    /// The rows that match a scan.
    pub async fn scan(&mut self, scan: &Scan) -> Result<Found> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.scan(scan)?),
            Db::Postgres(db) => combined::scan(db, scan).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }

    /// Writes a batch into a transaction and leaves it open, if the guard, an UPDATE, changes one row; returns whether it did.
    pub async fn stage(&mut self, guard: &str, args: &[Arg<'_>], writes: &Writes<'_>) -> Result<bool> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.stage(guard, args, writes)?),
            Db::Postgres(db) => combined::stage(db, guard, args, writes).await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }

    /// Commits the open transaction.
    pub async fn commit(&mut self) -> Result<()> {
        match &mut self.0 {
            Db::Local(db) => Ok(db.command("COMMIT")?),
            Db::Postgres(db) => postgres::command(db, "COMMIT").await,
            Db::Sqlite(_) => unreachable!("a loop has its own connection"),
        }
    }
}
