//! Lines in a frame with a scale, labelled at their ends.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// The number of steps of a linear scale, and the least distance between two labels.
const STEPS: u32 = 5;
const NAME_HEIGHT: f64 = 15.0;
/// Distinguishable with red-green colour blindness, too.
const COLOURS: [&str; 7] = [
    "#d55e00", "#cc79a7", "#0072b2", "#e69f00", "#009e73", "#000000", "#777777",
];

/// The kind of a vertical scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Linear.
    Even,
    /// Logarithmic.
    Tenfold,
}

/// One line with its name: points in both dimensions.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// The content of a chart: lines, axis titles, marks on the horizontal axis.
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) below: &'static str,
    pub(crate) marks: Vec<(f64, String)>,
    pub(crate) scale: Scale,
    pub(crate) lines: Vec<Line>,
}

/// Maps values to coordinates.
struct Frame {
    scale: Scale,
    x: (f64, f64),
    y: (f64, f64),
}

impl Chart {
    /// The chart as SVG.
    pub(crate) fn svg(&self) -> String {
        let frame = self.frame();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"20\" font-size=\"14\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"{}\">{}</text>\n",
            self.title,
            HEIGHT - 12.0,
            self.below
        );
        for value in frame.steps() {
            let (at, end, words) = (frame.y(value), WIDTH - RIGHT, LEFT - 8.0);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{end}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
                 <text x=\"{words}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
                at + 4.0
            );
        }
        for (at, text) in &self.marks {
            let (at, below) = (frame.x(*at), HEIGHT - BOTTOM + 18.0);
            let _ = writeln!(
                svg,
                "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{text}</text>"
            );
        }
        self.draw_lines(&frame, &mut svg);
        svg + "</svg>\n"
    }

    fn frame(&self) -> Frame {
        let all = || self.lines.iter().flat_map(|line| line.points.iter());
        let places = || all().map(|(x, _)| *x).chain(self.marks.iter().map(|(x, _)| *x));
        let values = || all().map(|(_, y)| y.max(1.0));
        let most = values().fold(1.0, f64::max);
        let y = match self.scale {
            Scale::Even => (0.0, round_up(most)),
            Scale::Tenfold => (values().fold(most, f64::min).log10().floor(), most.log10().ceil()),
        };
        Frame {
            scale: self.scale,
            x: (
                places().fold(f64::MAX, f64::min),
                places().fold(f64::MIN, f64::max),
            ),
            y,
        }
    }

    /// Labels are at the ends of their lines, from the top down, without overlaps.
    fn draw_lines(&self, frame: &Frame, svg: &mut String) {
        let colour = |number: usize| COLOURS[number % COLOURS.len()];
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let place = |(at, value): &(f64, f64)| format!("{:.1},{:.1}", frame.x(*at), frame.y(*value));
            let points: Vec<String> = line.points.iter().map(place).collect();
            let _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
                points.join(" "),
                colour(number)
            );
            let end = line.points.last().map_or(0.0, |(_, value)| frame.y(*value));
            ends.push((end, number));
        }
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut above = f64::MIN;
        for (at, number) in ends {
            above = at.max(above + NAME_HEIGHT);
            let (x, y) = (WIDTH - RIGHT + 16.0, above + 4.0);
            let (colour, name) = (colour(number), self.lines[number].name);
            let _ = writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>"
            );
        }
    }
}

impl Frame {
    fn x(&self, at: f64) -> f64 {
        let (first, last) = self.x;
        LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / (last - first).max(1e-9)
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        let value = match self.scale {
            Scale::Even => value,
            Scale::Tenfold => value.max(1.0).log10(),
        };
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low).max(1e-9)
    }

    /// The labelled values of the scale.
    fn steps(&self) -> Vec<f64> {
        let (low, high) = self.y;
        match self.scale {
            Scale::Even => (0..=STEPS)
                .map(|step| high * f64::from(step) / f64::from(STEPS))
                .collect(),
            Scale::Tenfold => std::iter::successors(Some(low), |power| Some(power + 1.0))
                .take_while(|power| *power <= high)
                .map(|power| 10_f64.powf(power))
                .collect(),
        }
    }
}

/// The next round number for the end of a scale.
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

    #[test]
    fn a_tenfold_scale_names_the_powers_of_ten() {
        let chart = Chart {
            title: String::new(),
            below: "",
            marks: Vec::new(),
            scale: Scale::Tenfold,
            lines: vec![Line {
                name: "one",
                points: vec![(0.0, 95.0), (1.0, 2_400.0)],
            }],
        };
        let steps: Vec<String> = chart
            .frame()
            .steps()
            .iter()
            .map(|step| format!("{step:.0}"))
            .collect();
        assert_eq!(steps, ["10", "100", "1000", "10000"]);
    }
}
