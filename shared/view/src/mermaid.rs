//! A flow as the text of a Mermaid sequence diagram.

use std::fmt::Write as _;

use crate::flow::{Flow, short};
use crate::headline::headline;
use crate::steps::{self, Lane, Mark, Step};
use crate::text::{clean, ms};

/// The diagram of a flow.
pub fn of(flow: &Flow) -> String {
    let steps = steps::of(flow);
    let mut text = format!("---\ntitle: {}\n---\nsequenceDiagram\n", quoted(&headline(flow)));
    for lane in Lane::ALL {
        let named = flow
            .expected
            .iter()
            .any(|expected| Lane::of_service(&expected.service) == Some(lane));
        if named || steps.iter().any(|step| step.lane == lane) {
            // Writing to a string can't fail.
            let _ = writeln!(text, "    participant {} as {}", id(lane), lane.name());
        }
    }
    for step in &steps {
        text.push_str(&arrow(step, &steps));
    }
    for expected in &flow.expected {
        let after = flow.events.iter().position(|event| event.id == expected.after);
        let from = steps
            .iter()
            .find(|step| Some(step.event) == after)
            .map(|step| step.lane);
        if let (Some(from), Some(to)) = (from, Lane::of_service(&expected.service)) {
            let kinds: Vec<&str> = expected.events.iter().map(|kind| short(kind)).collect();
            let words = escaped(&format!("expected, not seen yet: {}", kinds.join(" or ")));
            let _ = writeln!(text, "    {}--x{}: {words}", id(from), id(to));
        }
    }
    text
}

fn arrow(step: &Step, steps: &[Step]) -> String {
    let words = escaped(&format!(
        "{} {} ({} ms)",
        step.mark.sign(),
        step.words,
        ms(step.at_us)
    ));
    let to = id(step.lane);
    let mut text = String::new();
    let _ = match step.parent.map(|parent| steps[parent].lane) {
        Some(from) => {
            let shaft = match step.mark {
                Mark::Undone => "-->>",
                Mark::Refused => "-x",
                Mark::Neutral | Mark::Good => "->>",
            };
            writeln!(text, "    {}{shaft}{to}: {words}", id(from))
        }
        None => writeln!(text, "    Note over {to}: {words}"),
    };
    for note in &step.notes {
        let _ = writeln!(text, "    Note right of {to}: {}", escaped(note));
    }
    text
}

fn id(lane: Lane) -> &'static str {
    match lane {
        Lane::Client => "C",
        Lane::Debit => "D",
        Lane::Credit => "K",
        Lane::Ledger => "L",
    }
}

/// Escapes text for Mermaid: characters that would end a line, begin an entity or a comment, or be read as HTML become entities.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in clean(text).chars() {
        match character {
            '#' | ';' | '<' | '>' | '&' | '"' | '%' | '{' | '}' | '[' | ']' | '`' | '\\' => {
                let _ = write!(safe, "#{};", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    safe
}

/// A title, as a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(clean(text)).to_string()
}
