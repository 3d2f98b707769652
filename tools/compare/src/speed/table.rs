//! Medians and ranges of all rounds, and each system's ratio to one database.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wallet_load::latency::rounded;
use wallet_terminal::output::{self, Paint, Side, Table};

use super::Rounds;
use super::bulk::Bulk;
use super::measure::Measured;
use crate::kind::Kind;

/// The system that all others are compared with.
const YARDSTICK: &str = "one-database";

/// One system with a number of callers, over all rounds.
#[derive(Clone, Debug)]
pub struct Row {
    /// The system's name.
    pub system: &'static str,
    /// The number of callers.
    pub callers: u32,
    /// The rounds, slowest first.
    runs: Vec<Measured>,
}

impl Row {
    /// The median of payments per second.
    pub fn tps(&self) -> u64 {
        self.runs[self.runs.len() / 2].tps
    }

    /// The median of another figure.
    fn median(&self, of: impl Fn(&Measured) -> f64) -> String {
        let mut all: Vec<f64> = self.runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        let digits = if all[all.len() / 2] < 10.0 { 2 } else { 0 };
        format!("{:.digits$}", all[all.len() / 2])
    }

    fn range(&self) -> String {
        let tps = |run: Option<&Measured>| number(run.map_or(0, |run| run.tps));
        format!("{}–{}", tps(self.runs.first()), tps(self.runs.last()))
    }
}

/// All rows, by callers and then in the order of the systems.
pub fn rows(all: &[Measured]) -> Vec<Row> {
    let rank = |name: &str| Kind::ALL.into_iter().position(|kind| kind.name() == name);
    let mut groups: BTreeMap<(u32, Option<usize>), Vec<Measured>> = BTreeMap::new();
    for run in all {
        groups
            .entry((run.callers, rank(run.system)))
            .or_default()
            .push(run.clone());
    }
    let row = |mut runs: Vec<Measured>| {
        runs.sort_by_key(|run| run.tps);
        let (system, callers) = (runs[0].system, runs[0].callers);
        Row {
            system,
            callers,
            runs,
        }
    };
    groups.into_values().map(row).collect()
}

/// The ratio to the payments per second of one database with the same number of callers.
fn to_yardstick(row: &Row, rows: &[Row]) -> String {
    let yardstick = rows
        .iter()
        .find(|other| other.system == YARDSTICK && other.callers == row.callers);
    yardstick.map_or("–".to_owned(), |yardstick| {
        let ratio = rounded(f64_of(row.tps()) / f64_of(yardstick.tps().max(1)));
        format!("{ratio:.2}")
    })
}

/// The tables.
pub fn text(all: &Rounds) -> String {
    let rows = rows(&all.callers);
    let mut table = Table::new(&[
        ("callers", Side::Right),
        ("system", Side::Left),
        ("payments/s", Side::Right),
        ("range", Side::Right),
        ("to one database", Side::Right),
        ("p50 ms", Side::Right),
        ("p99 ms", Side::Right),
        ("CPU ms", Side::Right),
        ("caller's CPU ms", Side::Right),
        ("KB written", Side::Right),
        ("switches", Side::Right),
    ]);
    for row in &rows {
        table.row([
            row.callers.to_string(),
            row.system.to_owned(),
            number(row.tps()),
            row.range(),
            to_yardstick(row, &rows),
            row.median(|run| run.p50_ms),
            row.median(|run| run.p99_ms),
            row.median(|run| run.cpu_ms),
            row.median(|run| run.caller_cpu_ms),
            row.median(|run| run.written_kb),
            row.median(|run| run.switches),
        ]);
    }
    let first = all.callers.first();
    let (hot, rounds) = (
        first.map_or(0, |run| run.hot_percent),
        all.callers.iter().map(|run| run.round).max().unwrap_or(0),
    );
    let Rounds {
        processors,
        load_before: load,
        ..
    } = all;
    format!(
        "{}\n{}Medians of {rounds} rounds; {hot} % of all payments touch one account. CPU, KB and switches are of one payment, over all \
         processes.\nThis machine has {processors} processors; its load before was {load:.1}.\n",
        table.draw(Paint::for_stdout()),
        in_bulk(&all.bulk, &rows)
    )
}

/// The wallet's speed in bulk, and its ratio to the best that one database reaches with any number of callers.
fn in_bulk(all: &[Bulk], rows: &[Row]) -> String {
    let mut text = String::new();
    let best = rows
        .iter()
        .filter(|row| row.system == YARDSTICK)
        .map(Row::tps)
        .max();
    for name in Kind::ALL.map(Kind::name) {
        let mut runs: Vec<&Bulk> = all.iter().filter(|run| run.system == name).collect();
        runs.sort_by_key(|run| run.tps);
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
            continue;
        };
        let median = runs[runs.len() / 2].tps;
        let ratio = best.map_or(String::new(), |best| {
            format!(
                ", {:.2} of the best of {YARDSTICK}",
                f64_of(median) / f64_of(best.max(1))
            )
        });
        let (low, high, payments) = (number(first.tps), number(last.tps), number(first.payments));
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{name} in bulk, {payments} payments: {}/s ({low}–{high}){ratio}",
            number(median)
        );
    }
    text
}

fn number(count: u64) -> String {
    output::count(usize::try_from(count).unwrap_or(usize::MAX))
}

/// For a ratio or a chart: the precision that an f64 loses on so large a count does not matter.
#[expect(clippy::cast_precision_loss, reason = "above")]
pub fn f64_of(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(system: &'static str, callers: u32, tps: u64) -> Measured {
        Measured {
            round: 1,
            system,
            callers,
            hot_percent: 0,
            payments: tps,
            seconds: 1.0,
            tps,
            p50_ms: 1.25,
            p99_ms: 20.5,
            cpu_ms: 0.4,
            caller_cpu_ms: 0.1,
            written_kb: 16.0,
            switches: 9.5,
        }
    }

    #[test]
    fn a_row_is_a_median_with_its_range_and_its_ratio() {
        let bulk = |tps| Bulk {
            round: 1,
            system: "wallet",
            payments: 50_000,
            tps,
        };
        let all = Rounds {
            callers: vec![
                run("wallet", 16, 300),
                run("wallet", 16, 100),
                run("wallet", 16, 200),
                run("one-database", 16, 4_000),
            ],
            bulk: vec![bulk(7_000), bulk(6_000), bulk(8_000)],
            ..Rounds::default()
        };
        let text = text(&all);
        let in_bulk =
            "wallet in bulk, 50,000 payments: 7,000/s (6,000–8,000), 1.75 of the best of one-database\n";
        assert!(text.contains(in_bulk), "{text}");
        let line = text.lines().find(|line| line.contains("wallet")).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            cells[..7],
            ["16", "wallet", "200", "100–300", "0.05", "1.25", "20"],
            "{text}"
        );
    }
}
