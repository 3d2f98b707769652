//! The accounts of all shards, ordered by name.

use wallet_db::{Arg, Db, Result};

use super::{PAGE, Page, balance};

/// One page of them.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) pages: Vec<Page>,
    /// The name after which the next page begins, if there is one.
    pub(crate) next: Option<String>,
}

/// The accounts whose names begin with `prefix` and come after the name `after`, at most `limit`. Names are compared bytewise, here
/// as in both databases.
pub(crate) async fn list(dbs: &mut [Db], prefix: &str, after: &str, limit: i64) -> Result<Accounts> {
    let mut pages = Vec::new();
    for db in dbs {
        pages.extend(of_shard(db, prefix, after, limit.saturating_add(1)).await?);
    }
    pages.retain(|page| page.account.starts_with(prefix));
    pages.sort_by(|a, b| a.account.cmp(&b.account));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = pages.len() > limit;
    pages.truncate(limit);
    let last = pages.last().filter(|_| is_more);
    let next = last.map(|page| page.account.clone());
    Ok(Accounts { pages, next })
}

async fn of_shard(db: &mut Db, prefix: &str, after: &str, limit: i64) -> Result<Vec<Page>> {
    let sql = format!(
        "{PAGE} WHERE name >= $1 AND name > $2 \
         AND name IN (SELECT DISTINCT name FROM account WHERE name >= $1 AND name > $2 ORDER BY name LIMIT $3) \
         ORDER BY name, currency"
    );
    let mut pages: Vec<Page> = Vec::new();
    let args = [Arg::Text(prefix), Arg::Text(after), Arg::Int(limit)];
    for row in db.query(&sql, &args).await? {
        let (account, balance) = (row.text(0)?, balance(&row)?);
        match pages.last_mut() {
            Some(page) if page.account == account => page.balances.push(balance),
            _ => pages.push(Page {
                account,
                status: row.text(2)?,
                balances: vec![balance],
                as_of: None,
            }),
        }
    }
    Ok(pages)
}
