//! Blank texts. A client that sends one has most likely lost what it meant to send.

/// Whether a text has no visible character. An empty text is blank, too.
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether a character is invisible: Unicode's `Default_Ignorable_Code_Point`, and the empty Braille pattern.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    #[test]
    fn invisible_text_is_blank() {
        for text in [
            "",
            " ",
            "\t",
            "\r\n",
            "\0",
            "\u{a0}",
            "\u{202f}",
            "\u{2003}",
            "\u{3000}",
            "\u{2028}",
            "\u{200b}",
            "\u{200d}",
            "\u{feff}",
            "\u{ad}",
            "\u{2060}",
            "\u{2800}",
            "\u{3164}",
            "\u{e0020}",
            " \u{200b}\t",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", " a ", "0", "-", ".", "\u{200b}a", "é", "\u{fffd}", "💶"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
