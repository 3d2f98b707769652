//! Drawings as SVG: lines over a time or over a number of callers.

mod lines;

use std::path::Path;

use anyhow::{Context as _, Result};

use self::lines::{Chart, Line};
use crate::speed::table::{Row, f64_of};

/// Writes a drawing into a folder.
pub fn write(dir: &Path, name: &str, svg: &str) -> Result<()> {
    let path = dir.join(name);
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, svg));
    written.with_context(|| format!("{} can't be written", path.display()))
}

/// Callers against payments a second; each doubling of callers takes the same room.
pub fn speed(rows: &[Row]) -> String {
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
        lines,
    };
    chart.svg()
}
