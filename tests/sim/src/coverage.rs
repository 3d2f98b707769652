//! Which cells of the phase table were reached, and at which points faults struck.

use std::collections::BTreeMap;

use wallet_kernel::Phase;
use wallet_kernel::phase::{Rule, Signal, TABLE, rule};

use crate::check::{Breach, hold};
use crate::fault::{Blow, Point};

/// A phase and an input to it.
pub type Cell = (Option<Phase>, Signal);

/// Coverage of one or more runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Decided and committed.
    cells: BTreeMap<Cell, u64>,
    /// Decided by an instance that could not commit: a zombie, a crash, or a failed store.
    void: BTreeMap<Cell, u64>,
    /// How often an instance crashed, paused, or had a call fail at each point.
    blows: BTreeMap<Point, [u64; 3]>,
}

/// Cells that can't be reached although their rule is not [`Rule::Never`], and why.
pub const UNREACHABLE: &[(Cell, &str)] = &[
    (
        (Some(Phase::Confirmed), Signal::CreditRefused),
        "nothing is confirmed that was not promised, and what was promised is credited whatever becomes of the payee",
    ),
    (
        (Some(Phase::Expired), Signal::Due),
        "one read finds the expired transfer and, in the inbox, the cause that its expiry shares with what is due: a repeat",
    ),
];

impl Coverage {
    pub(crate) fn count(&mut self, cell: Cell, committed: bool) {
        let cells = if committed {
            &mut self.cells
        } else {
            &mut self.void
        };
        *cells.entry(cell).or_default() += 1;
    }

    /// Counts a fault that struck.
    pub(crate) fn count_blow(&mut self, point: Point, blow: Blow) {
        let kind = match blow {
            Blow::Crash { .. } => 0,
            Blow::Pause { .. } => 1,
            Blow::Fail => 2,
        };
        self.blows.entry(point).or_default()[kind] += 1;
    }

    /// Those of `points` at which no instance ever crashed, or paused, or had a call fail.
    pub fn spared(&self, points: &[Point]) -> Vec<Point> {
        let hurt = |point: &Point| self.blows.get(point).is_some_and(|counts| !counts.contains(&0));
        points.iter().copied().filter(|point| !hurt(point)).collect()
    }

    /// Adds the coverage of another run.
    pub fn add(&mut self, other: &Self) {
        for (point, counts) in &other.blows {
            let sums = self.blows.entry(*point).or_default();
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        for (to, from) in [(&mut self.cells, &other.cells), (&mut self.void, &other.void)] {
            for (cell, count) in from {
                *to.entry(*cell).or_default() += count;
            }
        }
    }

    /// How often a cell was decided in: committed, and void.
    pub fn of(&self, cell: Cell) -> (u64, u64) {
        let count = |cells: &BTreeMap<Cell, u64>| cells.get(&cell).copied().unwrap_or(0);
        (count(&self.cells), count(&self.void))
    }

    /// The cells that should have been reached and were not.
    pub fn missing(&self) -> Vec<Cell> {
        let open = |cell: &Cell| self.of(*cell) == (0, 0);
        reachable().into_iter().filter(open).collect()
    }

    /// A table for people, with a legend below it.
    pub fn text(&self) -> String {
        let mut lines = vec![heading()];
        for (phase, rules) in TABLE {
            let name = phase.map_or("(unknown)", Phase::word);
            let cells = Signal::ALL.into_iter().zip(rules).map(|(signal, rule)| {
                let cell = (phase, signal);
                let text = match (self.of(cell), rule) {
                    ((0, 0), Rule::Never) => "–".to_owned(),
                    ((0, 0), _) if is_unreachable(cell) => "–*".to_owned(),
                    ((0, 0), _) => "MISSING".to_owned(),
                    ((0, void), _) => format!("({void})"),
                    ((count, _), _) => count.to_string(),
                };
                format!("{text:>9}")
            });
            lines.push(format!("{name:<11}{}", cells.collect::<String>()));
        }
        let reached = reachable().len() - self.missing().len();
        let never = 130 - reachable().len() - UNREACHABLE.len();
        lines.push(format!(
            "{reached} of {} cells reached; {never} that no service ever leads to (–) were not; (n): only by an instance \
             that could not commit it",
            reachable().len(),
        ));
        for ((phase, signal), why) in UNREACHABLE {
            let phase = phase.map_or("(unknown)", Phase::word);
            lines.push(format!("* {phase}, {}: {why}", signal.word()));
        }
        lines.push("died / stood still / was refused, at each call of the loop:".to_owned());
        for points in self.blows.iter().collect::<Vec<_>>().chunks(4) {
            let each = points.iter().map(|(point, [died, stood, refused])| {
                format!(
                    "{:<14}{:<18}",
                    format!("{point:?}"),
                    format!("{died} / {stood} / {refused}")
                )
            });
            lines.push(each.collect::<String>().trim_end().to_owned());
        }
        lines.join("\n")
    }
}

/// No service decides in a cell without a rule; only an instance with stale rows may believe that it is in one.
pub(crate) fn invariant_cell_can_be((phase, signal): Cell) -> Result<(), Breach> {
    hold(
        "invariant_cell_can_be",
        rule(phase, signal) != Rule::Never,
        || format!("{signal:?} was heard in {phase:?}"),
    )
}

fn heading() -> String {
    let words = Signal::ALL.map(|signal| {
        format!(
            "{:>9}",
            signal.word().replace("reversal ", "").replace("credit ", "")
        )
    });
    format!("{:<11}{}", "phase", words.concat())
}

fn is_unreachable(cell: Cell) -> bool {
    UNREACHABLE.iter().any(|(unreachable, _)| *unreachable == cell)
}

/// The cells that can occur.
fn reachable() -> Vec<Cell> {
    let rows = TABLE.into_iter();
    let cells = rows.flat_map(|(phase, rules)| {
        Signal::ALL
            .into_iter()
            .zip(rules)
            .map(move |(signal, rule)| ((phase, signal), rule))
    });
    let can = cells.filter(|(cell, rule)| *rule != Rule::Never && !is_unreachable(*cell));
    can.map(|(cell, _)| cell).collect()
}
