//! `wallet transfer`: one payment, or a whole file.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;
use wallet_client::connect::connect;
use wallet_client::request::{Request, Wanted};
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Paint, count};

use super::submit;
use crate::args::{Common, Transfer};
use crate::file::before::{self, Known};
use crate::file::{self, Choice, End, Limits, Payments, Report, Row, Step};

/// How often progress is reported where there is no progress bar.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Makes one payment, or runs a file.
pub async fn run(args: &Transfer, common: &Common) -> Result<Exit> {
    match &args.file {
        Some(path) => play(path, args, common).await,
        None => pay(args, common).await,
    }
}

async fn pay(args: &Transfer, common: &Common) -> Result<Exit> {
    let (Some(from), Some(to), Some(amount), Some(currency)) =
        (&args.from, &args.to, &args.amount, args.currency)
    else {
        return Err(Usage::new("a transfer needs --from, --to, --amount and --currency, or --file").into());
    };
    let wanted = Wanted {
        from,
        to: to.as_str(),
        amount,
        currency: currency.code(),
        memo: args.memo.as_deref(),
    };
    submit::submit(
        Request::transfer(submit::id(&args.sending), &wanted),
        &args.sending.waiting,
        common,
    )
    .await
}

async fn play(path: &Path, args: &Transfer, common: &Common) -> Result<Exit> {
    let payments = file::read(path, args.batch.as_deref().unwrap_or_default())?;
    for note in &payments.notes {
        eprintln!("{}: {note}", path.display());
    }
    let started = Instant::now();
    let choice = Choice {
        skip_paid: args.skip_paid,
        retry_refused: args.retry_refused,
    };
    let known = known(&payments, choice, common).await?;
    let steps = file::decide(path, &payments, &known, choice)?;
    let ends = carry_out(steps, args, common).await?;
    let ends = payments.rows.into_iter().zip(ends);
    let report = Report {
        file: path.display().to_string(),
        ends: ends
            .map(|(row, (request, end))| (Row { request, ..row }, end))
            .collect(),
        elapsed: started.elapsed(),
    };
    if common.json {
        output::json(&report.json())?;
    } else {
        output::line(&report.text(Paint::for_stdout()))?;
    }
    Ok(report.exit())
}

/// What the ledger knows of the payments. If all have explicit ids it need not be asked: the ids identify the payments, and the
/// outcomes say whether they had ended before.
async fn known(payments: &Payments, choice: Choice, common: &Common) -> Result<Known> {
    let known = match common.ledger() {
        Ok(api) => before::ask(&api, &payments.rows).await,
        Err(error) => Err(error),
    };
    match known {
        Err(error) if payments.rows.iter().all(|row| row.has_id) && !choice.retry_refused => {
            eprintln!("the ledger can't be asked about these payments ({error:#}): all are sent, and their ids keep each from being paid twice");
            Ok(payments.rows.iter().map(|_| Vec::new()).collect())
        }
        known => known.context(
            "nothing was sent: the ledger can't be asked which of these payments were made before, and rows without id can't be \
             sent without knowing that",
        ),
    }
}

/// Sends the remaining requests; returns, for each payment, its last request and its end.
async fn carry_out(steps: Vec<Step>, args: &Transfer, common: &Common) -> Result<Vec<(Request, End)>> {
    let limits = Limits {
        in_flight: usize::from(args.in_flight),
        timeout: args.sending.waiting.timeout,
    };
    let requests: Vec<Request> = steps.iter().filter_map(Step::request).cloned().collect();
    let mut ends = if requests.is_empty() {
        Vec::new()
    } else {
        let connection = connect(&common.nats).await?;
        let mut progress = Progress::new(requests.len());
        let ends = file::play(&connection, &requests, limits, |ended| progress.show(ended)).await;
        progress.clear();
        ends?
    }
    .into_iter();
    let done = steps.into_iter().map(|step| match step {
        Step::Ended(request, ended) => (request, End::Ended(ended)),
        Step::Send(request) => (request, ends.next().unwrap_or(End::NotStarted)),
    });
    Ok(done.collect())
}

/// A progress bar on a terminal, or a line now and then for a log.
struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    reported_at: Instant,
}

impl Progress {
    fn new(total: usize) -> Self {
        let style = "{bar:40.green} {human_pos} of {human_len}  {eta} left";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = || ProgressBar::new(total as u64).with_style(style);
        Self {
            bar: std::io::stderr().is_terminal().then(bar),
            total,
            reported_at: Instant::now(),
        }
    }

    fn show(&mut self, ended: usize) {
        match &self.bar {
            Some(bar) => bar.set_position(ended as u64),
            None if self.reported_at.elapsed() >= REPORT_EVERY => {
                self.reported_at = Instant::now();
                eprintln!("{} of {} transfers have ended", count(ended), count(self.total));
            }
            None => {}
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
