//! Many flows, newest first.

use std::fmt::Write as _;

use wallet_contract::id::AccountId;
use wallet_runtime::db::{Arg, Db};

use super::{Flow, HEAD, head};

/// What is asked of the list.
#[derive(Debug, Default)]
pub(crate) struct Filter<'f> {
    /// `running`, `settled`, ….
    pub(crate) status: Option<&'f str>,
    /// A reason's code.
    pub(crate) reason: Option<&'f str>,
}

impl Filter<'_> {
    /// Whether a flow is asked for.
    pub(crate) fn takes(&self, flow: &Flow) -> bool {
        let status = self.status.is_none_or(|status| status == flow.told.status.word());
        status
            && self
                .reason
                .is_none_or(|reason| flow.told.reason.as_deref() == Some(reason))
    }

    /// Adds the conditions and their parameters.
    fn bind<'a>(&'a self, args: &mut Vec<Arg<'a>>) -> String {
        let mut only = String::new();
        for (column, value) in [("status", self.status), ("reason", self.reason)] {
            if let Some(value) = value {
                args.push(Arg::Text(value));
                let _ = write!(only, " AND {column} = ${}", args.len());
            }
        }
        only
    }
}

/// Flows before a place in the list, newest first.
pub(crate) async fn newest(
    db: &mut Db,
    filter: &Filter<'_>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Flow>> {
    let mut args = vec![Arg::Int(before), Arg::Int(limit)];
    let only = filter.bind(&mut args);
    let rows = db
        .query(
            &format!("{HEAD} WHERE no < $1{only} ORDER BY no DESC LIMIT $2"),
            &args,
        )
        .await?;
    rows.iter().map(head).collect()
}

/// Flows of an account that moved no money in the end, newest first: refused, compensated, an operator's. Each way to be
/// the account's is one range of a partial index.
pub(crate) async fn unbooked(
    db: &mut Db,
    account: &AccountId,
    filter: &Filter<'_>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Flow>> {
    let mut args = vec![Arg::Int(before), Arg::Int(limit), Arg::Text(account.as_str())];
    let only = filter.bind(&mut args);
    let newest = "ORDER BY no DESC LIMIT $2";
    let one = |column: &str, ends: &str| {
        format!(
            "SELECT * FROM ({HEAD} WHERE {column} = $3 AND no < $1 AND status IN ({ends}){only} {newest}) AS by_{column}"
        )
    };
    let (paid, received) = (
        one(
            "account",
            "'refused', 'compensated', 'cancelled', 'expired', 'done'",
        ),
        one("payee", "'refused', 'compensated', 'cancelled', 'expired'"),
    );
    let rows = db
        .query(&format!("{paid} UNION ALL {received} {newest}"), &args)
        .await?;
    rows.iter().map(head).collect()
}

/// The flows that have begun by then and have not ended, oldest first.
pub(crate) async fn running(db: &mut Db, began_us: i64, limit: i64) -> sqlx::Result<Vec<Flow>> {
    let sql = format!(
        "{HEAD} WHERE ended_us IS NULL AND status = 'running' AND started_us <= $1 ORDER BY no LIMIT $2"
    );
    let rows = db.query(&sql, &[Arg::Int(began_us), Arg::Int(limit)]).await?;
    rows.iter().map(head).collect()
}

/// How many transfers stand how, in this shard.
pub(crate) async fn tally(db: &mut Db) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = db.query("SELECT status, transfers FROM tally", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}
