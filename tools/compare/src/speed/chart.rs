//! The figures as a chart.

use super::table::{Row, f64_of};
use crate::chart::{Chart, Line, Scale};

/// Payments per second over callers, with logarithmic axes: base two for the callers, base ten for the payments.
pub(super) fn speed(rows: &[Row]) -> String {
    let mut lines: Vec<Line> = Vec::new();
    let mut marks: Vec<(f64, String)> = Vec::new();
    for row in rows {
        let at = f64::from(row.callers).log2();
        if !marks.iter().any(|(_, text)| *text == row.callers.to_string()) {
            marks.push((at, row.callers.to_string()));
        }
        let point = (at, f64_of(row.tps()));
        match lines.iter_mut().find(|line| line.name == row.system) {
            Some(line) => line.points.push(point),
            None => lines.push(Line {
                name: row.system,
                points: vec![point],
            }),
        }
    }
    let chart = Chart {
        title: "Payments a second, by the number of independent callers".to_owned(),
        below: "callers",
        marks,
        scale: Scale::Tenfold,
        lines,
    };
    chart.svg()
}
