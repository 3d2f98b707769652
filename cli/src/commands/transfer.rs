//! `wallet transfer`: one, or a whole file.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::submit;
use crate::args::{Common, Transfer};
use crate::connect::connect;
use crate::exit::{Exit, Usage};
use crate::file::{self, Limits, Report};
use crate::output::{self, Paint, count};
use crate::request::{Request, Wanted};

/// How often somebody who does not watch a progress bar is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Pays once, or plays a file.
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
    let rows = file::read(path, &args.batch)?;
    let connection = connect(&common.nats).await?;
    let limits = Limits {
        in_flight: usize::from(args.in_flight),
        timeout: args.sending.waiting.timeout,
    };
    let started = Instant::now();
    let mut progress = Progress::new(rows.len());
    let ends = file::play(&connection, &rows, limits, |ended| progress.show(ended)).await;
    progress.clear();
    let ends = rows.into_iter().zip(ends?).collect();
    let report = Report {
        file: path.display().to_string(),
        ends,
        elapsed: started.elapsed(),
    };
    if common.json {
        output::json(&report.json())?;
    } else {
        output::line(&report.text(Paint::for_stdout()))?;
    }
    Ok(report.exit())
}

/// A bar for who watches, a line now and then for a log.
struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    told_at: Instant,
}

impl Progress {
    fn new(total: usize) -> Self {
        let style = "{bar:40.green} {human_pos} of {human_len}  {eta} left";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = || ProgressBar::new(total as u64).with_style(style);
        Self {
            bar: std::io::stderr().is_terminal().then(bar),
            total,
            told_at: Instant::now(),
        }
    }

    fn show(&mut self, ended: usize) {
        match &self.bar {
            Some(bar) => bar.set_position(ended as u64),
            None if self.told_at.elapsed() >= TELL_EVERY => {
                self.told_at = Instant::now();
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
