//! `sim`: plays seeds and prints their coverage; for a failure, prints the shortest history found.

use std::panic;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sim::args::Args;
use sim::plan::Plan;
use sim::play::{Played, play};
use sim::seeds::{self, Sum, play_all};
use sim::shrink::shrink;

/// The standard library's `println!` panics once the reader has gone, as in `| head`.
macro_rules! println {
    ($($told:tt)+) => {
        if std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($told)+))).is_err() {
            std::process::exit(141);
        }
    };
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(seeds::THREAD) {
            tell(info);
        }
    }));
    match args.seed {
        Some(seed) => one(&args, seed),
        None => many(&args),
    }
}

fn one(args: &Args, seed: u64) -> Result<ExitCode> {
    let whole = args.plan(seed);
    let plan = args
        .only
        .as_ref()
        .map_or_else(|| whole.clone(), |only| whole.only(only));
    let played = play(&plan, args.mutation);
    if played.breach.is_some() && args.only.is_none() {
        return failed(args, &plan, played);
    }
    println!("{}", played.history.text());
    if let Some(breach) = &played.breach {
        println!("{breach}");
        return Ok(ExitCode::FAILURE);
    }
    println!(
        "{} transfers ended, {} messages",
        played.transfers,
        played.history.messages()
    );
    Ok(ExitCode::SUCCESS)
}

fn many(args: &Args) -> Result<ExitCode> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let bar = ProgressBar::new(args.seeds.end.saturating_sub(args.seeds.start));
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left",
    )?);
    let began = Instant::now();
    let sum = play_all(
        args.seeds.clone(),
        &|seed| args.plan(seed),
        args.mutation,
        args.threads.unwrap_or(cores),
        &|_| bar.inc(1),
    );
    bar.finish_and_clear();
    tell(&sum, began.elapsed());
    match sum.failed {
        Some((seed, played)) => failed(args, &args.plan(seed), played),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn tell(sum: &Sum, took: Duration) {
    let per_second = |count: u64| {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        count.saturating_mul(1_000).checked_div(ms).unwrap_or(0)
    };
    let (seeds, transfers) = (per_second(sum.seeds), per_second(sum.transfers));
    println!("{}", sum.coverage.text());
    println!(
        "{} seeds, {} transfers ended, {} messages in {took:.1?}: {seeds} seeds a second, {} transfers an hour",
        sum.seeds,
        sum.transfers,
        sum.messages,
        transfers.saturating_mul(3_600),
    );
}

/// Shortens a failing plan and prints it.
fn failed(args: &Args, plan: &Plan, played: Played) -> Result<ExitCode> {
    let shrunk = shrink(plan, played, args.mutation);
    println!("the steps of seed {} that are left:", plan.seed);
    for (at, step) in shrunk.kept.iter().zip(&shrunk.plan.steps) {
        println!("{at:>5}  {step}");
    }
    println!("\nwhat happens:\n{}", shrunk.played.history.text());
    if let Some(breach) = &shrunk.played.breach {
        println!("{breach}");
    }
    let json = serde_json::to_string_pretty(&shrunk.played.history.json())?;
    std::fs::write(&args.json, json).with_context(|| format!("writing {}", args.json.display()))?;
    let kept: Vec<String> = shrunk.kept.iter().map(usize::to_string).collect();
    let mutation = args
        .mutation
        .map(|mutation| format!(" --mutation {}", mutation.word()));
    println!(
        "\nthe same again: sim --seed {} --steps {}{} --only {}\ndrawn: wallet trace --file {}",
        plan.seed,
        args.steps,
        mutation.unwrap_or_default(),
        kept.join(","),
        args.json.display()
    );
    Ok(ExitCode::FAILURE)
}
