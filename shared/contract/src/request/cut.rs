//! Splits a message into its requests.
//!
//! | the message | its pieces |
//! |---|---|
//! | an object | itself |
//! | an array | its elements |
//! | consecutive objects, on lines of their own or not | each of them |
//! | the same, with content in a string that JSON does not allow | the same; each damaged piece is refused |
//! | anything else | as many pieces as can be found; all are refused, because it is uncertain where one request ends and the next begins |

use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::MAX_ARRAY;

/// A part of a message that should be a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'m> {
    /// A JSON value.
    Json(&'m str),
    /// Something that must not be carried out.
    Damaged {
        /// Its text, with replacement characters where it is not valid UTF-8.
        text: String,
        /// The reason.
        why: Why,
    },
}

/// Why something must not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is not valid UTF-8.
    NotUtf8,
    /// It is not JSON.
    NotJson(String),
    /// Another reason.
    Other(String),
}

/// A message, split into pieces.
#[derive(Debug)]
pub(super) struct Cut<'m> {
    /// The pieces.
    pub(super) pieces: Vec<Piece<'m>>,
    /// Why none of them may be carried out, if that is the case.
    pub(super) refused: Option<Why>,
}

/// Splits a message.
pub(super) fn cut(payload: &[u8]) -> Cut<'_> {
    let payload = payload.strip_prefix("\u{feff}".as_bytes()).unwrap_or(payload);
    let text = std::str::from_utf8(payload);
    if let Some(values) = text.ok().and_then(|text| values(text).ok()) {
        return limited(values, Piece::Json);
    }
    let mended = mended(payload);
    match values(&mended) {
        Ok(values) => limited(values, |value| {
            let at = (value.as_ptr() as usize).checked_sub(mended.as_ptr() as usize);
            let original = at.and_then(|at| payload.get(at..)?.get(..value.len()));
            original.map_or_else(
                || damaged(value.as_bytes(), Why::NotUtf8),
                |original| piece(original, value),
            )
        }),
        Err(error) => broken(&String::from_utf8_lossy(payload), &error.to_string()),
    }
}

/// The values in a text: the elements of an array, or consecutive values.
fn values(text: &str) -> serde_json::Result<Vec<&str>> {
    let values: Vec<&RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)?
    } else {
        Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<_, _>>()?
    };
    Ok(values.into_iter().map(RawValue::get).collect())
}

fn damaged<'m>(bytes: &[u8], why: Why) -> Piece<'m> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    Piece::Damaged { text, why }
}

/// A value as in the original message; damaged if it had to be mended to become a value.
fn piece<'m>(original: &'m [u8], mended: &str) -> Piece<'m> {
    match std::str::from_utf8(original) {
        Ok(text) if text == mended => Piece::Json(text),
        Ok(text) => {
            let error = serde_json::from_str::<&RawValue>(text).err();
            let error = error.map_or_else(|| "no JSON".to_owned(), |error| error.to_string());
            damaged(original, Why::NotJson(error))
        }
        Err(_) => damaged(original, Why::NotUtf8),
    }
}

/// The bytes as text of the same length, in which strings contain nothing that JSON does not allow. This allows them to be split;
/// damaged pieces are still not carried out.
fn mended(bytes: &[u8]) -> String {
    let mut text: Vec<u8> = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.extend_from_slice(chunk.valid().as_bytes());
        text.extend(chunk.invalid().iter().map(|_| b'?'));
    }
    let (mut at, mut within) = (0_usize, false);
    while at < text.len() {
        match text[at] {
            b'"' => within = !within,
            b'\\' if within && is_escape(&text[at..]) => at = at.saturating_add(1),
            b'\\' if within => text[at] = b'?',
            0..0x20 if within => text[at] = b' ',
            _ => {}
        }
        at = at.saturating_add(1);
    }
    // Valid text was left unchanged, and ASCII bytes were only replaced by other ASCII bytes.
    String::from_utf8(text).unwrap_or_default()
}

/// Whether a JSON escape begins here.
fn is_escape(text: &[u8]) -> bool {
    match text.get(1) {
        Some(b'u') => text
            .get(2..6)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        Some(byte) => b"\"\\/bfnrt".contains(byte),
        None => false,
    }
}

/// Turns values into pieces, and refuses all of them if they are too many. Those after the limit form a single piece, because the
/// limit bounds the work that one message can cause.
fn limited<'m, 'v>(values: Vec<&'v str>, piece: impl Fn(&'v str) -> Piece<'m>) -> Cut<'m> {
    let Some((first, rest)) = values
        .split_at_checked(MAX_ARRAY)
        .filter(|(_, rest)| !rest.is_empty())
    else {
        let pieces = values.into_iter().map(piece).collect();
        return Cut {
            pieces,
            refused: None,
        };
    };
    let number = values.len();
    let why = Why::Other(format!(
        "{number} requests in one message: the limit is {MAX_ARRAY}"
    ));
    let rest = rest.join(",");
    let refused = |value: &str| damaged(value.as_bytes(), why.clone());
    Cut {
        pieces: first.iter().copied().chain([&*rest]).map(refused).collect(),
        refused: Some(why),
    }
}

/// The pieces of a message that can't be split with certainty.
fn broken<'m>(text: &str, error: &str) -> Cut<'m> {
    let why = Why::NotJson(error.to_owned());
    let mut pieces = Vec::new();
    let mut rest = text.trim_start().trim_start_matches('[');
    while !rest.is_empty() {
        let mut values = Deserializer::from_str(rest).into_iter::<&RawValue>();
        let (piece, behind) = match values.next() {
            Some(Ok(value)) if pieces.len() < MAX_ARRAY => (value.get(), &rest[values.byte_offset()..]),
            _ => (rest, ""),
        };
        pieces.push(damaged(piece.as_bytes(), why.clone()));
        rest = behind.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ']'));
    }
    if pieces.is_empty() {
        pieces.push(damaged(text.as_bytes(), why.clone()));
    }
    Cut {
        pieces,
        refused: Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(payload: &[u8]) -> Vec<String> {
        let pieces = cut(payload).pieces.into_iter().map(|piece| match piece {
            Piece::Json(text) => text.to_owned(),
            Piece::Damaged { text, why } => format!("{why:?} {text}"),
        });
        pieces.collect()
    }

    #[test]
    fn a_message_is_split_where_the_boundaries_are_certain() {
        let check = |payload: &[u8], expected: &[&str]| {
            assert_eq!(pieces(payload), expected, "{}", String::from_utf8_lossy(payload));
        };
        check(br#" {"a":1} "#, &[r#"{"a":1}"#]);
        check(br#"[{"a":1}, 5 ,"x"]"#, &[r#"{"a":1}"#, "5", "\"x\""]);
        check(b"\xef\xbb\xbf{\"a\":1}", &[r#"{"a":1}"#]);
        check(b"{\"a\":1}\n{\"b\":2}\r\n", &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check(br#"{"a":1}{"b":2}"#, &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check(br#"{"a":"\ud83c"}"#, &[r#"{"a":"\ud83c"}"#]);
        check(b"[]", &[]);
    }

    #[test]
    fn damage_within_a_string_affects_only_that_request() {
        let check = |bad: &[u8], expected: &str| {
            let payload = [b"[{\"a\":\"\\\"\"},{\"b\":\"", bad, b"\"}, {\"c\":3}]"].concat();
            let [first, second, third] = &pieces(&payload)[..] else {
                panic!("{:?}", pieces(&payload));
            };
            assert_eq!((&**first, &**third), (r#"{"a":"\""}"#, r#"{"c":3}"#));
            assert!(second.starts_with(expected), "{second}");
        };
        check(b"caf\xe9", "NotUtf8 {\"b\":\"caf\u{fffd}\"}");
        check(b"\xff\xfe", "NotUtf8");
        let control = "NotJson(\"control character (\\\\u0000-\\\\u001F) found";
        check(b"a\tb", control);
        check(b"a\nb", control);
        check(b"a\0b", control);
        check(br"C:\qed", "NotJson(\"invalid escape");
        check(br"\u12", "NotJson(\"invalid escape");
    }

    #[test]
    fn a_message_that_can_not_be_split_with_certainty_is_damaged_as_a_whole() {
        let check = |payload: &[u8], expected: &[&str]| {
            let found = pieces(payload);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (piece, expected) in found.iter().zip(expected) {
                assert!(
                    piece.starts_with("NotJson") && piece.ends_with(expected),
                    "{piece}"
                );
            }
        };
        check(br#"[{"a":1},{"b":"#, &[r#"{"a":1}"#, r#"{"b":"#]);
        check(br#"[{"a":1},{"b":2},]"#, &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check(br#"{"a":1} x"#, &[r#"{"a":1}"#, "x"]);
        check(br#"{"a":1},{"b":2}"#, &[r#"{"a":1}"#, r#"{"b":2}"#]);
        check(br#"[{"a":"x},{"b":"y"}]"#, &[r#"{"a":"x},{"b":"y"}]"#]);
        check(b"{\"a\":1}\0", &[r#"{"a":1}"#, "\0"]);
        check(b"[", &["["]);
        check(b"nonsense", &["nonsense"]);
    }
}
