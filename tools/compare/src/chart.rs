//! Drawings as SVG: lines over a time or over a number of callers.

mod lines;

use std::path::Path;

use anyhow::{Context as _, Result};

use self::lines::{Chart, Line, Scale};
use crate::accidents::blocked::Waiting;
use crate::speed::table::{Row, f64_of};

/// Writes a drawing into a folder.
pub fn write(dir: &Path, name: &str, svg: &str) -> Result<()> {
    let path = dir.join(name);
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, svg));
    written.with_context(|| format!("{} can't be written", path.display()))
}

/// Callers against payments a second; each doubling of callers takes the same room, and ten times as many payments do.
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
        scale: Scale::Tenfold,
        lines,
    };
    chart.svg()
}

/// How many payments wait, over time.
pub fn blocked(all: &[Waiting]) -> String {
    let line = |waiting: &Waiting| Line {
        name: waiting.system,
        points: waiting
            .waiting
            .iter()
            .map(|(at, count)| (*at, f64::from(*count)))
            .collect(),
    };
    let mut marks = vec![(0.0, "0 s".to_owned())];
    if let Some(first) = all.first() {
        marks.push((first.killed_s, format!("{:.1} s: killed", first.killed_s)));
        marks.push((first.mended_s, format!("{:.1} s: started again", first.mended_s)));
    }
    let chart = Chart {
        title: "Payments of 16 callers that wait longer than half a second, while one stands half done"
            .to_owned(),
        below: "seconds",
        marks,
        scale: Scale::Even,
        lines: all.iter().map(line).collect(),
    };
    chart.svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_drawn_over_time() {
        let waiting = Waiting {
            system: "two-phase-commit",
            killed_s: 1.0,
            mended_s: 4.0,
            waiting: vec![(0.0, 0), (2.0, 16), (5.0, 0)],
        };
        let svg = blocked(&[waiting]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(
            svg.contains("4.0 s: started again") && svg.contains(">two-phase-commit</text>"),
            "{svg}"
        );
    }
}
