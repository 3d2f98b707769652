//! Decodes a file: UTF-8, or UTF-16 with a byte order mark, with normalized line ends.
//!
//! A line ends in LF, in CR LF as on Windows, or in CR alone as in files of Excel for Mac; one file may mix them. All become LF
//! here, so that line numbers match those of an editor.

use super::flaws::Flaw;

/// Advice for a file that is not text.
const SAVE_AS: &str = "save the file as UTF-8 (in Excel: \"CSV UTF-8\")";

/// Decodes bytes as text, or reports the line with invalid ones.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Flaw> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        rest => utf8(rest),
    };
    text.map(|text| lines(&text))
}

/// The text with normalized line ends.
pub(super) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn utf8(bytes: &[u8]) -> Result<String, Flaw> {
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        let before = String::from_utf8_lossy(&bytes[..zero]);
        return Err(flaw(&before, "the file contains a zero byte, as in UTF-16"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(bad) => {
            let (before, rest) = bytes.split_at(bad.valid_up_to());
            let byte = rest.first().copied().unwrap_or_default();
            let what = format!("byte {byte:#04x} is not UTF-8");
            Err(flaw(&String::from_utf8_lossy(before), &what))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Flaw> {
    let (units, half) = bytes.as_chunks::<2>();
    let mut text = String::new();
    for character in char::decode_utf16(units.iter().map(|bytes| unit(*bytes))) {
        match character {
            Ok(character) => text.push(character),
            Err(bad) => {
                return Err(flaw(
                    &text,
                    &format!("unit {:#06x} is not UTF-16", bad.unpaired_surrogate()),
                ));
            }
        }
    }
    match half {
        [] => Ok(text),
        _ => Err(flaw(&text, "the last character of UTF-16 is cut off")),
    }
}

/// A flaw on the line at the end of `before`.
fn flaw(before: &str, what: &str) -> Flaw {
    let line_ends = lines(before).matches('\n').count() as u64;
    Flaw {
        line: line_ends + 1,
        what: format!("{what}: {SAVE_AS}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, mark: [u8; 2], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(unit))
            .collect()
    }

    #[test]
    fn all_kinds_of_line_ends_are_read() {
        let check = |text: &str, expected: &str| assert_eq!(decode(text.as_bytes()), Ok(expected.to_owned()));
        check("a\nb\r\nc\rd", "a\nb\nc\nd");
        check("a\r\rb\n\r\n", "a\n\nb\n\n");
        check("\u{feff}a\r", "a\n");
    }

    #[test]
    fn utf_16_is_recognized_by_its_mark() {
        let text = "from;to\r\nalice;bob für 2 €\r";
        let expected = Ok("from;to\nalice;bob für 2 €\n".to_owned());
        assert_eq!(decode(&utf16_of(text, [0xff, 0xfe], u16::to_le_bytes)), expected);
        assert_eq!(decode(&utf16_of(text, [0xfe, 0xff], u16::to_be_bytes)), expected);
        let without_mark = &utf16_of(text, [0xff, 0xfe], u16::to_le_bytes)[2..];
        let flaw = decode(without_mark).unwrap_err();
        assert_eq!(flaw.line, 1);
        assert!(
            flaw.what
                .starts_with("the file contains a zero byte, as in UTF-16: save the file as UTF-8"),
            "{}",
            flaw.what
        );
    }

    #[test]
    fn invalid_text_is_reported_with_its_line() {
        let check = |bytes: &[u8], line: u64, what: &str| {
            let flaw = decode(bytes).unwrap_err();
            assert_eq!(flaw.line, line);
            assert_eq!(flaw.what, format!("{what}: {SAVE_AS}"));
        };
        check(b"from\ralice\r\nM\xe4rz\n", 3, "byte 0xe4 is not UTF-8");
        check(
            &[0xff, 0xfe, b'a', 0, b'\n', 0, 0x3d, 0xd8],
            2,
            "unit 0xd83d is not UTF-16",
        );
        check(
            &[0xff, 0xfe, b'a', 0, b'\n'],
            1,
            "the last character of UTF-16 is cut off",
        );
    }
}
