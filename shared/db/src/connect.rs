//! Connects to the database of one shard, given a URL.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use wallet_contract::shard::{Shard, Shards};

use super::db::Db;
use super::error::{Error, Result};
use super::limits::{CONNECTIONS, WAIT};
use super::schema::{self, Migration};
use super::servers::Servers;
use super::{checkpoint, postgres};

/// The page cache of each SQLite connection used for reading, KiB. The loop's own cache is larger: see [`super::local::Local`].
const CACHE_KIB: u32 = 1024;
/// What the name of a rebuilt database ends in.
const REBUILT: &str = "rebuilt";
/// How many rows SQLite's thread reads ahead: a whole answer, without waking the reader in between.
const ROWS: usize = 512;

/// A database, given by a URL in which `{shard}` is replaced by the shard's number.
///
/// `sqlite:///var/lib/wallet/debit-{shard}.db` or `postgres://user:password@host/debit`. On PostgreSQL each shard has a
/// schema of its own, `shard_<n>`, so that one database can hold several shards.
#[derive(Clone, Debug)]
pub struct Target {
    url: String,
    shard: Shard,
    /// PostgreSQL's schema.
    schema: String,
}

/// Connections to one shard's database.
#[derive(Clone, Debug)]
pub enum Pool {
    /// SQLite.
    Sqlite {
        /// The connections of readers.
        pool: SqlitePool,
        /// Its name as SQLite takes it, with the URL's parameters: a loop opens its own connection.
        uri: Arc<str>,
    },
    /// PostgreSQL.
    Postgres(Arc<Servers>),
}

impl Target {
    /// The databases of all shards. On SQLite each is a separate file, so the URL must contain `{shard}`.
    pub fn of_each(template: &str, shards: Shards) -> Result<Vec<Self>> {
        let each: Vec<Self> = shards.all().map(|shard| Self::new(template, shard)).collect();
        let [first, _, ..] = &each[..] else {
            return Ok(each);
        };
        if !template.starts_with("sqlite:") || template.contains("{shard}") {
            return Ok(each);
        }
        Err(Error::Unfit(format!(
            "database {}: each of the {} shards needs a file of its own; put {{shard}} where its number goes, as in \
             sqlite:///folder/name-{{shard}}.db",
            first.shown(),
            shards.count(),
        )))
    }

    /// The database of `shard`.
    pub fn new(template: &str, shard: Shard) -> Self {
        Self {
            url: template.replace("{shard}", &shard.to_string()),
            shard,
            schema: format!("shard_{shard}"),
        }
    }

    /// A second database next to this one, for what is rebuilt: a file, or a schema of the same database.
    #[must_use]
    pub fn rebuilt(&self) -> Self {
        let (file, parameters) = self.url.split_at(self.url.find('?').unwrap_or(self.url.len()));
        let url = match file.strip_prefix("sqlite:") {
            Some(file) => format!("sqlite:{file}.{REBUILT}{parameters}"),
            None => self.url.clone(),
        };
        Self {
            url,
            shard: self.shard,
            schema: format!("{}_{REBUILT}", self.schema),
        }
    }

    /// The shard.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// The URL without its password, which can follow the user or be in the query; in a URL without a host it may be where the port would
    /// be.
    pub fn shown(&self) -> String {
        let url = self.url.split('?').next().unwrap_or_default();
        let Some((scheme, rest)) = url.split_once("://") else {
            return url.to_owned();
        };
        if let Some((login, place)) = rest.rsplit_once('@') {
            let user = login.split(':').next().unwrap_or_default();
            return format!("{scheme}://{user}@{place}");
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        match host.split_once(':') {
            Some((host, port)) if port.parse::<u16>().is_err() => format!("{scheme}://{host}:…/{path}"),
            Some(_) | None => url.to_owned(),
        }
    }

    /// Connects, and migrates the schema.
    pub async fn open(&self, migrations: &[Migration]) -> Result<Pool> {
        let unfit = |error: &dyn std::fmt::Display, hint: &str| {
            Error::Unfit(format!("database {}: {error}; {hint}", self.shown()))
        };
        if self.url.starts_with("sqlite:") {
            let options = self
                .sqlite()
                .map_err(|error| unfit(&error, "the form is sqlite:///folder/name-{shard}.db"))?;
            let pool = SqlitePoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(WAIT);
            let pool = pool.connect_with(options).await;
            let pool =
                pool.map_err(|error| unfit(&error, "does the folder exist, and can this user write to it?"))?;
            let migrator = schema::migrator(migrations, schema::sqlite);
            migrator
                .run(&pool)
                .await
                .map_err(|error| schema::explain(error, &self.shown(), migrations))?;
            tokio::spawn(checkpoint::look_after(pool.clone()));
            let uri = self.uri(pool.connect_options().get_filename()).into();
            Ok(Pool::Sqlite { pool, uri })
        } else if self.url.starts_with("postgres:") || self.url.starts_with("postgresql:") {
            let form = "the form is postgres://user:password@host:5432/database, or host,other:5433 for several servers";
            let servers =
                Servers::named(&self.url, self.schema.clone()).map_err(|error| unfit(&error, form))?;
            let servers = Arc::new(servers);
            let hint = "is PostgreSQL running there, with this user and database?";
            servers.look().await.map_err(|error| unfit(&error, hint))?;
            self.make_schema(&servers)
                .await
                .map_err(|error| unfit(&error, "is this user allowed to create a schema?"))?;
            let migrator = schema::migrator(migrations, schema::postgres);
            migrator
                .run(servers.pool())
                .await
                .map_err(|error| schema::explain(error, &self.shown(), migrations))?;
            Ok(Pool::Postgres(servers))
        } else {
            Err(unfit(
                &"unknown kind",
                "use sqlite:///folder/name-{shard}.db or postgres://user:password@host/database",
            ))
        }
    }

    /// Removes the database and all its data; nothing happens if there is none.
    pub async fn remove(&self) -> Result<()> {
        if !self.url.starts_with("sqlite:") {
            let servers = Arc::new(Servers::named(&self.url, self.schema.clone())?);
            let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
            postgres::execute(&mut servers.acquire().await?, &sql, &[]).await?;
            servers.pool().close().await;
            return Ok(());
        }
        let file = self.sqlite()?.get_filename().to_owned();
        for end in ["", "-wal", "-shm"] {
            let mut name = file.clone().into_os_string();
            name.push(end);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Unfit(format!(
                        "{} can't be removed: {error}",
                        name.display()
                    )));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn sqlite(&self) -> sqlx::Result<SqliteConnectOptions> {
        Ok(SqliteConnectOptions::from_str(&self.url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(WAIT)
            .statement_cache_capacity(256)
            .row_buffer_size(ROWS)
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("automatic_index", "off")
            .pragma("temp_store", "memory")
            .page_size(4096)
            .pragma("wal_autocheckpoint", checkpoint::ANEW.to_string()))
    }

    /// A file of SQLite's with the URL's parameters, as a URI (sqlite.org/uri.html).
    fn uri(&self, file: &Path) -> String {
        let path = file.to_string_lossy();
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let parameters = self.url.find('?').map_or("", |from| &self.url[from..]);
        format!("file:{path}{parameters}")
    }

    async fn make_schema(&self, servers: &Arc<Servers>) -> Result<()> {
        let mut db = servers.acquire().await?;
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema);
        postgres::execute(&mut db, &sql, &[]).await?;
        Ok(())
    }
}

impl Pool {
    /// Takes a connection.
    pub async fn acquire(&self) -> Result<Db> {
        match self {
            Self::Sqlite { pool, .. } => Ok(Db::Sqlite(pool.acquire().await?)),
            Self::Postgres(servers) => servers.acquire().await.map(Db::Postgres),
        }
    }

    /// Whether the database runs in this process, so that calls block a thread.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Closes all connections, once their current calls have finished.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { pool, .. } => pool.close().await,
            Self::Postgres(servers) => servers.pool().close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readers_and_the_loop_open_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a#b 100%25 c");
        std::fs::create_dir(folder.path().join("a#b 100% c")).unwrap();
        let url = format!("sqlite://{}/x.db", inside.display());
        let pool = Target::new(&url, Shard(0)).open(&[]).await.unwrap();
        let mut working = pool.loop_connection().await.unwrap();
        let tables = "SELECT name FROM sqlite_schema WHERE name = 'progress'";
        assert_eq!(working.query(tables, &[]).await.unwrap().len(), 1);
        let read_only = Target::new(&format!("{url}?mode=ro"), Shard(0));
        let pool = read_only.open(&[]).await.unwrap();
        let mut working = pool.loop_connection().await.unwrap();
        let error = working.execute("DELETE FROM progress", &[]).await.unwrap_err();
        assert!(error.to_string().contains("read-only"), "{error}");
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        let check = |url: &str, shown: &str| assert_eq!(Target::new(url, Shard(1)).shown(), shown);
        check(
            "postgres://debit:secret@db:5432/debit",
            "postgres://debit@db:5432/debit",
        );
        check("postgres://debit:p@ss@db/debit", "postgres://debit@db/debit");
        check(
            "postgres://db/debit?user=debit&password=secret",
            "postgres://db/debit",
        );
        check("postgres://debit:secret/debit", "postgres://debit:…/debit");
        check("postgres://db:5432/debit", "postgres://db:5432/debit");
        check("sqlite:///data/debit-{shard}.db", "sqlite:///data/debit-1.db");
    }
}
