//! Migrations, written once in PostgreSQL's dialect and translated to SQLite's.
//!
//! They only go forward. A database with a newer migration is refused: an older program must not write to it.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration as SqlxMigration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::error::Error;
use super::hint::hint;

/// One migration of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number. Those of the runtime are below 100, those of a service above.
    pub version: i64,
    /// A short description.
    pub name: &'static str,
    /// `CREATE TABLE … () /* rows */;` or `/* keyed */` if rows are only ever looked up by primary key,
    /// `/* keyed, updated */` if rows are also updated after they were written.
    pub sql: &'static str,
}

impl Migration {
    /// Makes all text of the schema compare bytewise on PostgreSQL, whatever the database's collation. It follows the migrations that
    /// existed when a linguistic collation turned out to order lists differently from the programs.
    ///
    /// Later columns declare it themselves: `TEXT COLLATE "C"`.
    pub const fn bytewise(version: i64) -> Self {
        Self {
            version,
            name: "bytewise",
            sql: include_str!("../migrations/bytewise.sql"),
        }
    }
}

/// The first line of a migration that does not apply to SQLite.
const POSTGRES_ONLY: &str = "-- PostgreSQL only";

const RUNTIME: [Migration; 1] = [Migration {
    version: 1,
    name: "runtime",
    sql: include_str!("../migrations/0001_runtime.sql"),
}];

/// All migrations, in the dialect of one database.
pub(super) fn migrator(service: &[Migration], words: fn(&str) -> String) -> Migrator {
    let migrations = RUNTIME.iter().chain(service).map(|migration| {
        let sql = AssertSqlSafe(words(migration.sql)).into_sql_str();
        let name = Cow::Borrowed(migration.name);
        SqlxMigration::new(migration.version, name, MigrationType::Simple, sql, false)
    });
    Migrator {
        migrations: migrations.collect(),
        ..Migrator::DEFAULT
    }
}

pub(super) fn sqlite(sql: &str) -> String {
    if sql.starts_with(POSTGRES_ONLY) {
        return String::new();
    }
    let tables = sql
        .replace(" COLLATE \"C\"", "")
        .replace("::json", "")
        .replace("/* rows */", "STRICT")
        .replace("/* keyed */", "STRICT, WITHOUT ROWID")
        .replace("/* keyed, updated */", "STRICT, WITHOUT ROWID");
    tables.replace("BIGINT", "INTEGER").replace("UUID", "BLOB")
}

/// A row that is updated soon and repeatedly stays on its page if there is room for its new versions; otherwise each version is a new
/// entry in each index. With full pages, two-phase transfers took a twentieth longer.
pub(super) fn postgres(sql: &str) -> String {
    sql.replace("/* keyed, updated */", "WITH (fillfactor = 45)")
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's errors; those that we can't explain are passed on unchanged"
)]
pub(super) fn explain(error: MigrateError, target: &str, service: &[Migration]) -> Error {
    let known = RUNTIME.iter().chain(service);
    let newest = known.map(|migration| migration.version).max().unwrap_or(0);
    Error::Unfit(match error {
        MigrateError::VersionMissing(version) => format!(
            "database {target} has schema version {version}, but this program only knows versions up to {newest}: run a \
             newer program; or is it another service's?"
        ),
        MigrateError::VersionMismatch(version) => {
            format!(
                "database {target}: its schema version {version} is not this program's: is it another service's?"
            )
        }
        MigrateError::Execute(ref cause) | MigrateError::ExecuteMigration(ref cause, _) => {
            format!("database {target}: {error}{}", hint(cause))
        }
        other => format!("database {target}: {other}"),
    })
}
