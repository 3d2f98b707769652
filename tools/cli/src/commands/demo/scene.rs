//! The result of a scenario, displayed.

use serde_json::{Value, json};
use wallet_client::api::Transfer;
use wallet_client::request::Request;
use wallet_terminal::output::{Paint, clean};

use super::scenario::Scenario;
use crate::draw::{draw_with, link};

/// The width of headings.
const WIDTH: usize = 100;

/// An expectation, with the expected and the actual value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    what: String,
    expected: String,
    actual: String,
}

/// A scenario's requests and their result.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    asked: Vec<String>,
    checks: Vec<Check>,
    request: Option<Request>,
    flow: Option<Transfer>,
    error: Option<String>,
}

impl Scene {
    /// The scene for one request, whose flow will be drawn.
    pub(super) fn of(request: &Request) -> Self {
        Self {
            request: Some(request.clone()),
            ..Self::default()
        }
    }

    /// A scene that failed before its end.
    pub(super) fn failed(error: &anyhow::Error) -> Self {
        Self {
            error: Some(format!("{error:#}")),
            ..Self::default()
        }
    }

    /// Adds a request, in words.
    pub(super) fn asked(mut self, what: impl Into<String>) -> Self {
        self.asked.push(what.into());
        self
    }

    /// Adds an expectation.
    pub(super) fn check(
        mut self,
        what: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        self.checks.push(Check {
            what: what.to_owned(),
            expected,
            actual,
        });
        self
    }

    /// The request whose flow is shown.
    pub(super) fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Adds the flow.
    pub(super) fn with_flow(mut self, flow: Option<Transfer>) -> Self {
        self.flow = flow;
        self
    }

    /// Whether everything was as expected.
    pub(super) fn is_good(&self) -> bool {
        self.error.is_none() && self.checks.iter().all(|check| check.expected == check.actual)
    }

    /// The address of its flow's page.
    pub(super) fn link(&self, api: &str) -> Option<String> {
        self.flow.as_ref().map(|flow| link(api, flow))
    }

    /// The result in a few words, for the summary.
    pub(super) fn result(&self) -> String {
        match (
            &self.error,
            self.checks.iter().find(|check| check.expected != check.actual),
        ) {
            (Some(error), _) => error.lines().next().unwrap_or_default().to_owned(),
            (None, Some(wrong)) => format!("{}: {}, not {}", wrong.what, wrong.actual, wrong.expected),
            (None, None) => self
                .checks
                .first()
                .map_or_else(String::new, |check| check.actual.clone()),
        }
    }

    /// The scene for people.
    pub(super) fn text(&self, number: usize, scenario: Scenario, api: &str, paint: Paint) -> String {
        let mut lines = vec![
            String::new(),
            paint.strong(&heading(&format!("{number}. {}", scenario.title()))),
        ];
        lines.push(scenario.meaning().to_owned());
        lines.push(String::new());
        lines.extend(
            self.asked
                .iter()
                .map(|asked| format!("  request   {}", clean(asked))),
        );
        for Check {
            what,
            expected,
            actual,
        } in &self.checks
        {
            lines.push(if expected == actual {
                format!("  {} {what}: {}", paint.good("✓"), clean(actual))
            } else {
                format!(
                    "  {} {what}: expected {}, was {}",
                    paint.bad("✗"),
                    clean(expected),
                    clean(actual)
                )
            });
        }
        lines.extend(
            self.error
                .iter()
                .map(|error| format!("  {} {}", paint.bad("✗"), clean(error))),
        );
        if let Some(flow) = &self.flow {
            lines.push(String::new());
            lines.extend(
                draw_with(flow, paint)
                    .lines()
                    .map(|line| format!("  {line}").trim_end().to_owned()),
            );
            lines.push(String::new());
            lines.extend(self.link(api).map(|link| format!("  {}", paint.faint(&link))));
        }
        lines.join("\n")
    }

    /// The scene for machines.
    pub(super) fn json(&self, title: &str, api: &str) -> Value {
        let checks = self.checks.iter().map(
            |Check {
                 what,
                 expected,
                 actual,
             }| {
                json!({ "what": what, "expected": expected, "actual": actual, "ok": expected == actual })
            },
        );
        json!({
            "scenario": title,
            "ok": self.is_good(),
            "asked": self.asked,
            "checks": checks.collect::<Vec<_>>(),
            "error": self.error,
            "transfer": self.flow.as_ref().map(|flow| flow.transfer),
            "link": self.link(api),
        })
    }
}

/// A heading as wide as the drawings.
pub(super) fn heading(text: &str) -> String {
    let rest = WIDTH.saturating_sub(text.chars().count() + 4);
    format!("── {text} {}", "─".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_good_if_everything_was_as_expected() {
        let good = Scene::default()
            .check("outcome", "settled", "settled")
            .check("balance", "1.00", "1.00");
        assert!(good.is_good());
        assert_eq!(good.result(), "settled");
        let bad = good.check("movements", "1", "2");
        assert!(!bad.is_good());
        assert_eq!(bad.result(), "movements: 2, not 1");
        let text = bad.text(4, Scenario::Settled, "http://x", Paint::Plain);
        assert!(
            text.contains("  ✓ outcome: settled\n  ✓ balance: 1.00\n  ✗ movements: expected 1, was 2"),
            "{text}"
        );
        assert!(!Scene::failed(&anyhow::anyhow!("gone")).is_good());
    }
}
