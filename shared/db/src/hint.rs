//! Advice for the operator about a database error.

use std::borrow::Cow;

/// Text to append to the error; empty if there is no advice.
///
/// Based on SQLite's result codes (sqlite.org/rescode.html; the primary code is the low byte) and PostgreSQL's SQLSTATE.
pub(super) fn hint(error: &sqlx::Error) -> &'static str {
    let sqlx::Error::Database(error) = error else {
        return "";
    };
    let code = error.code().unwrap_or(Cow::Borrowed(""));
    let sqlite = code
        .parse::<u32>()
        .ok()
        .filter(|_| code.len() < 5)
        .map(|code| code & 0xff);
    match (sqlite, &*code) {
        (Some(8), _) => {
            "; the database is read-only: make it writable for this service, which then continues by itself; nothing is lost"
        }
        (None, "25006") => {
            "; this server accepts no writes and is probably a standby: looking for the primary again; nothing is lost"
        }
        (Some(13), _) | (None, "53100") => {
            "; the disk is full: free some space; nothing is lost, and the service continues by itself then, or at its next start"
        }
        (Some(10), _) | (None, "58030") => {
            "; the disk could not be written or read: check the machine's disk; committed data is safe"
        }
        _ => "",
    }
}
