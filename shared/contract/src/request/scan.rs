//! Finds the fields in a text that should be a JSON object but may not be one: if it contains an id and an account, its client can be
//! answered.
//!
//! In a valid JSON object it finds exactly its fields. In other text it skips what it does not understand, and continues after the
//! next comma. Nothing found here is ever carried out.

use std::borrow::Cow;
use std::iter;

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field<'t> {
    /// Its name.
    pub(super) name: Cow<'t, str>,
    /// Its value, as written.
    pub(super) raw: &'t str,
    /// Its value, if it is a string.
    pub(super) text: Option<Cow<'t, str>>,
}

/// The characters between and around fields.
const BETWEEN: [char; 10] = ['{', '}', '[', ']', ',', ' ', '\t', '\n', '\r', '\u{feff}'];

/// How many false starts of a field are tolerated before the rest is skipped: each may cause a scan to the end of the text.
const MISTAKES: u32 = 20;

/// The fields of the object at the start of a text, and of those after it.
pub(super) fn fields(text: &str) -> impl Iterator<Item = Field<'_>> {
    let (mut rest, mut mistakes) = (text, 0_u32);
    iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(BETWEEN);
            if rest.is_empty() || mistakes > MISTAKES {
                return None;
            }
            if let Some((field, behind)) = field(rest) {
                rest = behind;
                return Some(field);
            }
            mistakes = u32::from(rest.starts_with('"')).saturating_add(mistakes);
            let comma = rest.find(',').unwrap_or(rest.len());
            rest = &rest[comma..];
        }
    })
}

fn field(text: &str) -> Option<(Field<'_>, &str)> {
    let (name, rest) = quoted(text).or_else(|| unopened(text))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let (raw, rest) = value(rest)?;
    let text = quoted(raw).map(|(text, _)| unescaped(text));
    let field = Field {
        name: unescaped(name),
        raw,
        text,
    };
    Some((field, rest))
}

/// The inside of the string at the start of a text, and the rest of the text.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((&inside[..end], inside[end..].strip_prefix('"')?))
}

/// A name without its opening quote, which was taken as the end of an unclosed string before it.
fn unopened(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '_'))?;
    Some((&text[..end], text[end..].strip_prefix('"')?))
}

/// The value at the start of a text, and the rest of the text. Nesting is only counted, so no depth is too great.
fn value(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        let begins = rest.chars().next()?;
        match begins {
            '"' => rest = quoted(rest)?.1,
            '{' | '[' => {
                depth = depth.saturating_add(1);
                rest = &rest[1..];
            }
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                rest = &rest[1..];
            }
            ',' | ':' if depth > 0 => rest = &rest[1..],
            ',' => return None,
            _ if begins.is_whitespace() => rest = rest.trim_start(),
            _ => {
                let ends = |c: char| c.is_whitespace() || BETWEEN.contains(&c) || matches!(c, '"' | ':');
                let end = rest.find(ends).unwrap_or(rest.len());
                rest = &rest[end.max(begins.len_utf8().min(rest.len()))..];
            }
        }
        if depth == 0 {
            let length = text.len().checked_sub(rest.len())?;
            return Some((&text[..length], rest));
        }
    }
}

/// The content of a string. An invalid escape, such as half of a surrogate pair, becomes a replacement character.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = escape(rest);
        decoded.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character of the escape at the start of a text, and the length of the escape.
fn escape(text: &str) -> (char, usize) {
    let character = match text.as_bytes().get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let Some(first) = unit(text) else {
                return (char::REPLACEMENT_CHARACTER, 2);
            };
            let second = text.get(6..).and_then(unit);
            let mut pair = char::decode_utf16([Some(first), second].into_iter().flatten());
            let character = pair.next().and_then(Result::ok);
            let length = if (0xd800..0xdc00).contains(&first) && character.is_some() {
                12
            } else {
                6
            };
            return (character.unwrap_or(char::REPLACEMENT_CHARACTER), length);
        }
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (character, 2)
}

/// The UTF-16 unit of the `\uXXXX` at the start of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_a_damaged_object_are_found() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found: Vec<_> = fields(text)
                .map(|field| (field.name.into_owned(), field.raw.to_owned()))
                .collect();
            let found: Vec<_> = found.iter().map(|(name, raw)| (&**name, &**raw)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            r#" { "id" : "7", "amount":1e999,"deep":[[{"id":"x"}],"]"], "last":null }"#,
            &[
                ("id", "\"7\""),
                ("amount", "1e999"),
                ("deep", r#"[[{"id":"x"}],"]"]"#),
                ("last", "null"),
            ],
        );
        check("\u{feff}{\"id\":\"7\"}", &[("id", "\"7\"")]);
        check(
            r#"{"memo":"say "hi, you" now","id":"7"}"#,
            &[("memo", "\"say \""), ("id", "\"7\"")],
        );
        check(r#"{"id":"7","memo":"half"#, &[("id", "\"7\"")]);
        check(r#"{"id":"7"}{"id":"8"} x"#, &[("id", "\"7\""), ("id", "\"8\"")]);
        check(
            r#"{"memo":"half},{"id":"7"}"#,
            &[("memo", "\"half},{\""), ("id", "\"7\"")],
        );
        check(r#"{"a":,"id":"7"}"#, &[("id", "\"7\"")]);
        check(r#"{"id":"7","deep":[[["#, &[("id", "\"7\"")]);
        check("id: 7", &[]);
        check("", &[]);
    }

    #[test]
    fn a_damaged_string_is_decoded_as_far_as_possible() {
        let check = |raw: &str, expected: &str| assert_eq!(unescaped(raw), expected, "{raw}");
        check(r#"a\n\t\"\\\/\u00e9"#, "a\n\t\"\\/é");
        check(r"\ud83c\udf55!", "🍕!");
        check(r"\ud83c!", "\u{fffd}!");
        check(r"\udf55!", "\u{fffd}!");
        check(r"\ud83c\ud83c\udf55", "\u{fffd}🍕");
        check(r"\ud83cA", "\u{fffd}A");
        check(r"\u12", "\u{fffd}12");
        check(r"\u+123", "\u{fffd}+123");
        check(r"C:\qed", "C:\u{fffd}qed");
        check("\\", "\u{fffd}");
    }

    proptest! {
        #[test]
        fn a_valid_object_yields_exactly_its_fields(
            object in prop::collection::btree_map(".{0,8}", prop_oneof![
                ".{0,12}".prop_map(serde_json::Value::from),
                any::<u64>().prop_map(serde_json::Value::from),
                prop::collection::vec(".{0,4}", 0..3).prop_map(serde_json::Value::from),
            ], 0..6), pretty: bool,
        ) {
            let object = serde_json::Value::Object(object.into_iter().collect());
            let written = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
            let written = written.unwrap();
            let found: serde_json::Map<String, serde_json::Value> = fields(&written)
                .map(|field| {
                    let value: serde_json::Value = serde_json::from_str(field.raw).unwrap();
                    assert_eq!(field.text.as_deref(), value.as_str());
                    (field.name.into_owned(), value)
                })
                .collect();
            prop_assert_eq!(serde_json::Value::Object(found), object);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\PC{}\\[\\]\":,\\\\u0-9d]{0,40}") {
            fields(&text).for_each(drop);
        }
    }
}
