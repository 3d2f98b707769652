//! What the drawings have in common.

use maud::{Markup, html};

use super::super::parts;

/// A drawing; a narrow screen scrolls in it, not the page.
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

/// A text, cut if it is too long; the whole is in its title.
pub(super) fn text(x: i64, y: i64, class: &str, text: &str, longest: usize) -> Markup {
    let text = &*parts::sentence(text);
    html! {
        text x=(x) y=(y) class=(class) {
            (cut(text, longest))
            @if text.chars().count() > longest { title { (text) } }
        }
    }
}

/// At most so many characters.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A head of an arrow that points to the right (1) or to the left (-1).
pub(super) fn head(x: i64, y: i64, direction: i64, class: &str) -> Markup {
    let back = x - 9 * direction;
    html! { path class={ "head " (class) } d={ "M" (x) " " (y) " L" (back) " " (y - 5) " L" (back) " " (y + 5) " Z" } {} }
}
