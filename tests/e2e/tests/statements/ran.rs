//! The statements that ran, according to the services' logs.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::World;
use serde_json::Value;

use super::source::on_one_line;

/// Database errors for a statement that it does not understand.
const DATABASE_ERRORS: [&str; 5] = [
    "mismatched types",
    "no such column",
    "syntax error",
    "does not exist",
    "ambiguous",
];

/// The settings with which the services log their statements.
pub(super) const LOG_SETTINGS: [(&str, &str); 2] = [
    ("WALLET_LOG", "info,sqlx::query=debug"),
    ("WALLET_LOG_FORMAT", "json"),
];

/// Each statement that ran, with the largest number of rows that it returned or wrote.
pub(super) fn statements(world: &World) -> Result<BTreeMap<String, u64>> {
    let mut ran: BTreeMap<String, u64> = BTreeMap::new();
    for log in fs::read_dir(world.stack.logs())? {
        let text = fs::read_to_string(log?.path())?;
        for line in text.lines().filter(|line| line.starts_with('{')) {
            let line: Value = serde_json::from_str(line).context("a line of the log is not JSON")?;
            if line["target"] == "sqlx::query" {
                let sql = statement(&line);
                // For a query, SQLite reports how many rows the previous statement wrote.
                let is_query = sql.starts_with("SELECT") || sql.starts_with("WITH");
                let rows = line[if is_query {
                    "rows_returned"
                } else {
                    "rows_affected"
                }]
                .as_u64();
                let most = ran.entry(sql).or_default();
                *most = rows.unwrap_or(0).max(*most);
            } else {
                let text = line.to_string();
                ensure!(
                    !DATABASE_ERRORS.iter().any(|words| text.contains(words)),
                    "{text}"
                );
            }
        }
    }
    ensure!(ran.len() > 50, "too few statements in the logs: {}", ran.len());
    Ok(ran)
}

/// A statement as in its source: without its set of rows, which differs between batches and databases.
fn statement(line: &Value) -> String {
    let [whole, short] = ["db.statement", "summary"].map(|field| line[field].as_str().unwrap_or_default());
    let sql = on_one_line(if whole.is_empty() { short } else { whole });
    let sql = sql.replace(" OR ROLLBACK", "");
    let rows = sql
        .strip_prefix("WITH k (")
        .and_then(|rest| rest.split_once(")) "));
    rows.map_or_else(|| sql.clone(), |(_, rest)| rest.to_owned())
}
