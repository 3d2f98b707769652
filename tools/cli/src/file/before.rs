//! Finds out what became of a file's payments before this run, and decides what is left to do.
//!
//! The ledger is asked about all payments of the file before anything is sent. If it can't answer, nothing is guessed: rows
//! without an id are not sent (see [`crate::commands::transfer`]).
//!
//! | the ledger knows | then |
//! |---|---|
//! | none of the payments | all are sent |
//! | all of them | nothing is paid; unfinished ones are waited for |
//! | some, and this same file sent them | the rest is sent: an interrupted run continues |
//! | some, and another file sent at least one row without an id | nothing is sent, and the user is asked |
//!
//! The last case is July's file with a row of June's in it. No program can know whether that row is June's payment, listed again,
//! or a payment for July: skipping it may pay too little, sending it under a new id may pay twice. So the user decides: with
//! `--batch NAME` all rows without an id are new payments, with `--skip-paid` the known ones are skipped. A row with an explicit
//! id never raises the question, because the id answers it.
//!
//! Two files are the same if they contain the same payments, in any order or format (see `identity`). So July's file is taken for
//! June's if it is an exact copy. Then nothing is paid, and an exit code of its own says so; or, if June's run was interrupted,
//! the rest of it is paid, and the report says which rows ended before, and when.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use wallet_client::api::{Api, Status, Transfer};
use wallet_client::request::Request;
use wallet_contract::id::{AccountId, TransferId};
use wallet_terminal::output::time;

use super::content::Content;
use super::end::Ended;
use super::flaws::{Flaw, lines};
use super::identity::attempt;
use super::rows::{Payments, Row};

/// The most attempts at a row: after so many refusals it needs a person, not another attempt.
const MAX_ATTEMPTS: u32 = 100;

/// What the ledger knows of each payment: its attempts, in order.
pub type Known = Vec<Vec<Transfer>>;

/// The user's choice about known payments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// Skip those that another file has made.
    pub skip_paid: bool,
    /// Send only those that were refused.
    pub retry_refused: bool,
}

/// What to do about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send it; a repeat, if it is in progress.
    Send(Request),
    /// Nothing, because it has ended. The request is the last attempt's.
    Ended(Request, Ended),
}

impl Step {
    /// The request to send, if any.
    pub fn request(&self) -> Option<&Request> {
        match self {
            Self::Send(request) => Some(request),
            Self::Ended(..) => None,
        }
    }
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// These rows have ids that the ledger knows as other requests.
    Flaws(Vec<Flaw>),
    /// The user has to clarify what is meant.
    Ask(String),
}

/// Asks the ledger about all payments and, for each refused one, about its retries.
pub async fn ask(api: &Api, rows: &[Row]) -> Result<Known> {
    let mut known: Known = rows.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<usize> = (0..rows.len()).collect();
    for number in 0..MAX_ATTEMPTS {
        let keys: Vec<(TransferId, AccountId)> =
            open.iter().map(|index| key(&rows[*index], number)).collect();
        let flows = api.known(&keys).await?;
        let mut flows: BTreeMap<_, _> = flows
            .into_iter()
            .map(|flow| ((flow.transfer, flow.payer.clone()), flow))
            .collect();
        let mut refused = Vec::new();
        for (index, (id, payer)) in open.iter().zip(keys) {
            let Some(flow) = flows.remove(&(id.0, payer.to_string())) else {
                continue;
            };
            if may_be_retried(&flow) {
                refused.push(*index);
            }
            known[*index].push(flow);
        }
        if refused.is_empty() {
            return Ok(known);
        }
        open = refused;
    }
    let lines = lines(&open.iter().map(|index| rows[*index].line).collect::<Vec<_>>());
    bail!("{lines}: already refused {MAX_ATTEMPTS} times, the most attempts there are")
}

fn key(row: &Row, number: u32) -> (TransferId, AccountId) {
    let payer = &row.content.from;
    (attempt(row.request.id, payer, number), payer.clone())
}

/// Whether it has finally ended without moving money.
fn may_be_retried(flow: &Transfer) -> bool {
    match flow.status {
        Status::Refused | Status::Compensated => true,
        Status::Running
        | Status::Reserved
        | Status::Settled
        | Status::Cancelled
        | Status::Expired
        | Status::Done => false,
    }
}

/// Decides what to do about each payment, or why nothing is done.
pub fn decide(payments: &Payments, known: &Known, choice: Choice) -> Result<Vec<Step>, Stop> {
    let rows = || payments.rows.iter().zip(known);
    let flaws: Vec<Flaw> = rows()
        .filter_map(|(row, known)| id_conflict(row, known))
        .collect();
    if !flaws.is_empty() {
        return Err(Stop::Flaws(flaws));
    }
    let are_new: Vec<u64> = rows()
        .filter(|(_, known)| known.is_empty())
        .map(|(row, _)| row.line)
        .collect();
    if choice.retry_refused {
        if !are_new.is_empty() {
            return Err(Stop::Ask(not_sent_yet(&are_new)));
        }
    } else if !choice.skip_paid && !are_new.is_empty() {
        let of_others: Vec<(u64, &Transfer)> = rows()
            .filter(|(row, _)| !row.has_id)
            .filter_map(|(row, known)| Some((row.line, known.first()?)))
            .filter(|(_, flow)| !payments.name.made(&flow.trace))
            .collect();
        if !of_others.is_empty() {
            return Err(Stop::Ask(mixed_file(payments.rows.len(), &of_others, &are_new)));
        }
    }
    Ok(rows().map(|(row, known)| step(row, known, choice)).collect())
}

/// A flaw if the row's explicit id is known to the ledger as another request of the payer's.
fn id_conflict(row: &Row, known: &[Transfer]) -> Option<Flaw> {
    let flow = known.first()?;
    let id = flow.transfer;
    let what = match Content::of_flow(flow).filter(|_| flow.verb == "transfer") {
        Some(there) => {
            let difference = row.content.difference(&there)?;
            format!(
                "id {id} was used for another payment, which is {}: {difference}",
                flow.status.word()
            )
        }
        None => format!(
            "id {id} was used for a {} request, which is {}",
            flow.verb,
            flow.status.word()
        ),
    };
    Some(Flaw { line: row.line, what })
}

fn step(row: &Row, known: &[Transfer], choice: Choice) -> Step {
    let Some(last) = known.last() else {
        return Step::Send(row.request.clone());
    };
    let number = |attempts: usize| u32::try_from(attempts).unwrap_or(u32::MAX);
    let under = |number| {
        row.request
            .under(attempt(row.request.id, &row.content.from, number))
    };
    if choice.retry_refused && may_be_retried(last) {
        return Step::Send(under(number(known.len())));
    }
    let request = under(number(known.len() - 1));
    match Ended::before(last) {
        Some(ended) => Step::Ended(request, ended),
        None => Step::Send(request),
    }
}

fn not_sent_yet(new: &[u64]) -> String {
    let (lines, were) = (lines(new), if new.len() == 1 { "was" } else { "were" });
    format!(
        "nothing was sent: {lines} {were} never sent, so there is nothing to retry. Run the file without --retry-refused \
         first; if it was run with --batch, name the same batch"
    )
}

fn mixed_file(number: usize, of_others: &[(u64, &Transfer)], new: &[u64]) -> String {
    let sent = lines(&of_others.iter().map(|(line, _)| *line).collect::<Vec<_>>());
    let first = of_others.iter().map(|(_, flow)| flow.started_at).min();
    let first = first
        .map(|at| format!(", first at {} UTC", time(at)))
        .unwrap_or_default();
    let new = lines(new);
    format!(
        "nothing was sent: another file has already sent the payments on {sent}{first}, and {new} would be new.\n\
         \x20 If all {number} are new payments, name their batch: --batch NAME (one that was not used before)\n\
         \x20 If only {new} should be paid: --skip-paid"
    )
}
