//! Line charts as SVG. Coordinates are whole numbers, which is precise enough for a drawing.

use maud::{Markup, html};

/// The size of the drawing, which is scaled to the page.
const WIDTH: i64 = 1000;
const HEIGHT: i64 = 200;
/// Keeps a line at the edge from being cut.
const MARGIN: i64 = 8;

/// A line, and its labels.
pub(super) struct Chart<'c> {
    /// Time and value, in time order.
    pub(super) points: &'c [(i64, i64)],
    pub(super) from: i64,
    pub(super) to: i64,
    /// The time to mark, if any.
    pub(super) then: Option<i64>,
    pub(super) title: String,
    pub(super) description: String,
    /// How values and times are formatted.
    pub(super) value: &'c dyn Fn(i64) -> String,
    pub(super) time: &'c dyn Fn(i64) -> String,
}

impl Chart<'_> {
    /// A line that keeps its value until the next point.
    pub(super) fn steps(&self, class: &str) -> Markup {
        let values = self.points.iter().map(|(_, value)| *value);
        let low = values.clone().min().unwrap_or(0).min(0);
        let high = values.max().unwrap_or(0).max(0);
        let x = |at| scaled(at, self.from, self.to, WIDTH);
        let then = self.then.filter(|then| (self.from..=self.to).contains(then));
        let y = |value| HEIGHT - MARGIN - scaled(value, low, high, HEIGHT - 2 * MARGIN);
        html! {
            figure class={ "chart " (class) } {
                div.y aria-hidden="true" { span { ((self.value)(high)) } span { ((self.value)(low)) } }
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" {
                    title { (self.title) }
                    desc { (self.description) }
                    line.zero x1="0" x2=(WIDTH) y1=(y(0)) y2=(y(0)) {}
                    @if let Some(then) = then { line.then x1=(x(then)) x2=(x(then)) y1="0" y2=(HEIGHT) {} }
                    path.line d=(path(self.points, x, y)) {}
                }
                div.x aria-hidden="true" { span { ((self.time)(self.from)) } span { ((self.time)(self.to)) } }
                figcaption { (self.title) }
            }
        }
    }
}

fn path(points: &[(i64, i64)], x: impl Fn(i64) -> i64, y: impl Fn(i64) -> i64) -> String {
    let steps = points.iter().enumerate().map(|(at, (time, value))| {
        if at == 0 {
            format!("M{} {}", x(*time), y(*value))
        } else {
            format!("H{}V{}", x(*time), y(*value))
        }
    });
    let end = (!points.is_empty()).then(|| format!("H{WIDTH}"));
    steps.chain(end).collect()
}

/// The position of a value between two others, scaled to `size`.
fn scaled(value: i64, from: i64, to: i64, size: i64) -> i64 {
    let (value, from, to) = (i128::from(value), i128::from(from), i128::from(to));
    let part = (value - from).clamp(0, (to - from).max(0)) * i128::from(size);
    i64::try_from(part / (to - from).max(1)).unwrap_or(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_steps_and_stays_within_the_chart() {
        let drawn = path(&[(0, 0), (5, 10), (10, -10)], |at| at * 100, |value| 100 - value);
        assert_eq!(drawn, "M0 100H500V90H1000V110H1000");
        assert_eq!(path(&[], |at| at, |value| value), "");
        assert_eq!(scaled(5, 0, 10, WIDTH), 500);
        assert_eq!(scaled(-5, 0, 10, WIDTH), 0);
        assert_eq!(scaled(7, 7, 7, WIDTH), 0);
        assert_eq!(scaled(i64::MAX, i64::MIN, i64::MAX, WIDTH), WIDTH);
    }
}
