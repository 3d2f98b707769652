//! Follows `next` to the end, or until there are enough rows.

use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;

use super::{
    Account, Api, Error, Filter, MAX_ROWS, Parked, ParkedPage, Statement, TracePage, Transfer, TransferPage,
    rows,
};

/// Requests one page after the other. `ask` is given the number of rows still wanted and the cursor; it returns the page's rows
/// and its `next`.
async fn follow<T>(
    wanted: Option<u32>,
    mut ask: impl AsyncFnMut(u32, Option<String>) -> Result<(Vec<T>, Option<String>), Error>,
) -> Result<(Vec<T>, Option<String>), Error> {
    let wanted = wanted.map_or(usize::MAX, |wanted| wanted as usize);
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let left = u32::try_from(wanted - all.len())
            .unwrap_or(MAX_ROWS)
            .min(MAX_ROWS);
        let (some, then) = ask(left, next.clone()).await?;
        all.extend(some);
        if then.is_none() || all.len() >= wanted {
            return Ok((all, then));
        }
        if then == next {
            return Err(Error::Unexpected(format!(
                "the list does not continue after {next:?}: is that the ledger of a wallet?"
            )));
        }
        next = then;
    }
}

impl Api {
    /// All accounts, in the order of their names.
    pub async fn all_accounts(&self) -> Result<Vec<Account>, Error> {
        let (accounts, _) = follow(None, async |limit, after| {
            let page = self.accounts(after.as_deref(), limit).await?;
            Ok((page.accounts, page.next))
        })
        .await?;
        Ok(accounts)
    }

    /// An account's newest bookings, newest first; all of them if `wanted` is none. `next` says whether there are more.
    pub async fn bookings(
        &self,
        account: &AccountId,
        currency: Option<Currency>,
        wanted: Option<u32>,
    ) -> Result<Statement, Error> {
        let (lines, next) = follow(wanted, async |limit, before| {
            let page = self
                .statement(account, currency, limit, before.as_deref())
                .await?;
            Ok((page.lines, page.next))
        })
        .await?;
        Ok(Statement {
            account: account.to_string(),
            lines,
            next,
        })
    }

    /// The first flows that match the filter; all of them if `wanted` is none. `next` says whether there may be more.
    pub async fn flows(&self, filter: &Filter, wanted: Option<u32>) -> Result<TransferPage, Error> {
        let (transfers, next) = follow(wanted, async |limit, before| {
            let page = self.transfers(filter, limit, before.as_deref()).await?;
            Ok((page.transfers, page.next))
        })
        .await?;
        Ok(TransferPage { transfers, next })
    }

    /// All flows of a trace with their events, oldest first; empty if there is none.
    pub async fn trace(&self, trace: TraceId) -> Result<Vec<Transfer>, Error> {
        let (flows, _) = follow(None, async |_, after| {
            let found: Result<TracePage, Error> =
                self.get(&format!("v1/traces/{trace}"), &[("after", after)]).await;
            let page = super::none_if_unknown(found)?;
            Ok(page.map_or((Vec::new(), None), |page| (page.transfers, page.next)))
        })
        .await?;
        Ok(flows)
    }

    /// All unresolved parked messages; with `all`, the resolved ones too.
    pub async fn parked(&self, all: bool) -> Result<Vec<Parked>, Error> {
        let (parked, _) = follow(None, async |limit, before| {
            let all = all.then(|| "true".to_owned());
            let query = [rows(limit), ("all", all), ("before", before)];
            let page: ParkedPage = self.get("v1/parked", &query).await?;
            Ok((page.parked, page.next))
        })
        .await?;
        Ok(parked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of `of` rows in pages of at most `rows`; some pages are empty and still have a `next`.
    fn pages(of: u32, rows: u32, limit: u32, at: Option<&str>) -> (Vec<u32>, Option<String>) {
        let from: u32 = at.map_or(0, |at| at.parse().unwrap());
        let to = of.min(from + rows.min(limit));
        let next = (to < of).then(|| to.to_string());
        ((from..to).collect(), next)
    }

    #[tokio::test]
    async fn a_list_is_followed_to_its_end_or_to_the_limit() {
        for (of, wanted, expected, more) in [
            (0, None, 0, false),
            (2_500, None, 2_500, false),
            (2_500, Some(1_001), 1_001, true),
            (2_500, Some(2_500), 2_500, false),
            (2_500, Some(9_000), 2_500, false),
            (1_000, Some(1_000), 1_000, false),
        ] {
            let fetch = async |limit, at: Option<String>| Ok(pages(of, 700, limit, at.as_deref()));
            let (all, next) = follow(wanted, fetch).await.unwrap();
            assert_eq!(all, (0..expected).collect::<Vec<u32>>(), "{of} {wanted:?}");
            assert_eq!(next.is_some(), more, "{of} {wanted:?}");
        }
    }

    #[tokio::test]
    async fn an_empty_page_is_not_the_end_but_a_repeated_next_is_an_error() {
        let gaps = async |_, at: Option<String>| {
            Ok(match at.as_deref() {
                None => (Vec::new(), Some("1".to_owned())),
                Some("1") => (vec![7], Some("2".to_owned())),
                Some(_) => (Vec::new(), None),
            })
        };
        assert_eq!(follow(None, gaps).await.unwrap().0, [7]);
        let nowhere = async |_, _| Ok((vec![7], Some("1".to_owned())));
        let error = follow(None, nowhere).await.unwrap_err();
        assert!(error.to_string().contains("does not continue after"), "{error}");
    }
}
