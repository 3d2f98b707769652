//! A database for each service: SQLite files in the stack's folder, or databases on a PostgreSQL server.

use std::path::Path;
use std::str::FromStr as _;

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use wallet_client::clock;
use wallet_contract::hosts;
use wallet_contract::subject::Service;
use wallet_terminal::exit::Usage;

use super::postgres::Postgres;

/// The value that requests a PostgreSQL server for this stack only.
const THROWAWAY: &str = "postgres";

/// Where the services of a stack store their data.
#[derive(Debug)]
pub enum Database {
    /// Files in the stack's folder.
    Sqlite,
    /// Databases on a PostgreSQL server.
    Postgres(Server),
}

/// Databases on a PostgreSQL server.
#[derive(Debug)]
pub struct Server {
    url: String,
    /// The prefix of each database's name.
    prefix: String,
    /// Whether the databases are dropped when the stack stops.
    temporary: bool,
    /// The server, if it was started for this stack.
    process: Option<Box<Postgres>>,
}

/// `also` names the alternatives to a URL.
fn check(url: &str, also: &str) -> Result<()> {
    let form = format!("use postgres://user:password@host:5432/, {also}or nothing for SQLite");
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(Usage::new(format!("--database is not a PostgreSQL URL: {form}")).into());
    }
    let each = hosts::each(url);
    let parsed = each
        .iter()
        .try_for_each(|url| PgConnectOptions::from_str(url).map(|_| ()));
    parsed.map_err(|error| Usage::new(format!("--database: {error}: {form}")).into())
}

impl Database {
    /// Persistent databases: `wallet_debit`, `wallet_credit`, `wallet_ledger`, or SQLite files.
    pub fn lasting(url: Option<&str>) -> Result<Self> {
        let Some(url) = url else { return Ok(Self::Sqlite) };
        check(url, "")?;
        let (url, prefix) = (url.to_owned(), "wallet_".to_owned());
        Ok(Self::Postgres(Server {
            url,
            prefix,
            temporary: false,
            process: None,
        }))
    }

    /// Databases for one stack only, under unique names. `postgres` starts a PostgreSQL server for it.
    pub async fn temporary(url: Option<&str>) -> Result<Self> {
        let Some(url) = url else { return Ok(Self::Sqlite) };
        let process = if url == THROWAWAY {
            Some(Postgres::start().await?)
        } else {
            check(url, "`postgres` for a temporary server, ")?;
            None
        };
        let url = process.as_ref().map_or_else(|| url.to_owned(), Postgres::url);
        let name = clock::new_id().0.simple().to_string();
        let prefix = format!("wallet_{}_", &name[name.len() - 12..]);
        Ok(Self::Postgres(Server {
            url,
            prefix,
            temporary: true,
            process: process.map(Box::new),
        }))
    }

    /// The name in reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The URL of the PostgreSQL server, with its login.
    pub fn server_url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(server) => Some(&server.url),
        }
    }

    /// Whether it is in the stack's folder.
    pub fn is_in_folder(&self) -> bool {
        matches!(self, Self::Sqlite)
    }

    /// The server that was started for this stack only.
    pub(super) fn server(&mut self) -> Option<&mut Postgres> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(server) => server.process.as_deref_mut(),
        }
    }

    /// The URL for a service, with the placeholder `{shard}`.
    pub fn url(&self, service: Service, dir: &Path) -> Result<String> {
        match self {
            Self::Sqlite => {
                let file = dir.join(format!("{}-{{shard}}.db", service.token()));
                let file = file
                    .to_str()
                    .with_context(|| format!("folder {} is not UTF-8", dir.display()))?;
                Ok(format!("sqlite://{}", escaped(file)))
            }
            Self::Postgres(server) => Ok(with_database(&server.url, &server.name(service))),
        }
    }

    /// Runs a statement of an administrator's on the PostgreSQL server, such as `DROP DATABASE`.
    pub async fn administer(&self, sql: &str) -> Result<()> {
        let Self::Postgres(server) = self else {
            bail!("{sql}: SQLite has no server");
        };
        let mut db = server.connect().await?;
        let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut db).await;
        done.with_context(|| sql.to_owned())?;
        db.close().await.context("PostgreSQL")
    }

    /// Creates the missing databases.
    pub(super) async fn create(&self) -> Result<()> {
        let Self::Postgres(server) = self else {
            return Ok(());
        };
        let mut db = server.connect().await?;
        for service in Service::ALL {
            let name = server.name(service);
            let known = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&name);
            if known.fetch_optional(&mut db).await?.is_none() {
                let create = sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")));
                create
                    .execute(&mut db)
                    .await
                    .with_context(|| format!("database {name} can't be created"))?;
            }
        }
        db.close().await.context("PostgreSQL")
    }

    /// Removes databases and server if they were created for this stack only.
    pub(super) async fn remove(&mut self) -> Result<()> {
        let Self::Postgres(server) = self else {
            return Ok(());
        };
        if let Some(process) = server.process.take() {
            return process.stop().await;
        }
        if !server.temporary {
            return Ok(());
        }
        let mut db = server.connect().await?;
        for service in Service::ALL {
            let name = server.name(service);
            let drop = sqlx::query(AssertSqlSafe(format!(
                "DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"
            )));
            drop.execute(&mut db)
                .await
                .with_context(|| format!("database {name} can't be removed"))?;
        }
        db.close().await.context("PostgreSQL")
    }
}

impl Server {
    /// The name of a service's database: our own prefix and a word, so it needs no quoting.
    fn name(&self, service: Service) -> String {
        format!("{}{}", self.prefix, service.token())
    }

    /// Connects to the server that accepts writes.
    async fn connect(&self) -> Result<PgConnection> {
        let mut wrong = Vec::new();
        for url in hosts::each(&self.url) {
            // Poolers reject this startup parameter, and the wallet stores no floats.
            let mut options = PgConnectOptions::from_str(&url)?.extra_float_digits(None);
            if database(&url).is_empty() {
                options = options.database("postgres");
            }
            let (host, port, user) = (options.get_host(), options.get_port(), options.get_username());
            match primary(&options).await {
                Ok(Some(db)) => return Ok(db),
                Ok(None) => wrong.push(format!("PostgreSQL at {host}:{port} is a read-only standby: name the primary, too")),
                Err(error) => wrong.push(format!(
                    "can't connect to PostgreSQL at {host}:{port} as user {user}: check that it is running, and the password ({error})"
                )),
            }
        }
        bail!("--database: {}", wrong.join("; "))
    }
}

/// A connection, if it leads to a server that accepts writes.
async fn primary(options: &PgConnectOptions) -> sqlx::Result<Option<PgConnection>> {
    let mut db = options.connect().await?;
    let is_standby: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()")
        .fetch_one(&mut db)
        .await?;
    Ok((!is_standby).then_some(db))
}

/// The range of the database's name in a URL.
fn name_range(url: &str) -> (usize, usize) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let query = url[authority..].find('?').map_or(url.len(), |at| authority + at);
    let name = url[authority..query].find('/').map_or(query, |at| authority + at);
    (name, query)
}

fn database(url: &str) -> &str {
    let (name, query) = name_range(url);
    url[name..query].trim_start_matches('/')
}

/// The URL with another database.
fn with_database(url: &str, database: &str) -> String {
    let (name, query) = name_range(url);
    format!("{}/{database}{}", &url[..name], &url[query..])
}

/// A path as part of a URL, with `%` and the characters that would end the path escaped.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_gets_the_servers_url_with_its_own_database() {
        let check = |url: &str, expected: &str| assert_eq!(with_database(url, "wallet_debit"), expected);
        check("postgres://me@db:5432/", "postgres://me@db:5432/wallet_debit");
        check("postgres://me@db", "postgres://me@db/wallet_debit");
        check(
            "postgres://me:p@db/other?sslmode=disable",
            "postgres://me:p@db/wallet_debit?sslmode=disable",
        );
        check(
            "postgres://me@db?sslmode=disable",
            "postgres://me@db/wallet_debit?sslmode=disable",
        );
        check(
            "postgres://me@one,other:5433/",
            "postgres://me@one,other:5433/wallet_debit",
        );
    }

    #[test]
    fn sqlite_files_are_in_the_folder_whatever_its_name() {
        let url = Database::Sqlite
            .url(Service::Debit, Path::new("/tmp/100% sure?"))
            .unwrap();
        assert_eq!(url, "sqlite:///tmp/100%25 sure%3F/debit-{shard}.db");
    }

    #[test]
    fn an_invalid_database_url_is_rejected() {
        for url in [
            "mysql://me@db/",
            "sqlite://x",
            "db",
            "postgres://me@db:port/",
            "postgres://me@db,other:port/",
        ] {
            let error = Database::lasting(Some(url)).unwrap_err();
            assert!(
                error.to_string().contains("postgres://user:password@host:5432/"),
                "{error:#}"
            );
        }
        assert_eq!(Database::lasting(None).unwrap().kind(), "sqlite");
        assert_eq!(
            Database::lasting(Some("postgres://me@db:5432,other/"))
                .unwrap()
                .kind(),
            "postgres"
        );
    }
    #[tokio::test]
    async fn a_mistyped_database_is_rejected_with_the_valid_forms() {
        let error = Database::temporary(Some("postgres:")).await.unwrap_err();
        let form = "use postgres://user:password@host:5432/, `postgres` for a temporary server, or nothing";
        assert!(error.to_string().contains(form), "{error:#}");
    }
}
