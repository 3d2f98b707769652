//! The totals over time as SVG: how much the bank had, of which kind, and when each fault happened.

use std::fmt::Write as _;

use super::Total;
use crate::faults::Injected;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 30.0;

/// The part of a total that is drawn.
type Height = fn(&Total) -> i64;

/// A chart of the reads. Stacked from below: available, held, in transit; the line above is their sum, which must be flat. Grey
/// bars are faults.
pub fn svg(title: &str, totals: &[Total], injected: &Injected) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"16\" font-size=\"14\">{title}</text>\n"
    );
    let seconds = totals.last().map_or(1.0, |total| total.read_at).max(1.0);
    let most = totals.iter().map(|total| -total.world).max().unwrap_or(1).max(1);
    let x = |at: f64| LEFT + (WIDTH - LEFT - 10.0) * (at / seconds).min(1.0);
    let y = |cents: i64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * float(cents) / (float(most) * 1.05);
    for (from, to, fault) in &injected.spans {
        let (from, to) = (x(*from), x(*to));
        let (width, height) = ((to - from).max(1.0), HEIGHT - TOP - BOTTOM);
        let _ = writeln!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height}\" fill=\"#e4e4e4\"><title>{fault}</title></rect>"
        );
    }
    let layers: [(&str, &str, Height); 3] = [
        ("#7aa6d8", "available", |t| t.available),
        ("#f0b95b", "held", |t| t.available + t.held),
        ("#c8503c", "in transit", |t| t.available + t.held + t.in_transit),
    ];
    for (number, (colour, word, height)) in (0..).zip(layers) {
        let points: Vec<String> = totals
            .iter()
            .map(|total| format!("{:.1},{:.1}", x(total.read_at), y(height(total))))
            .collect();
        let label = WIDTH - 280.0 + 90.0 * f64::from(number);
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n\
             <text x=\"{label}\" y=\"16\" fill=\"{colour}\">{word}</text>",
            points.join(" ")
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"8\" y=\"{:.1}\">{:.2}</text>\n<text x=\"8\" y=\"{:.1}\">0.00</text>\n\
         <text x=\"{LEFT}\" y=\"{}\">0 s</text>\n<text x=\"{}\" y=\"{}\">{seconds:.0} s</text>\n</svg>",
        y(most) + 4.0,
        float(most) / 100.0,
        y(0),
        HEIGHT - 10.0,
        WIDTH - 40.0,
        HEIGHT - 10.0
    );
    svg
}

/// For drawing only; the precision that an f64 loses is not visible.
#[expect(clippy::cast_precision_loss, reason = "above")]
fn float(cents: i64) -> f64 {
    cents as f64
}
