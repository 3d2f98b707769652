//! External input reaches a database only as a bound parameter. Statement text is built in a few places, from constants; all of
//! them are listed here, and a new one must be reviewed and added.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// (file, what may occur there, how often). `AssertSqlSafe` marks text that is not a literal.
const KNOWN: [(&str, &str, usize, &str); 18] = [
    (
        "shared/db/src/sqlite.rs",
        "AssertSqlSafe",
        3,
        "statements that the other rows of this table name",
    ),
    ("shared/db/src/postgres.rs", "AssertSqlSafe", 3, "the same"),
    ("shared/db/src/combined.rs", "AssertSqlSafe", 3, "the same"),
    (
        "shared/db/src/postgres.rs",
        "format!",
        1,
        "column names of a Set, which are literals",
    ),
    (
        "shared/db/src/db.rs",
        "format!",
        1,
        "names from a `table!` declaration, and a condition that the caller writes as a literal",
    ),
    (
        "shared/db/src/local.rs",
        "format!",
        5,
        "names from a `table!` declaration, and numbers of parameters",
    ),
    ("shared/db/src/combined.rs", "format!", 6, "the same"),
    (
        "shared/db/src/schema.rs",
        "AssertSqlSafe",
        1,
        "migrations: files of the program",
    ),
    (
        "shared/db/src/session.rs",
        "AssertSqlSafe",
        1,
        "settings of a session, and the same schema",
    ),
    (
        "shared/db/src/connect.rs",
        "format!",
        2,
        "CREATE SCHEMA and DROP SCHEMA shard_<number>",
    ),
    (
        "shared/db/src/rebuilt.rs",
        "format!",
        9,
        "names of tables, columns and schemas from the database's own catalogue, which only our migrations fill; numbers",
    ),
    (
        "tools/stack/src/database.rs",
        "AssertSqlSafe",
        3,
        "a database of our own name: letters, digits and _",
    ),
    ("tools/stack/src/database.rs", "format!", 3, "the same"),
    ("ledger-svc/src/books.rs", "format!", 1, "the constant PAGE"),
    ("ledger-svc/src/books/accounts.rs", "format!", 1, "the same"),
    (
        "ledger-svc/src/books/lines.rs",
        "format!",
        2,
        "the constant MARKED, and column names",
    ),
    ("ledger-svc/src/flows.rs", "format!", 3, "the constant HEAD"),
    (
        "ledger-svc/src/flows/list.rs",
        "format!",
        5,
        "the constant HEAD, column names, conditions that are constants, and numbers of parameters",
    ),
];

/// Words with which a statement, or a part of one, begins or continues.
const SQL: [&str; 11] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "CREATE SCHEMA",
    "CREATE DATABASE",
    "DROP ",
    "ALTER ",
    " WHERE ",
    " FROM ",
    " ORDER BY ",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && name != "target" && name != "tests" && !name.starts_with('.') {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The number of `format!` and `write!` literals that look like SQL.
fn formatted(text: &str) -> usize {
    let calls = ["format!(", "write!(", "writeln!(", "format_args!("];
    let calls = calls.iter().flat_map(|call| text.match_indices(call));
    let is_sql = |at: usize| {
        let call: String = text[at..].chars().take(400).collect();
        let literal = call.split(';').next().unwrap_or_default();
        let literal = literal.split_once('"').map_or("", |(_, rest)| rest);
        SQL.iter().any(|word| literal.contains(word))
    };
    calls.filter(|(at, _)| is_sql(*at)).count()
}

#[test]
fn sql_is_never_assembled_from_input() -> Result<()> {
    let root = e2e::repository();
    let mut files = Vec::new();
    for part in [
        "shared/db",
        "shared/runtime",
        "debit-svc",
        "credit-svc",
        "ledger-svc",
        "tools/stack",
    ] {
        sources(&root.join(part), &mut files)?;
    }
    ensure!(files.len() > 50, "the sources were not found");
    let mut found: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let name = file.strip_prefix(&root)?.display().to_string();
        let asserted = text.matches("AssertSqlSafe(").count();
        for (what, count) in [("AssertSqlSafe", asserted), ("format!", formatted(text))] {
            if count > 0 {
                found.insert((name.clone(), what), count);
            }
        }
    }
    let known: BTreeMap<(String, &str), usize> = KNOWN
        .iter()
        .map(|(file, what, count, _)| (((*file).to_owned(), *what), *count))
        .collect();
    assert_eq!(
        found, known,
        "SQL assembled from text: bind the value, or add the reason to KNOWN why it can't contain input"
    );
    Ok(())
}
