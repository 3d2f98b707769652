//! The final check: has every accepted request ended, exactly once?
//!
//! It asks the ledger for every flow and every line of every statement. *Lost* is an acknowledged request that has no flow, or
//! one without an end. *Doubled* is a transfer with more lines of a kind than its end allows: two debits, two credits, a
//! refusal that moved money.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use wallet_client::api::{Api, Filter, Line, MAX_ROWS, Status, Tally};

use crate::wait;

/// What became of the accepted requests.
#[derive(Debug, Default)]
pub struct Reckoning {
    /// Acknowledged by the log.
    pub accepted: usize,
    /// How they ended.
    pub ends: BTreeMap<&'static str, usize>,
    /// Accepted, without an end.
    pub lost: Vec<(String, String)>,
    /// Moved more than once, or moved and refused.
    pub doubled: Vec<String>,
}

impl Reckoning {
    /// One line for people.
    pub fn text(&self) -> String {
        let ends: Vec<String> = self
            .ends
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        format!(
            "{} transfers accepted: {}; lost {}, doubled {}",
            self.accepted,
            ends.join(", "),
            self.lost.len(),
            self.doubled.len()
        )
    }

    /// Fails if anything is lost or doubled.
    pub fn check(&self) -> Result<()> {
        let some: Vec<_> = self.lost.iter().take(5).collect();
        ensure!(self.lost.is_empty(), "{}; such as {some:?}", self.text());
        let some: Vec<_> = self.doubled.iter().take(5).collect();
        ensure!(self.doubled.is_empty(), "{}; such as {some:?}", self.text());
        Ok(())
    }
}

/// Compares the accepted requests with the books, which must be at rest.
pub async fn reckon(
    api: &Api,
    accounts: &[String],
    accepted: &BTreeSet<(String, String)>,
) -> Result<Reckoning> {
    let flows = flows(api).await?;
    let mut reckoning = Reckoning {
        accepted: accepted.len(),
        ..Reckoning::default()
    };
    for key in accepted {
        match flows.get(key) {
            Some(status) if has_ended(*status) => *reckoning.ends.entry(status.word()).or_default() += 1,
            Some(_) | None => reckoning.lost.push(key.clone()),
        }
    }
    let moved = moved(api, accounts).await?;
    for (key, kinds) in &moved {
        let status = flows.get(key);
        if !status.is_some_and(|status| allows(*status, kinds)) {
            let (payer, id) = key;
            reckoning
                .doubled
                .push(format!("{id} of {payer}, {status:?}: {kinds:?}"));
        }
    }
    for (key, status) in &flows {
        if *status == Status::Settled && !moved.contains_key(key) {
            reckoning
                .doubled
                .push(format!("{key:?} has settled without a booking"));
        }
    }
    Ok(reckoning)
}

fn has_ended(status: Status) -> bool {
    !matches!(status, Status::Running | Status::Reserved)
}

/// How many lines of each kind a transfer has on all statements.
type Kinds = BTreeMap<String, u32>;

fn allows(status: Status, kinds: &Kinds) -> bool {
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    let [debits, credits, reversals, holds, releases] =
        ["debit", "credit", "reversal", "hold", "release"].map(count);
    match status {
        Status::Settled => (debits, credits, reversals) == (1, 1, 0) && holds <= 1 && releases == 0,
        Status::Compensated => (debits, credits, reversals) == (1, 0, 1) && holds <= 1,
        Status::Refused | Status::Cancelled | Status::Expired => {
            debits == 0 && credits == 0 && holds == releases && holds <= 1
        }
        Status::Running | Status::Reserved | Status::Done => false,
    }
}

/// Every payment, by payer and id.
async fn flows(api: &Api) -> Result<BTreeMap<(String, String), Status>> {
    let (mut flows, mut before) = (BTreeMap::new(), None::<String>);
    loop {
        let page = api
            .transfers(&Filter::default(), MAX_ROWS, before.as_deref())
            .await?;
        for flow in page
            .transfers
            .into_iter()
            .filter(wallet_client::api::Transfer::is_payment)
        {
            let key = (flow.payer, flow.transfer.to_string());
            ensure!(flows.insert(key.clone(), flow.status).is_none(), "{key:?} twice");
        }
        before = page.next;
        if before.is_none() {
            return Ok(flows);
        }
    }
}

async fn moved(api: &Api, accounts: &[String]) -> Result<BTreeMap<(String, String), Kinds>> {
    let mut moved: BTreeMap<(String, String), Kinds> = BTreeMap::new();
    for account in accounts.iter().map(String::as_str).chain(["@world"]) {
        for line in lines(api, account, None).await? {
            let payer = if line.kind == "credit" {
                line.counterparty
            } else {
                account.to_owned()
            };
            let kinds = moved.entry((payer, line.transfer.to_string())).or_default();
            *kinds.entry(line.kind).or_default() += 1;
        }
    }
    Ok(moved)
}

/// The lines of a statement that are newer than `known`, newest first.
pub async fn lines(api: &Api, account: &str, known: Option<&Line>) -> Result<Vec<Line>> {
    let (account, mut lines, mut before) = (account.parse()?, Vec::new(), None::<String>);
    loop {
        let page = api.statement(&account, None, MAX_ROWS, before.as_deref()).await?;
        for line in page.lines {
            if known.is_some_and(|known| is_same(known, &line)) {
                return Ok(lines);
            }
            lines.push(line);
        }
        before = page.next;
        if before.is_none() {
            return Ok(lines);
        }
    }
}

fn is_same(a: &Line, b: &Line) -> bool {
    (a.sequence, a.transfer, &a.kind, &a.balance) == (b.sequence, b.transfer, &b.kind, &b.balance)
}

/// Waits until all unconfirmed reservations have expired.
pub async fn until_all_ended(api: &Api) -> Result<Tally> {
    let tally = async || Ok(api.stats().await?.transfers);
    let ended = |tally: &Tally| tally.reserved == 0 && tally.running == 0;
    wait::until("everything has ended", tally, ended).await
}
