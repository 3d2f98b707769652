//! Shared by the drawings.

use maud::{Markup, html};

use super::super::parts;

/// A drawing. On narrow screens it scrolls, not the page.
pub(super) fn drawing(label: &str, width: i64, height: i64, content: &Markup) -> Markup {
    html! {
        div.drawing tabindex="0" role="group" aria-label=(label) {
            svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) }
                preserveAspectRatio="xMinYMin slice" {
                title { (label) }
                (content)
            }
        }
    }
}

/// A text, cut if it is too long; its title has all of it.
pub(super) fn text(x: i64, y: i64, class: &str, text: &str, longest: usize) -> Markup {
    let text = &*parts::sentence(text);
    html! {
        text x=(x) y=(y) class=(class) {
            (cut(text, longest))
            @if text.chars().count() > longest { title { (text) } }
        }
    }
}

/// At most `longest` characters of a text.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// The head of an arrow that points right (1) or left (-1).
pub(super) fn head(x: i64, y: i64, direction: i64, class: &str) -> Markup {
    let back = x - 9 * direction;
    html! { path class={ "head " (class) } d={ "M" (x) " " (y) " L" (back) " " (y - 5) " L" (back) " " (y + 5) " Z" } {} }
}
