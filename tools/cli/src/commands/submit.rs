//! What all commands that send one request share: they send it, wait for its outcome, and report it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::publish::PublishAck;
use serde::Serialize;
use serde_json::json;
use wallet_client::api::Transfer;
use wallet_client::clock;
use wallet_client::connect::Connection;
use wallet_client::outcome::{self, Followed, Outcome, TransferState};
use wallet_client::request::Request;
use wallet_client::{LedgerError, Options, Wallet};
use wallet_contract::id::TransferId;
use wallet_contract::reason::Refusal;
use wallet_contract::request::Order;
use wallet_contract::status::Status;
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Paint, clean, span, time};

use crate::args::{Common, Sending, Waiting};

/// The given id, or a new one.
pub(super) fn id(sending: &Sending) -> TransferId {
    sending.id.unwrap_or_else(clock::new_id)
}

/// Sends a validated request, and reports its outcome.
pub(super) async fn submit(
    request: Result<Request, Refusal>,
    waiting: &Waiting,
    common: &Common,
) -> Result<Exit> {
    let request = request.map_err(|refusal| Usage::new(&refusal.detail))?;
    let options = Options {
        deadline: waiting.timeout,
        ..Options::default()
    };
    let wallet = Wallet::connect_with(&common.nats, options).await?;
    let with_id = || format!("request {}", request.id);
    if waiting.no_wait {
        let sent = wallet.connection().send(&request).await;
        return report_sent(&request, &sent.with_context(with_id)?, common);
    }
    let Followed {
        ack,
        outcome,
        elapsed,
        earlier,
    } = wallet.follow(&request).await.with_context(with_id)?;
    let when = if earlier {
        When::Earlier
    } else {
        When::Now(elapsed)
    };
    match outcome {
        Some(outcome) => ended(&outcome, &request, when, common),
        None => no_outcome(&request, ack.as_ref(), elapsed, wallet.connection(), common).await,
    }
}

fn report_sent(request: &Request, ack: &PublishAck, common: &Common) -> Result<Exit> {
    let (id, stream, sequence) = (request.id, &ack.stream, ack.sequence);
    if common.json {
        let (account, id) = (request.account.as_str(), id.to_string());
        output::json(
            &json!({ "id": id, "account": account, "outcome": "sent", "stream": stream, "sequence": sequence }),
        )?;
    } else {
        output::line(&format!(
            "sent  {id}  {}  in {stream} at {sequence}; see `wallet trace {id}`",
            subject(request)
        ))?;
    }
    Ok(Exit::Ok)
}

fn subject(request: &Request) -> String {
    let account = &request.account;
    match request.movement() {
        Some((payee, money)) => format!("{account} → {payee}  {money}"),
        None => format!("{} {account}", request.verb.token()),
    }
}

/// When the reported outcome came about.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Now, this long after the request was sent.
    Now(Duration),
    /// Before the request was sent: it repeats one that had ended, and nothing was done now.
    Earlier,
}

/// An outcome, and how long it took; without a duration if it had ended before.
#[derive(Serialize)]
struct Ended<'a> {
    #[serde(flatten)]
    outcome: &'a Outcome,
    earlier: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
}

fn ended(outcome: &Outcome, request: &Request, when: When, common: &Common) -> Result<Exit> {
    if common.json {
        let ms =
            |elapsed: Duration| f64::from(u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX)) / 1_000.0;
        let (earlier, ms) = match when {
            When::Now(elapsed) => (false, Some(ms(elapsed))),
            When::Earlier => (true, None),
        };
        output::json(&Ended { outcome, earlier, ms })?;
    } else {
        let mut text = outcome_text(outcome, when, Paint::for_stdout());
        text.extend(held(outcome, &request.order, when));
        output::line(&text)?;
    }
    Ok(if outcome.is_good(request.verb) {
        Exit::Ok
    } else {
        Exit::Refused
    })
}

/// The outcome on one line, followed by the reason for a failure and a note if it is an earlier one.
pub fn outcome_text(outcome: &Outcome, when: When, paint: Paint) -> String {
    let word = outcome.outcome.as_str();
    let word = match outcome.outcome {
        outcome::Word::Refused => paint.bad(word),
        outcome::Word::Compensated | outcome::Word::Cancelled | outcome::Word::Expired => paint.warn(word),
        outcome::Word::Settled
        | outcome::Word::Reserved
        | outcome::Word::Opened
        | outcome::Word::Frozen
        | outcome::Word::Unfrozen
        | outcome::Word::Closed => paint.good(word),
    };
    let what = match (&outcome.payer, &outcome.payee, &outcome.amount, &outcome.currency) {
        (Some(payer), Some(payee), Some(amount), Some(currency)) => {
            let of = outcome.reserved.as_ref().filter(|reserved| *reserved != amount);
            let of = of.map_or_else(String::new, |reserved| format!(" of {reserved}"));
            format!("{payer} → {payee}  {amount}{of} {currency}")
        }
        _ => outcome.account.clone(),
    };
    let (id, trace, what) = (outcome.id, clean(&outcome.trace), clean(&what));
    let mut line = match when {
        When::Now(elapsed) => format!(
            "{word}  {id}  {what}  round trip {}  trace {trace}",
            span(elapsed)
        ),
        When::Earlier => {
            let at = time(outcome.time);
            format!("{word} earlier, at {at} UTC  {id}  {what}  trace {trace}")
        }
    };
    if let Some(reason) = &outcome.reason {
        let detail = outcome.detail.as_deref().unwrap_or_default();
        line = format!("{line}\n  {}: {}", paint.strong(&clean(reason)), clean(detail));
    }
    if let Some(transfer) = &outcome.transfer {
        line = format!("{line}\n  {}", clean(&transfer_status(transfer)));
    }
    if matches!(when, When::Earlier) {
        line.push_str("\n  nothing was done now: this is the outcome of an earlier request with the same id and content");
    }
    line
}

/// When a reservation made now expires. Its time runs from when the request was stored in the log, slightly before the outcome.
fn held(outcome: &Outcome, order: &Order, when: When) -> Option<String> {
    let (Order::Reserve(_, hold), When::Now(elapsed), outcome::Word::Reserved) =
        (order, when, outcome.outcome)
    else {
        return None;
    };
    let lasts = Duration::from_secs(hold.expires_in.into());
    let until = outcome.time.checked_sub(elapsed).ok()?.checked_add(lasts).ok()?;
    Some(format!(
        "\n  held for {}, until {} UTC: confirm it before then, or it is released",
        span(lasts),
        time(until)
    ))
}

/// The state of the transfer that a refused request was about.
fn transfer_status(transfer: &TransferState) -> String {
    let TransferState {
        payee,
        amount,
        reserved,
        currency,
        ..
    } = transfer;
    let money = match (amount, reserved, currency) {
        (Some(amount), Some(reserved), Some(code)) if amount != reserved => {
            format!("{amount} of {reserved} {code}")
        }
        (Some(amount), _, Some(code)) => format!("{amount} {code}"),
        _ => "no money".to_owned(),
    };
    let payee = payee.as_deref().unwrap_or("the payee");
    let why = transfer
        .reason
        .as_deref()
        .map_or(String::new(), |reason| format!(" ({reason})"));
    match transfer.status {
        Status::Running => format!("the transfer is in progress: {money} to {payee}"),
        Status::Reserved => format!("the money is still held: {money} for {payee}"),
        Status::Settled | Status::Done => format!("the transfer settled: {money} went to {payee}"),
        Status::Refused => format!("the transfer was refused{why}: no money went to {payee}"),
        Status::Compensated => format!("the transfer was compensated{why}: no money went to {payee}"),
        Status::Cancelled => format!("the reservation was cancelled: no money went to {payee}"),
        Status::Expired => format!("the reservation expired: no money went to {payee}"),
    }
}

/// No outcome in time: asks the ledger once, and reports what is known.
async fn no_outcome(
    request: &Request,
    ack: Option<&PublishAck>,
    elapsed: Duration,
    connection: &Connection,
    common: &Common,
) -> Result<Exit> {
    let api = common.ledger()?;
    let known = api.transfer(request.id, Some(&request.account)).await;
    let (id, waited) = (request.id, span(elapsed));
    let position = match ack {
        Some(ack) => format!("the request is in {} at {}", ack.stream, ack.sequence),
        None => format!(
            "the NATS server at {} did not acknowledge the request",
            connection.host()
        ),
    };
    eprintln!(
        "no outcome of {id} within {waited}: {position}; {}",
        known_status(&known)
    );
    eprintln!(
        "repeating the command with --id {id} is safe: a request with the same id and content is carried out once"
    );
    if common.json {
        let position = ack.map(|ack| json!({ "stream": ack.stream, "sequence": ack.sequence }));
        output::json(&json!({
            "id": id.to_string(), "account": request.account.as_str(), "outcome": null, "request": position,
            "known": known.ok().flatten(),
        }))?;
    }
    Ok(Exit::Timeout)
}

fn known_status(known: &Result<Option<Transfer>, LedgerError>) -> String {
    match known {
        Ok(Some(flow)) => {
            let last = flow
                .events
                .last()
                .map(|event| format!(", last event: {}", event.kind))
                .unwrap_or_default();
            format!("the ledger shows it as {}{last}", flow.status.word())
        }
        Ok(None) => "the ledger has not seen it yet".to_owned(),
        Err(error) => format!("its status is unknown: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_shows_its_expiry() {
        let alice = "alice".parse().unwrap();
        let wanted = wallet_client::request::Wanted {
            from: &alice,
            to: "bob",
            amount: "20.00",
            currency: "USD",
            memo: None,
        };
        let id = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f".parse().unwrap();
        let order = |seconds| {
            let request = Request::reserve(id, &wanted, seconds, false);
            request.unwrap().order
        };
        let reserved = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"reserve","outcome":"reserved","answers":{},"trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","payer":"alice","payee":"bob","amount":"20.00","currency":"USD","time":"2026-01-31T12:00:00.5Z"}"#;
        let outcome = outcome::read(reserved.as_bytes()).unwrap();
        let now = When::Now(Duration::from_millis(20));
        assert_eq!(
            held(&outcome, &order(Some(15)), now).unwrap(),
            "\n  held for 15.00 s, until 2026-01-31 12:00:15 UTC: confirm it before then, or it is released"
        );
        assert_eq!(
            held(&outcome, &order(None), now).unwrap(),
            "\n  held for 7 d 0 h, until 2026-02-07 12:00:00 UTC: confirm it before then, or it is released"
        );
        assert_eq!(held(&outcome, &order(None), When::Earlier), None);
    }

    #[test]
    fn an_outcome_is_one_line_and_its_reason() {
        let refused = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"transfer","outcome":"refused","answers":{},"reason":"insufficient_funds","detail":"alice has 3.00 USD available","trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","payer":"alice","payee":"bob","amount":"12.50","currency":"USD","time":"2026-01-31T12:00:00Z"}"#;
        let outcome = outcome::read(refused.as_bytes()).unwrap();
        let expected = "\
refused  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f  alice → bob  12.50 USD  round trip 8.34 ms  trace 0190b1c47a2e8c3d9f005a3c1e8b2d4f
  insufficient_funds: alice has 3.00 USD available";
        let now = When::Now(Duration::from_micros(8_345));
        assert_eq!(outcome_text(&outcome, now, Paint::Plain), expected);
        let expected = "\
refused earlier, at 2026-01-31 12:00:00 UTC  0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f  alice → bob  12.50 USD  trace 0190b1c47a2e8c3d9f005a3c1e8b2d4f
  insufficient_funds: alice has 3.00 USD available
  nothing was done now: this is the outcome of an earlier request with the same id and content";
        assert_eq!(outcome_text(&outcome, When::Earlier, Paint::Plain), expected);
        let part = refused.replace("\"currency\"", "\"reserved\":\"20.00\",\"currency\"");
        let text = outcome_text(&outcome::read(part.as_bytes()).unwrap(), now, Paint::Plain);
        assert!(
            text.contains("alice → bob  12.50 of 20.00 USD  round trip 8.34 ms"),
            "{text}"
        );
    }
}
