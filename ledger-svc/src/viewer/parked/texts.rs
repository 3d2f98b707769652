//! The texts of messages that were set aside. The books don't have them: nobody could read them; the log does.

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

/// How long a page waits for the log. What has not come by then is not shown.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many are read at once, each by a reader of its own.
const AT_ONCE: usize = 8;
/// How many are kept: what stands in the log does not change, and pages are loaded again.
const KEPT: usize = 200;
/// How much of a text is shown in a row, and how much at all.
const SHORT: usize = 80;
const WHOLE: usize = 4_000;

/// Those that were read lately, by the ids of what was set aside.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(Arc<Mutex<BTreeMap<String, Text>>>);

/// A text as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    shown: String,
    /// How many characters are left out.
    left_out: usize,
}

impl Texts {
    /// Those of a page, as far as they came in time.
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
        // What came before that stays.
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

/// A text to be read, and where it stands.
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
    /// A text that somebody else wrote.
    pub(super) fn of(text: &str) -> Self {
        let shown: String = text.chars().take(WHOLE).collect();
        Self {
            left_out: text.chars().count().saturating_sub(WHOLE),
            shown: shown.lines().map(clean).collect::<Vec<_>>().join("\n"),
        }
    }
}

/// Its beginning, and the whole for who opens it.
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
    fn a_text_is_shortened_and_whole_for_who_asks() {
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
    fn what_did_not_come_in_time_is_elsewhere() {
        let page = markup("debit/0/7/2", None).into_string();
        assert!(
            page.contains("<code>wallet parked show debit/0/7/2</code>"),
            "{page}"
        );
    }
}
