//! An account's balances: figures, a chart over time, and a control to go to any time.

use maud::{Markup, html};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_db::{Db, Result};
use wallet_engine::clock::rfc3339;
use wallet_runtime::place::Root;

use super::{Query, url};
use crate::books::{self, Balance, Page};
use crate::viewer::chart::Chart;
use crate::viewer::parts;

/// How many of the newest bookings are drawn one by one.
const EACH: i64 = 400;
/// How many samples of the balance are drawn for the time before.
const SAMPLES: i64 = 120;

/// What is drawn for a currency.
pub(super) struct Drawn {
    points: Vec<(i64, i64)>,
    from: i64,
    to: i64,
}

/// Reads the points of the chart, from the first booking until now.
pub(super) async fn drawn(
    db: &mut Db,
    name: &AccountId,
    currency: Currency,
    at_us: Option<i64>,
    now_us: i64,
) -> Result<Option<Drawn>> {
    let Some(first) = books::first_us(db, name, currency).await? else {
        return Ok(None);
    };
    let newest = books::balances(db, name, currency, EACH).await?;
    let last = newest.last().map_or(first, |(at, _)| *at);
    // The balance stays the same from the last booking until now; on a busy account, drawing all of that would leave no room for the
    // rest.
    let to = now_us
        .min(last.saturating_add((last - first) / 10 + 1_000_000))
        .max(at_us.unwrap_or(last).min(now_us))
        .max(last);
    let mut points = match newest.first() {
        Some((oldest, _)) if *oldest > first => {
            let times: Vec<i64> = (0..=SAMPLES)
                .map(|sample| first + (oldest - first) / SAMPLES * sample)
                .collect();
            books::sampled(db, name, currency, &times).await?
        }
        Some(_) | None => Vec::new(),
    };
    points.extend(newest);
    Ok(Some(Drawn {
        points,
        from: first,
        to,
    }))
}

/// The words before the requested time.
pub(super) fn when(then: &Page, is_future: bool) -> &'static str {
    if is_future {
        "The current balance, because this time is in the future:"
    } else if then.is_before_it_was_opened() {
        "The account was not open yet at"
    } else {
        "The balance at"
    }
}

/// The balance in one currency; `limit` is the account as it is now.
pub(super) fn panel(balance: &Balance, limit: &Balance) -> Markup {
    if balance.opened == Some(false) {
        return html! {
            section.panel {
                h2.visually-hidden { (balance.currency) }
                div.big.available { "– " small { (balance.currency) } }
                div.muted { "not opened yet" }
            }
        };
    }
    html! {
        section.panel {
            h2.visually-hidden { (balance.currency) }
            div.big.available { (parts::money(&balance.available, &balance.currency)) }
            div.muted { "available" }
            div { (parts::grouped(&balance.held)) " " small { "held" } }
            @if let Some(in_transit) = &balance.in_transit { div { (parts::grouped(in_transit)) " " small { "in transit" } } }
            @if let Some(overdraft) = &limit.overdraft { div { small { "overdraft " (parts::grouped(overdraft)) } } }
        }
    }
}

/// A field for the time, and a slider if the script runs.
pub(super) fn then(name: &AccountId, query: &Query, drawn: &Drawn, at_us: Option<i64>) -> Markup {
    const PLACES: i64 = 1000;
    let to = drawn.to.max(drawn.from.saturating_add(1));
    let place = at_us.map_or(PLACES, |at| {
        let part = i128::from(at.clamp(drawn.from, to) - drawn.from) * i128::from(PLACES)
            / i128::from(to - drawn.from);
        i64::try_from(part).unwrap_or(PLACES)
    });
    html! {
        form.then-form action=(parts::account_url(Root::BELOW, name.as_str())) {
            @if !query.currency.is_empty() { input type="hidden" name="currency" value=(query.currency); }
            div.fields {
                label { "Balance at (UTC)" input #at name="at" value=(query.at) placeholder=(rfc3339(drawn.to)) size="28"; }
                button { "Go back" }
            }
            input.slider.needs-script #slider type="range" min="0" max=(PLACES) value=(place) aria-label="Time" data-field="at"
                data-from=(drawn.from) data-to=(to);
        }
    }
}

pub(super) fn chart(currency: Currency, drawn: &Drawn, at_us: Option<i64>) -> Markup {
    let values = drawn.points.iter().map(|(_, value)| *value);
    let (low, high) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
    let value = |minor| parts::grouped(&currency.format_minor(minor));
    let chart = Chart {
        points: &drawn.points,
        from: drawn.from,
        to: drawn.to,
        then: at_us,
        title: format!("Available, in {currency}"),
        description: format!(
            "From {} to {}: between {} and {}",
            rfc3339(drawn.from),
            rfc3339(drawn.to),
            value(low),
            value(high)
        ),
        value: &value,
        time: &|us| parts::to_the_millisecond(&rfc3339(us)),
    };
    html! { div.panel { (chart.steps("balance")) } }
}

/// The choice of the currency that is drawn and listed.
pub(super) fn choice(name: &AccountId, query: &Query, currencies: &[Currency]) -> Markup {
    let with = |code: &str| {
        url(
            name,
            &Query {
                currency: code.to_owned(),
                before: String::new(),
                ..query.clone()
            },
        )
    };
    html! {
        p {
            a href=(with("")) aria-current=[query.currency.is_empty().then_some("true")] { "All" }
            @for currency in currencies {
                " · " a href=(with(currency.code())) aria-current=[(query.currency == currency.code()).then_some("true")] { (currency) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn then(opened: &[bool]) -> Page {
        let balance = |opened: &bool| Balance {
            currency: "KRW".to_owned(),
            available: "0".to_owned(),
            held: "0".to_owned(),
            in_transit: None,
            overdraft: None,
            opened: Some(*opened),
        };
        Page {
            account: "alice".to_owned(),
            status: "open".to_owned(),
            balances: opened.iter().map(balance).collect(),
            as_of: None,
        }
    }

    #[test]
    fn a_currency_that_was_not_open_yet_has_no_balance() {
        let (before, between) = (then(&[false, false]), then(&[true, false]));
        assert_eq!(when(&before, false), "The account was not open yet at");
        assert_eq!(when(&between, false), "The balance at");
        let shown = |then: &Page, at: usize| panel(&then.balances[at], &then.balances[at]).into_string();
        assert!(
            shown(&between, 0).contains(">0 <small>KRW"),
            "{}",
            shown(&between, 0)
        );
        let unopened = shown(&between, 1);
        assert!(
            unopened.contains("not opened yet") && !unopened.contains('0'),
            "{unopened}"
        );
    }

    #[test]
    fn a_time_outside_the_chart_is_not_marked() {
        let drawn = Drawn {
            points: vec![(10, 5), (20, 7)],
            from: 10,
            to: 30,
        };
        for (at_us, is_marked) in [
            (None, false),
            (Some(9), false),
            (Some(10), true),
            (Some(31), false),
        ] {
            let chart = chart("KRW".parse().unwrap(), &drawn, at_us).into_string();
            assert_eq!(chart.contains("class=\"then\""), is_marked, "{at_us:?}");
        }
    }
}
