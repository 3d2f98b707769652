//! Reads a message of requests.

use std::borrow::Cow;

use super::answer::{Answered, answer, contradiction, refused};
use super::body::plainly;
use super::cut::{Cut, Piece, Why, cut};
use super::event::header;
use super::{Context, Request, Unreadable};
use crate::stream::MAX_MESSAGE_BYTES;

/// The maximum number of requests that a message can yield, including those that are refused under a second id: the ledger numbers them.
const MAX_ELEMENTS: usize = 16_000;
/// How much of an oversized message is examined.
const LOOKED_AT: usize = 64 * 1024;

/// One request of a message.
#[derive(Debug)]
pub struct Element<'m> {
    /// Its text, to be recorded: JSON if the request can be read.
    pub raw: Cow<'m, str>,
    /// The request, or why it can't be read.
    pub request: Result<Request, Unreadable>,
}

/// Reads the requests of a message: one, an array of them, or several in a row. If there is a reason `against` the message itself, all
/// of them are refused with it.
///
/// A text with two ids is refused under both. The second refusals come after all elements, so that each element keeps its index in
/// the message.
pub fn elements<'m>(
    payload: &'m [u8],
    context: Context<'_>,
    against: Option<&str>,
) -> Result<Vec<Element<'m>>, Unreadable> {
    if against.is_none()
        && let Some((text, request)) = valid(payload, context)
    {
        return Ok(vec![Element {
            raw: Cow::Borrowed(text),
            request: Ok(request),
        }]);
    }
    let Cut { pieces, refused } = pieces(payload, context, against);
    let alone = pieces.len() == 1;
    let (mut elements, mut also) = (Vec::with_capacity(pieces.len()), Vec::new());
    for piece in pieces {
        let (text, answered) = read(piece, context, alone);
        let (raw, request) = match answered {
            Ok(answered) => {
                let twins = answered.also.into_iter().map(|request| Element {
                    raw: answered.raw.clone(),
                    request: Ok(request),
                });
                also.extend(twins);
                (answered.raw, Ok(answered.request))
            }
            Err(bad) => (text, Err(bad)),
        };
        elements.push(Element { raw, request });
    }
    let nobody = elements.iter().all(|element| element.request.is_err());
    if let Some(why) = refused.filter(|_| nobody) {
        return unreadable(payload, against, why);
    }
    let room = MAX_ELEMENTS.saturating_sub(elements.len());
    elements.extend(also.into_iter().take(room));
    Ok(elements)
}

/// The common case: one plain request, and no header that could contradict it.
fn valid<'m>(payload: &'m [u8], context: Context<'_>) -> Option<(&'m str, Request)> {
    if context.event_id.is_some() || payload.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    let text = std::str::from_utf8(payload).ok()?;
    Some((text, plainly(text, context)?))
}

/// Splits a message; if it has no piece but can be answered, it becomes one itself.
fn pieces<'m>(payload: &'m [u8], context: Context<'_>, against: Option<&str>) -> Cut<'m> {
    let refused = |text: &[u8], why: String| Cut {
        pieces: vec![Piece::Damaged {
            text: String::from_utf8_lossy(text).into_owned(),
            why: Why::Other(why.clone()),
        }],
        refused: Some(Why::Other(why)),
    };
    if payload.len() > MAX_MESSAGE_BYTES {
        let length = payload.len();
        let why = format!("a message of {length} bytes: the limit is {MAX_MESSAGE_BYTES}");
        return refused(&payload[..LOOKED_AT], why);
    }
    let cut = cut(payload);
    let is_empty = cut.pieces.is_empty();
    match against {
        Some(against) => against_all(cut, against),
        // An empty array requests nothing, unless a header implies a request.
        None if is_empty && (context.event_id.is_some() || !payload.contains(&b'[')) => {
            refused(payload, "the message is empty: a request is an object".to_owned())
        }
        None => cut,
    }
}

fn against_all<'m>(cut: Cut<'m>, against: &str) -> Cut<'m> {
    let why = Why::Other(against.to_owned());
    let refused = cut.pieces.into_iter().map(|piece| match piece {
        Piece::Json(text) => Piece::Damaged {
            text: text.to_owned(),
            why: why.clone(),
        },
        Piece::Damaged { text, .. } => Piece::Damaged {
            text,
            why: why.clone(),
        },
    });
    Cut {
        pieces: refused.collect(),
        refused: Some(why),
    }
}

type Read<'m> = (Cow<'m, str>, Result<Answered<'m>, Unreadable>);

fn read<'m>(piece: Piece<'m>, context: Context<'_>, alone: bool) -> Read<'m> {
    match piece {
        Piece::Json(text) => (Cow::Borrowed(text), json(text, context, alone)),
        Piece::Damaged { text, why } => {
            let answered = refused(&text, &why, context);
            (Cow::Owned(text), answered)
        }
    }
}

/// Reads a request whose message may have an id of its own. If the request is the only one in the message and has no id, it takes the
/// message's; if it has one, the two must not contradict each other.
fn json<'m>(text: &'m str, context: Context<'_>, alone: bool) -> Result<Answered<'m>, Unreadable> {
    let Some(id) = context.event_id.map(header) else {
        return answer(text, context);
    };
    let id = &*id;
    let named = answer(
        text,
        Context {
            event_id: None,
            ..context
        },
    );
    let why = match &named {
        Ok(named) if alone && !named.answers_id(id) => contradiction(Some(named.request.transfer), Some(id)),
        Ok(_) => None,
        Err(_) if alone => return answer(text, context),
        Err(_) => Some(format!(
            "no \"id\": the event's id {id} is that of its message, and there is more than one request in it"
        )),
    };
    match why {
        Some(why) => refused(text, &Why::Other(why), context),
        None => named,
    }
}

/// A message that can't be answered at all, as a whole. Text that is not an array is its own only element.
fn unreadable<'m>(
    payload: &'m [u8],
    against: Option<&str>,
    why: Why,
) -> Result<Vec<Element<'m>>, Unreadable> {
    let bad = match why {
        Why::NotUtf8 => Unreadable::Json("not UTF-8".to_owned()),
        Why::NotJson(error) => Unreadable::Json(error),
        Why::Other(why) => Unreadable::Refused(why),
    };
    match std::str::from_utf8(payload) {
        Ok(text)
            if against.is_none()
                && payload.len() <= MAX_MESSAGE_BYTES
                && !text.trim_start().starts_with('[') =>
        {
            Ok(vec![Element {
                raw: Cow::Borrowed(text),
                request: Err(bad),
            }])
        }
        _ => Err(bad),
    }
}
