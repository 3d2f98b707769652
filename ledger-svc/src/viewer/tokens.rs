//! The contrast of the colours, as WCAG 2.2 defines it.

use std::collections::BTreeMap;

use super::assets::CSS;

/// The contrast required for small text (level AA).
const TEXT: f64 = 4.5;
/// The contrast required for a focus ring.
const RING: f64 = 3.0;
const THEMES: [&str; 2] = ["light", "dark"];

#[test]
fn every_text_has_enough_contrast_in_both_themes() {
    let tokens = tokens();
    let texts = [
        "ink",
        "muted",
        "accent",
        "running",
        "reserved",
        "settled",
        "done",
        "refused",
        "compensated",
        "cancelled",
        "expired",
        "stuck",
        "parked",
    ];
    for (at, theme) in THEMES.into_iter().enumerate() {
        for ground in ["bg", "panel", "hover"] {
            let contrast = |name: &str| contrast(tokens[name][at], tokens[ground][at]);
            for text in texts {
                let contrast = contrast(text);
                assert!(
                    contrast >= TEXT,
                    "--{text} on --{ground}, {theme}: {contrast:.2}, needs {TEXT}"
                );
            }
            assert!(contrast("focus") >= RING, "--focus on --{ground}, {theme}");
        }
    }
}

#[test]
fn every_status_has_a_colour_and_a_sign() {
    let tokens = tokens();
    let words = ledger_core::Status::ALL.map(ledger_core::Status::word);
    for word in words.into_iter().chain(["stuck", "parked"]) {
        assert!(tokens.contains_key(word), "--{word}");
        assert!(
            CSS.contains(&format!(".status.{word}::before")),
            "the sign of {word}"
        );
    }
}

/// Each `--name: light-dark(#rrggbb, #rrggbb)`, as luminances.
fn tokens() -> BTreeMap<&'static str, [f64; 2]> {
    let lines = CSS.lines().filter_map(|line| {
        let (name, values) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
        let (light, dark) = values.strip_suffix(");")?.split_once(", ")?;
        Some((name, [luminance(light), luminance(dark)]))
    });
    lines.collect()
}

fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}
