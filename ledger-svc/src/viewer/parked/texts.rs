//! The texts of parked messages. They come from the log: the books have none, since no service could read them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use maud::{Markup, html};
use wallet_contract::element;
use wallet_contract::headers::Headers;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_runtime::running::Running;
use wallet_view::text::clean;

use crate::parked::Parked;

/// How long a page waits for the log. Texts that have not arrived by then are not shown.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many are read at once, each by its own reader.
const AT_ONCE: usize = 8;
/// How many are cached: messages in the log never change, and pages are reloaded.
const KEPT: usize = 200;
/// How much of a text is shown in a row, and how much in total.
const SHORT: usize = 80;
const WHOLE: usize = 4_000;

/// Recently read texts, by the ids of the parked messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(Arc<Mutex<BTreeMap<String, Text>>>);

/// A text, as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    shown: String,
    /// The number of characters left out.
    left_out: usize,
}

impl Texts {
    /// The texts of a page, as far as they arrive in time.
    pub(super) async fn of(&self, running: &Running, parked: &[Parked]) -> BTreeMap<String, Text> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let unknown = parked.iter().filter(|parked| !known.contains_key(&parked.id));
        let wanted: Vec<Wanted> = unknown.map(Wanted::of).collect();
        let read = stream::iter(wanted).map(|wanted| read(running, wanted));
        let mut read = std::pin::pin!(read.buffer_unordered(AT_ONCE));
        let mut found = known;
        let all = async {
            while let Some(text) = read.next().await {
                found.extend(text);
            }
        };
        // On a timeout, the texts read so far are kept.
        let _ = tokio::time::timeout(PATIENCE, all).await;
        found.retain(|id, _| parked.iter().any(|parked| parked.id == *id));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + found.len() > KEPT {
            kept.clear();
        }
        kept.extend(found.clone());
        found
    }
}

/// A text to read, and its place in the log.
struct Wanted {
    id: String,
    shard: Shard,
    place: LogPlace,
}

impl Wanted {
    fn of(parked: &Parked) -> Self {
        Self {
            id: parked.id.clone(),
            shard: Shard(parked.shard),
            place: LogPlace {
                sequence: parked.sequence,
                element: parked.index,
            },
        }
    }
}

async fn read(running: &Running, wanted: Wanted) -> Option<(String, Text)> {
    let Wanted { id, shard, place } = wanted;
    let message = running.bus.message(shard, place.sequence).await.ok()??;
    let headers = Headers {
        traceparent: message.traceparent,
        event_id: message.event_id,
    };
    let element = place
        .element
        .and_then(|index| element::text(shard, &message.subject, &headers, &message.payload, index));
    let whole = || String::from_utf8_lossy(&message.payload).into_owned();
    Some((id, Text::of(&element.unwrap_or_else(whole))))
}

impl Text {
    /// A text written by somebody else.
    pub(super) fn of(text: &str) -> Self {
        let shown: String = text.chars().take(WHOLE).collect();
        Self {
            left_out: text.chars().count().saturating_sub(WHOLE),
            shown: shown.lines().map(clean).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// The beginning of a text, which opens to all of it.
pub(super) fn markup(id: &str, text: Option<&Text>) -> Markup {
    let show = || html! { code { "wallet parked show " (id) } };
    let Some(Text { shown, left_out }) = text else {
        return html! { span.muted { "not read in time: " (show()) } };
    };
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(SHORT).collect();
    html! {
        @if shown.is_empty() {
            span.muted { "empty" }
        } @else if line == *shown && short == line {
            code.long { (line) }
        } @else {
            details {
                summary { code.long { (short) "…" } }
                pre { (shown) }
                @if *left_out > 0 { p.muted { (left_out) " more characters: " (show()) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markup("debit/0/7", Some(&Text::of(text))).into_string()
    }

    #[test]
    fn a_long_text_is_shortened_and_can_be_expanded() {
        assert_eq!(shown("no JSON"), "<code class=\"long\">no JSON</code>");
        assert_eq!(shown(""), "<span class=\"muted\">empty</span>");
        let long = "x".repeat(SHORT + 1);
        let page = shown(&long);
        assert!(page.contains(&format!(
            "<summary><code class=\"long\">{}…</code></summary>",
            "x".repeat(SHORT)
        )));
        assert!(page.contains(&format!("<pre>{long}</pre>")), "{page}");
        let lines = shown("{\n  \"id\": \u{1b}7\n}");
        assert!(lines.contains("{ &quot;id&quot;: \u{fffd}7 }…"), "{lines}");
        let page = shown(&"x".repeat(WHOLE + 3));
        assert!(
            page.contains("3 more characters: <code>wallet parked show debit/0/7</code>"),
            "{page}"
        );
    }

    #[test]
    fn a_text_that_was_not_read_in_time_names_the_command() {
        let page = markup("debit/0/7/2", None).into_string();
        assert!(
            page.contains("<code>wallet parked show debit/0/7/2</code>"),
            "{page}"
        );
    }
}
