//! The original text of an element of a message, whether or not it can be read as a request or event.

use crate::envelope;
use crate::headers::Headers;
use crate::request::{self, Context};
use crate::shard::Shard;
use crate::subject::Subject;

/// The text of an element of a message in a shard's log, as the services store it; `None` if the message has no such element.
pub fn text(shard: Shard, subject: &str, headers: &Headers, payload: &[u8], index: u32) -> Option<String> {
    let index = usize::try_from(index).ok()?;
    let subject = Subject::read(subject, shard).ok()?;
    let (traceparent, event_id) = (headers.traceparent.as_deref(), headers.event_id.as_deref());
    match Context::of(&subject, traceparent, event_id) {
        Some((context, against)) => {
            let elements = request::elements(payload, context, against).ok()?;
            Some(elements.into_iter().nth(index)?.raw.into_owned())
        }
        None => Some((*envelope::split(payload).ok()?.get(index)?).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_keeps_its_original_text() {
        let text = |subject: &str, payload: &str, index| {
            text(Shard(0), subject, &Headers::default(), payload.as_bytes(), index)
        };
        let payers = r#"[{"id": 1}, {"from": "alice"}]"#;
        assert_eq!(
            text("wallet.0.cmd.transfer.alice", payers, 1).as_deref(),
            Some(r#"{"from": "alice"}"#)
        );
        assert_eq!(
            text("wallet.0.evt.debit.0", "[{}, [7]]", 1).as_deref(),
            Some("[7]")
        );
        assert_eq!(text("wallet.0.evt.debit.0", "[{}]", 1), None);
        assert_eq!(text("wallet.0.evt.debit.0", "no JSON", 0), None);
        assert_eq!(text("elsewhere", "[{}]", 0), None);
    }
}
