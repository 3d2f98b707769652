//! Many flows, newest first.
//!
//! Only conditions whose index costs almost nothing have one: every transfer writes a flow, and queries are rare. Flows that match
//! any other condition are searched for among the newest before a place, at most [`LOOKED_AT`]; the answer says how far the search
//! went, and the next page continues from there. A time is found through the place, since the log's times follow its order.

use std::fmt::Write as _;

use wallet_contract::id::{AccountId, TransferId, derived_range};
use wallet_contract::money::Currency;
use wallet_contract::status::Status;
use wallet_db::{Arg, Db, Result, Set};

use super::timeline::FLOWS;
use super::{Flow, HEAD, head};

/// How many flows of a shard are searched for one page: this takes some hundredths of a second.
pub(crate) const LOOKED_AT: i64 = 20_000;

/// Flows that have not ended have an index.
const OPEN: &str = " AND ended_us IS NULL";

/// The filter of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filter {
    /// The payer or the payee.
    pub(crate) account: Option<AccountId>,
    pub(crate) status: Option<Status>,
    /// A reason's code.
    pub(crate) reason: Option<String>,
    /// The currency, and the range of amounts in minor units.
    pub(crate) currency: Option<Currency>,
    pub(crate) least: Option<i64>,
    pub(crate) most: Option<i64>,
    /// The least time that it took, or has taken so far.
    pub(crate) lasted_us: Option<i64>,
    pub(crate) from_us: Option<i64>,
    pub(crate) to_us: Option<i64>,
    /// The current time.
    pub(crate) now_us: i64,
}

impl Filter {
    /// Whether a flow at that time in the list matches.
    pub(crate) fn takes(&self, flow: &Flow, at_us: i64) -> bool {
        let json = &flow.json;
        let minor = || {
            json.currency
                .as_ref()?
                .parse::<Currency>()
                .ok()?
                .parse_minor(json.amount.as_ref()?)
                .ok()
        };
        self.account.as_ref().is_none_or(|account| flow.is_of(account))
            && self.status.is_none_or(|status| status == json.status)
            && self
                .reason
                .as_deref()
                .is_none_or(|reason| json.reason.as_deref() == Some(reason))
            && self
                .currency
                .is_none_or(|currency| json.currency.as_deref() == Some(currency.code()))
            && self
                .least
                .is_none_or(|least| minor().is_some_and(|amount| amount >= least))
            && self
                .most
                .is_none_or(|most| minor().is_some_and(|amount| amount <= most))
            && self
                .lasted_us
                .is_none_or(|lasted| flow.took_us(self.now_us) >= lasted)
            && self.from_us.is_none_or(|from| at_us >= from)
            && self.to_us.is_none_or(|to| at_us <= to)
    }

    /// Whether only times, and perhaps an account, restrict the list.
    pub(crate) fn is_of_times_only(&self) -> bool {
        let times = Self {
            account: self.account.clone(),
            from_us: self.from_us,
            to_us: self.to_us,
            now_us: self.now_us,
            ..Self::default()
        };
        *self == times
    }

    /// Adds the conditions and their parameters. The place takes care of times.
    fn bind<'a>(&'a self, args: &mut Vec<Arg<'a>>) -> String {
        let mut only = String::new();
        if let Some(account) = &self.account {
            args.push(Arg::Text(account.as_str()));
            let _ = write!(only, " AND ${} IN (account, payee)", args.len());
        }
        let mut add = |condition: &str, arg| {
            args.push(arg);
            let _ = write!(only, " AND {condition} ${}", args.len());
        };
        if let Some(status) = self.status {
            add("status =", Arg::Text(status.word()));
        }
        if let Some(reason) = &self.reason {
            add("reason =", Arg::Text(reason));
        }
        if let Some(currency) = &self.currency {
            add("currency =", Arg::Text(currency.code()));
        }
        if let Some(least) = self.least {
            add("amount >=", Arg::Int(least));
        }
        if let Some(most) = self.most {
            add("amount <=", Arg::Int(most));
        }
        if let Some(lasted) = self.lasted_us {
            // The same formula as `Flow::took_us`.
            args.push(Arg::Int(self.now_us));
            let until = format!(
                "CASE WHEN status = 'reserved' THEN promised_us ELSE ${} END",
                args.len()
            );
            args.push(Arg::Int(lasted));
            let _ = write!(
                only,
                " AND COALESCE(ended_us, {until}) - COALESCE(held_us, 0) - started_us >= ${}",
                args.len()
            );
        }
        only.push_str(self.among());
        only
    }

    /// The condition of the flows that are searched.
    fn among(&self) -> &'static str {
        match self.status {
            Some(Status::Running | Status::Reserved) => OPEN,
            Some(
                Status::Settled
                | Status::Refused
                | Status::Compensated
                | Status::Cancelled
                | Status::Expired
                | Status::Done,
            )
            | None => "",
        }
    }
}

/// What was found from a place on.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) flows: Vec<Flow>,
    /// The time and place at which the search stopped, if there may be more.
    pub(crate) left_off: Option<(i64, i64)>,
}

impl Found {
    /// The search stopped at the last flow if `limit` flows were found, otherwise at `looked`.
    pub(super) fn of(flows: Vec<Flow>, limit: i64, looked: Option<(i64, i64)>) -> Self {
        let full = i64::try_from(flows.len()).is_ok_and(|found| found == limit);
        let last = flows.last().map(|flow| (flow.started_us, flow.no));
        Self {
            left_off: if full { last } else { looked },
            flows,
        }
    }

    /// Keeps the flows that began at this time or later, of flows listed newest first.
    pub(crate) fn since(mut self, from_us: Option<i64>) -> Self {
        if let Some(from) = from_us {
            self.flows.retain(|flow| flow.started_us >= from);
            self.left_off = self.left_off.filter(|(at_us, _)| *at_us >= from);
        }
        self
    }
}

/// Flows before a place in the list, newest first.
pub(crate) async fn newest(db: &mut Db, filter: &Filter, before: i64, limit: i64) -> Result<Found> {
    let before = not_after(db, filter, before).await?;
    let (mut floor, mut first) = (None, 0);
    if !filter.is_of_times_only() {
        floor = self::floor(db, filter.among(), before).await?;
        // Flows before the earliest requested time need not be looked at.
        if let Some(from) = filter
            .from_us
            .filter(|from| floor.is_none_or(|(at_us, _)| at_us < *from))
        {
            first = FLOWS.first_at(db, from).await?;
        }
    }
    let mut args = vec![
        Arg::Int(before),
        Arg::Int(limit),
        Arg::Int(floor.map_or(first, |(_, no)| no.max(first))),
    ];
    let only = filter.bind(&mut args);
    let sql = format!("{HEAD} WHERE no < $1 AND no >= $3{only} ORDER BY no DESC LIMIT $2");
    let rows = db.query(&sql, &args).await?;
    let flows: Vec<Flow> = rows.iter().map(head).collect::<Result<_>>()?;
    Ok(Found::of(flows, limit, floor).since(filter.from_us))
}

/// An account's open flows before a place, newest first.
pub(crate) async fn open(db: &mut Db, account: &AccountId, before: i64, limit: i64) -> Result<Found> {
    let floor = floor(db, OPEN, before).await?;
    let sql = format!(
        "{HEAD} WHERE no < $1 AND no >= $3 AND $4 IN (account, payee){OPEN} ORDER BY no DESC LIMIT $2"
    );
    let args = [
        Arg::Int(before),
        Arg::Int(limit),
        Arg::Int(floor.map_or(0, |(_, no)| no)),
        Arg::Text(account.as_str()),
    ];
    let rows = db.query(&sql, &args).await?;
    let flows = rows.iter().map(head).collect::<Result<_>>()?;
    Ok(Found::of(flows, limit, floor))
}

/// The time and place down to which a page searches.
async fn floor(db: &mut Db, among: &str, before: i64) -> Result<Option<(i64, i64)>> {
    let sql =
        format!("SELECT started_us, no FROM flow WHERE no < $1{among} ORDER BY no DESC LIMIT 1 OFFSET $2");
    let rows = db
        .query(&sql, &[Arg::Int(before), Arg::Int(LOOKED_AT - 1)])
        .await?;
    rows.first().map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
}

/// The place after the last flow that can match, if it comes before `before`; otherwise `before`.
pub(crate) async fn not_after(db: &mut Db, filter: &Filter, before: i64) -> Result<i64> {
    match filter.to_us {
        Some(to) => FLOWS.behind(db, to, before).await,
        None => Ok(before),
    }
}

/// Flows of an account that in the end moved no money, newest first: refused or compensated ones, and operators' requests. Each way
/// in which a flow can belong to the account is one range of a partial index.
pub(crate) async fn unbooked(db: &mut Db, account: &AccountId, before: i64, limit: i64) -> Result<Found> {
    let args = [Arg::Int(before), Arg::Int(limit), Arg::Text(account.as_str())];
    let newest = "ORDER BY no DESC LIMIT $2";
    let one = |column: &str, ends: &str| {
        format!(
            "SELECT * FROM ({HEAD} WHERE {column} = $3 AND no < $1 AND status IN ({ends}) {newest}) AS by_{column}"
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
    let flows = rows.iter().map(head).collect::<Result<_>>()?;
    Ok(Found::of(flows, limit, None))
}

/// The flows after a place that had begun by that time and have not ended, oldest first. Later ones are not even looked at: under
/// load there are many.
pub(crate) async fn running(db: &mut Db, began_us: i64, after: i64, limit: i64) -> Result<Found> {
    let later = FLOWS.first_at(db, began_us.saturating_add(1)).await?;
    let sql = format!(
        "{HEAD} WHERE ended_us IS NULL AND status = 'running' AND no > $1 AND no < $2 ORDER BY no LIMIT $3"
    );
    let args = [Arg::Int(after), Arg::Int(later), Arg::Int(limit)];
    let rows = db.query(&sql, &args).await?;
    let flows = rows.iter().map(head).collect::<Result<_>>()?;
    Ok(Found::of(flows, limit, None))
}

/// How many flows had begun by that time and have not ended, counted up to `most`.
pub(crate) async fn running_count(db: &mut Db, began_us: i64, most: i64) -> Result<i64> {
    let later = FLOWS.first_at(db, began_us.saturating_add(1)).await?;
    let sql = "SELECT count(*) FROM (SELECT 1 FROM flow \
               WHERE ended_us IS NULL AND status = 'running' AND no < $1 ORDER BY no LIMIT $2) AS counted";
    let rows = db.query(sql, &[Arg::Int(later), Arg::Int(most)]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// The number of this shard's transfers by status.
pub(crate) async fn tally(db: &mut Db) -> Result<Vec<(String, i64)>> {
    let rows = db.query("SELECT status, transfers FROM tally", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// The number of a flow's events, and the last of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    pub(crate) events: usize,
    last: i64,
    pub(crate) last_kind: String,
    pub(crate) last_us: i64,
}

/// The summaries of flows whose home is this shard; each is one range of ids.
pub(crate) async fn summaries(db: &mut Db, flows: &[&Flow]) -> Result<Vec<Summary>> {
    let range = |flow: &&Flow| derived_range(TransferId(flow.transfer()));
    let set = Set::new()
        .ints("place", (0..).take(flows.len()))
        .uuids("first", flows.iter().map(|flow| range(flow).0.0))
        .uuids("last", flows.iter().map(|flow| range(flow).1.0))
        .uuids("transfer", flows.iter().map(|flow| flow.transfer()))
        .texts("account", flows.iter().map(|flow| flow.payer()));
    let sql = "SELECT k.place, r.no, r.at_us, r.kind FROM k CROSS JOIN record AS r \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.account \
               AND r.body IS NOT NULL";
    let mut summaries = vec![Summary::default(); flows.len()];
    for row in db.select(sql, set).await? {
        let Some(summary) = usize::try_from(row.int(0)?)
            .ok()
            .and_then(|place| summaries.get_mut(place))
        else {
            continue;
        };
        summary.events += 1;
        if row.int(1)? >= summary.last {
            (summary.last, summary.last_us, summary.last_kind) = (row.int(1)?, row.int(2)?, row.text(3)?);
        }
    }
    Ok(summaries)
}
