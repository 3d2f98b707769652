//! The waiting payments as a chart.

use super::blocked::Waiting;
use crate::chart::{Chart, Line, Scale};

/// The number of waiting payments over time.
pub(super) fn blocked(all: &[Waiting]) -> String {
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
        title: "Payments of 16 callers that wait for more than half a second while another one is half done"
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
    fn waiting_callers_are_drawn_over_time() {
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
