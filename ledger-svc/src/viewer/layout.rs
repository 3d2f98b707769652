//! Common to all pages: head, navigation, footer, the list of keys.

use maud::{DOCTYPE, Markup, html};
use wallet_runtime::guard::LOGOUT;
use wallet_runtime::place::Root;
use wallet_runtime::running::Running;

use super::assets::{CSS_URL, ICON_URL, JS_URL};

/// The part of the viewer that a page belongs to. Its entry in the navigation is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Here {
    /// The list, and single flows.
    Transfers,
    /// The list of accounts, and single ones.
    Accounts,
    /// The health page.
    Health,
    /// None of these.
    Elsewhere,
    /// The login page, before which nothing else can be seen.
    Login,
}

/// A whole page around `body`, which goes into `<main>` and begins with an `<h1>`. `root` is the path from this page to the viewer's
/// root: every URL on the page goes through it.
///
/// What the script does with the markup of any page:
///
/// | markup | does |
/// |---|---|
/// | `[data-row]` with a link `.open` in it | `j` and `k` walk through these; Enter opens |
/// | `[data-id="…"]` around something | `c` copies that id; outside of rows the first of the page |
/// | `button[data-copy="…"]` | copies; `parts::id` makes one |
/// | `a[rel=prev]`, `a[rel=next]` | `[` and `]` |
/// | `a[data-tab="1"]` … `"6"` | `1` … `6` |
/// | `#search` | `/` |
/// | `[data-live="/address"]` | listens there for server-sent events `fill`, whose data becomes its content; children with a `data-key` keep their focus |
/// | `.needs-script` | is shown only where the script runs |
pub(crate) fn page(running: &Running, root: Root, title: &str, here: Here, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · wallet" }
                link rel="icon" href=(root.to(&ICON_URL)) type="image/svg+xml";
                link rel="stylesheet" href=(root.to(&CSS_URL));
                // Not deferred: it sets the theme before anything is drawn.
                script src=(root.to(&JS_URL)) {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (header(running, root, here))
                main #main tabindex="-1" { (body) }
                (footer(running, root))
                output #toast role="status" {}
                (help())
            }
        }
    }
}

fn header(running: &Running, root: Root, here: Here) -> Markup {
    let entries = [
        ("/", "Transfers", Here::Transfers),
        ("/accounts", "Accounts", Here::Accounts),
        ("/health", "Health", Here::Health),
    ];
    html! {
        header {
            a.home href=(root.to("/")) { img src=(root.to(&ICON_URL)) alt=""; "wallet" }
            nav aria-label="Main" {
                @if here != Here::Login {
                    @for (url, name, entry) in entries {
                        a href=(root.to(url)) aria-current=[(entry == here).then_some("page")] {
                            (name)
                            @if entry == Here::Health { (indicator(running)) }
                        }
                    }
                }
            }
            @if here != Here::Login && running.token.is_some() {
                form method="post" action=(root.to(LOGOUT)) { button { "Log out" } }
            }
            div.tools.needs-script {
                button type="button" data-do="theme" title="Switch between dark and light (t)" { "Theme" }
                button type="button" data-do="help" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" { "?" }
            }
        }
    }
}

/// Whether the wallet was healthy a few seconds ago: a sign, with words for people who do not see it.
fn indicator(running: &Running) -> Markup {
    html! {
        @if let Some(line) = running.headline.get() {
            @if line.is_good {
                span.sign.good title=(super::parts::sentence(&line.text)) { " ✓" span.visually-hidden { " healthy" } }
            } @else {
                span.sign.bad title=(super::parts::sentence(&line.text)) { " ✗ degraded" }
            }
        }
    }
}

fn footer(running: &Running, root: Root) -> Markup {
    html! {
        footer {
            span { "Times are UTC. Read from the log of " (running.settings.shards.count()) " shards." }
            span { "API: " a href=(root.to("/v1/transfers")) { "/v1/transfers" } ", " a href=(root.to("/metrics")) { "/metrics" } }
        }
    }
}

/// The keyboard shortcuts, and what each does.
const KEYS: [(&[&str], &str); 10] = [
    (&["/"], "search"),
    (&["j", "k"], "next and previous row"),
    (&["Enter"], "open the row"),
    (&["[", "]"], "previous and next page, or step"),
    (&["1", "…", "6"], "the tabs of a flow"),
    (&["c"], "copy the id"),
    (&["y"], "copy the link to this page"),
    (&["t"], "dark or light"),
    (&["?"], "this list"),
    (&["Esc"], "close a dialog; leave a field"),
];

fn help() -> Markup {
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { "Keyboard shortcuts" }
            dl {
                @for (keys, does) in KEYS {
                    dt { @for key in keys { kbd { (key) } " " } }
                    dd { (does) }
                }
            }
            form method="dialog" { button.primary { "Close" } }
        }
    }
}
