//! What debit-svc remembers, as rows.

pub(crate) mod accounts;
pub(crate) mod transfers;

/// The CHECK constraints leave no other word; if one is there, somebody else wrote it.
fn unknown(column: &str, word: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("unknown value {word:?}").into(),
    }
}
