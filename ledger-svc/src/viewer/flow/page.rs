//! The page around the tabs: title, story, facts, the selected step.

use maud::{Markup, html};
use wallet_contract::status::Status;
use wallet_runtime::running::Running;
use wallet_view::flow::{Expected, Flow};
use wallet_view::text::{clean, span_us};
use wallet_view::{headline, story};

use super::super::layout::{self, Here};
use super::super::parts;
use super::step::{class, flagged, known, words};
use super::{Medium, ROOT, Tab, View, causes, events, money, phases, sequence, timeline};

/// The whole page.
pub(super) fn page(running: &Running, view: &View<'_>) -> Markup {
    let flow = view.flow;
    let live = flow.ended_at.is_none().then(|| live_url(view));
    let body = html! {
        div #flow data-live=[live] { (body(view)) }
    };
    let title = parts::sentence(&headline::headline(flow));
    layout::page(running, ROOT, &title, Here::Transfers, &body)
}

fn live_url(view: &View<'_>) -> String {
    let flow = view.flow;
    let payer = parts::escaped(&flow.payer);
    let step = view
        .selected
        .map_or_else(String::new, |step| format!("&step={}", step + 1));
    let (id, tab) = (flow.transfer, view.tab.word());
    ROOT.to(&format!("/flows/{id}/live?payer={payer}&tab={tab}{step}"))
}

/// All of it except the frame. This is sent again while the flow is running.
pub(super) fn body(view: &View<'_>) -> Markup {
    html! {
        div data-key="head" { (head(view)) }
        (tabs(view))
        section #view.panel data-key="view" aria-label=(view.tab.title()) { (tab(view, view.tab)) }
        div data-key="step" { (selected(view)) }
    }
}

/// Title, story and facts.
pub(super) fn head(view: &View<'_>) -> Markup {
    let flow = view.flow;
    html! {
        h1 { (title(flow)) " " (status(flow)) }
        div.story { @for sentence in story::of(flow) { p { (parts::sentence(&sentence)) } } }
        @for parked in &flow.parked { p.notice.parked { "‖ " (parts::sentence(&clean(&parked.describe()))) ", since " (parts::at(parked.since)) } }
        @for expected in &flow.expected { p.notice.expected { (waits(view, expected)) } }
        @for (step, skew) in view.steps.iter().filter_map(|step| Some((step, step.skew?))) {
            p.notice.skew { "⚠ " (flagged(view, step, skew)) }
        }
        (facts(view))
    }
}

/// `12.50 USD, alice → bob`, or the operator's request.
fn title(flow: &Flow) -> Markup {
    html! {
        @match (&flow.payee, flow.money()) {
            (Some(payee), Some(money)) => { (parts::sentence(&money)) ", " (clean(&flow.payer)) " → " (clean(payee)) },
            _ => { (clean(&flow.verb)) " " (clean(&flow.payer)) },
        }
    }
}

fn status(flow: &Flow) -> Markup {
    parts::status(flow.display_status())
}

/// `credit-svc of shard 1 has not reacted to account.debited for 14.0 s; usually 3.00 ms`
fn waits(view: &View<'_>, expected: &Expected) -> String {
    format!(
        "… {} {}.",
        expected.describe(view.flow),
        expected.waited(view.now)
    )
}

fn facts(view: &View<'_>) -> Markup {
    let flow = view.flow;
    html! {
        dl.facts.many {
            dt { "Transfer" } dd data-id=(flow.transfer) { (parts::id(&flow.transfer.to_string())) }
            dt { "Trace" }
            dd { (parts::id(&flow.trace)) @if view.medium == Medium::Page { " " (elsewhere(view)) } }
            dt { @if flow.payee.is_some() { "Payer" } @else { "Account" } } dd { (account(view, &flow.payer)) }
            @if let Some(payee) = &flow.payee { dt { "Payee" } dd { (account(view, payee)) } }
            @if let Some(memo) = &flow.memo { dt { "Memo" } dd.memo { (clean(memo)) } }
            @if let (Some(reason), Some(detail)) = (&flow.reason, &flow.detail) {
                dt { "Reason" } dd { code { (reason) } " " (parts::sentence(&clean(detail))) }
            }
            dt { "Started" } dd { (parts::at(flow.started_at)) }
            @if let Some(ended) = flow.ended_at {
                dt { "Ended" } dd { (parts::at(ended)) }
            }
            @if let Some(us) = flow.took_us() { dt { "Duration" } dd { (span_us(us)) } }
            @if let Some(us) = flow.held_for_us() { dt { "Held for" } dd { (span_us(us)) ", not included in the duration" } }
            @if let (Some(captured), Some(released), Some(code)) = (&flow.captured, &flow.released, &flow.currency) {
                dt { "Captured" } dd { (parts::money(captured, code)) }
                dt { "Released" } dd { (parts::money(released, code)) }
            }
            @if let (Some(of), Some(payee)) = (flow.reverses, &flow.payee) {
                dt { (gives_back(flow.status)) } dd { (other(view, &of.to_string(), payee)) }
            }
            @for back in &flow.reversed_by {
                dt { (given_back(back.status)) }
                dd {
                    @if let (Some(amount), Some(code)) = (&back.amount, &flow.currency) { (parts::money(amount, code)) " " }
                    (parts::status(back.status.word())) " " (other(view, &back.transfer.to_string(), &back.payer))
                }
            }
        }
        @if view.medium == Medium::Page { (downloads(flow)) }
    }
}

/// What a reversal with this status does to the transfer that it names.
fn gives_back(status: Status) -> &'static str {
    match status {
        Status::Settled | Status::Done => "Gives back",
        Status::Running | Status::Reserved => "Giving back",
        Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => "Did not give back",
    }
}

/// The same, from the point of view of that transfer.
fn given_back(status: Status) -> &'static str {
    match status {
        Status::Settled | Status::Done => "Given back",
        Status::Running | Status::Reserved => "Being given back",
        Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => "Not given back",
    }
}

fn account(view: &View<'_>, name: &str) -> Markup {
    match view.medium {
        Medium::Page => html! { a href=(parts::account_url(ROOT, name)) { (name) } },
        Medium::File => html! { (name) },
    }
}

/// A link to another flow.
fn other(view: &View<'_>, transfer: &str, payer: &str) -> Markup {
    match view.medium {
        Medium::Page => html! { a.id.whole href=(parts::flow_url(ROOT, transfer, payer)) { (transfer) } },
        Medium::File => html! { span.id.whole { (transfer) } },
    }
}

/// Links to all flows of the trace, here and in other tools.
fn elsewhere(view: &View<'_>) -> Markup {
    let trace = &view.flow.trace;
    html! {
        @if view.has_siblings { a href=(ROOT.to(&format!("/traces/{}", parts::escaped(trace)))) { "flows of this trace" } }
        @if let Some(template) = view.trace_url {
            " " a href=(template.replace("{trace_id}", &parts::escaped(trace))) rel="noreferrer" { "open in the trace viewer ↗" }
        }
    }
}

fn downloads(flow: &Flow) -> Markup {
    let (id, payer) = (flow.transfer, parts::escaped(&flow.payer));
    let file = |name: &str| ROOT.to(&format!("/flows/{id}/{name}?payer={payer}"));
    html! {
        p.downloads {
            "Download: "
            a href=(file("export.html")) download { "HTML" } ", "
            a href=(file("export.otlp.json")) download { "OTLP JSON" } ", "
            a href=(file("export.mmd")) download { "Mermaid" }
        }
    }
}

fn tabs(view: &View<'_>) -> Markup {
    html! {
        nav.tabs data-key="tabs" aria-label="Views" {
            @for (number, tab) in (1..).zip(Tab::ALL) {
                a href=(view.url(tab, view.selected)) data-tab=(number) data-swap
                    aria-current=[(tab == view.tab).then_some("true")] { (tab.title()) }
            }
        }
    }
}

/// The content of one tab.
pub(super) fn tab(view: &View<'_>, tab: Tab) -> Markup {
    if view.steps.is_empty() {
        return html! { p { "Nothing has been recorded yet." } };
    }
    match tab {
        Tab::Sequence => sequence::draw(view),
        Tab::Timeline => timeline::draw(view),
        Tab::Causes => causes::draw(view),
        Tab::Money => money::table(view),
        Tab::Phases => phases::table(view),
        Tab::Events => events::list(view),
    }
}

/// Everything known of the selected step.
fn selected(view: &View<'_>) -> Markup {
    let Some(index) = view.selected else {
        return html! { p.muted { "Select a step to see its details." } };
    };
    let (step, last) = (&view.steps[index], view.steps.len() - 1);
    html! {
        section #step.panel aria-label="The selected step" {
            p.walk {
                @if index > 0 { a rel="prev" data-swap href=(view.step_url(index - 1)) { "← previous" } " " }
                "Step " (index + 1) " of " (view.steps.len()) " "
                @if index < last { a rel="next" data-swap href=(view.step_url(index + 1)) { "next →" } }
            }
            h2 class=(class(step.mark)) { (words(step)) }
            @for note in &step.notes { p { (parts::sentence(note)) } }
            // In that tab it is already open among the others.
            @if view.tab != Tab::Events { (known(view, step)) }
        }
    }
}
