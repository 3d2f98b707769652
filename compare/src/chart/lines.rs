//! Lines in a frame with a scale, their names at their ends.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// How many lines the scale has, and how close two names may stand.
const STEPS: u32 = 5;
const NAME_HEIGHT: f64 = 15.0;
/// Told apart by people who see red and green alike, too.
const COLOURS: [&str; 7] = [
    "#d55e00", "#cc79a7", "#0072b2", "#e69f00", "#009e73", "#000000", "#777777",
];

/// One line, by its name: places on both axes.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// What is drawn: lines, the words for the axes, the marks below.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) below: &'static str,
    pub(super) marks: Vec<(f64, String)>,
    pub(super) lines: Vec<Line>,
}

impl Chart {
    /// The drawing.
    pub(super) fn svg(&self) -> String {
        let all = || self.lines.iter().flat_map(|line| line.points.iter());
        let places = || all().map(|(x, _)| *x).chain(self.marks.iter().map(|(x, _)| *x));
        let (first, last) = (
            places().fold(f64::MAX, f64::min),
            places().fold(f64::MIN, f64::max),
        );
        let most = round_up(all().map(|(_, y)| *y).fold(1.0, f64::max));
        let x = |at: f64| LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / (last - first).max(1e-9);
        let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"20\" font-size=\"14\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"{}\">{}</text>\n",
            self.title,
            HEIGHT - 12.0,
            self.below
        );
        for step in 0..=STEPS {
            let value = most * f64::from(step) / f64::from(STEPS);
            let (at, end) = (y(value), WIDTH - RIGHT);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{end}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
                LEFT - 8.0,
                at + 4.0
            );
        }
        for (at, text) in &self.marks {
            let (at, below) = (x(*at), HEIGHT - BOTTOM + 18.0);
            let _ = writeln!(
                svg,
                "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{text}</text>"
            );
        }
        // Names stand at the ends of their lines, the highest first, and none on another.
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let points: Vec<String> = line
                .points
                .iter()
                .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
                .collect();
            let colour = COLOURS[number % COLOURS.len()];
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                points.join(" ")
            );
            ends.push((line.points.last().map_or(0.0, |(_, value)| y(*value)), number));
        }
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut above = f64::MIN;
        for (at, number) in ends {
            let at = at.max(above + NAME_HEIGHT);
            above = at;
            let (colour, name) = (COLOURS[number % COLOURS.len()], self.lines[number].name);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
                WIDTH - RIGHT + 8.0,
                at + 4.0
            );
        }
        svg + "</svg>\n"
    }
}

/// The next number that a scale likes to end with.
fn round_up(most: f64) -> f64 {
    let size = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|step| step * size)
        .into_iter()
        .find(|end| *end >= most)
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_with_a_round_number() {
        for (most, end) in [
            (1.0, 1.0),
            (16.0, 20.0),
            (3_400.0, 5_000.0),
            (2_400.0, 2_500.0),
            (9_100.0, 10_000.0),
        ] {
            assert!((round_up(most) - end).abs() < 1e-6, "{most}");
        }
    }
}
