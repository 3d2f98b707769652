//! The services: does each work on every shard, does the ledger keep up, is anything parked or stuck?
//!
//! The ledger calls the roll, so it knows the services wherever they run. Without a ledger, the services of a local stack are
//! queried at their own addresses.

use std::time::Duration;

use anyhow::Result;
use wallet_client::LedgerError;
use wallet_client::api::{AccessError, Api, Duty, Filter, Health, Stats, StatusFilter, Transfer, neighbour};
use wallet_contract::ready::LOST_DATA;
use wallet_contract::subject::Service;
use wallet_stack::ready;

use super::{Finding, Level, http};

/// Within this time, a ledger that is catching up must have progressed.
const MOVES_WITHIN: Duration = Duration::from_secs(1);

/// Checks all three services and the ledger's figures.
pub(super) async fn check(api: &Api) -> Result<Vec<Finding>> {
    let health = match api.health().await {
        Ok(health) => health,
        Err(error) => return without_ledger(api, &error).await,
    };
    let mut findings = Vec::new();
    for service in Service::ALL {
        let duties = health
            .services
            .iter()
            .filter(|duty| duty.service == service.name());
        findings.push(duty(service, &duties.collect::<Vec<_>>()));
    }
    findings.push(lag(api, &api.stats().await?).await?);
    findings.push(parked(health.parked));
    findings.push(stuck(&health, api).await?);
    findings.extend(books(&health));
    Ok(findings)
}

async fn without_ledger(api: &Api, error: &LedgerError) -> Result<Vec<Finding>> {
    let mut findings = vec![unusable_ledger(api.url(), error)];
    for (service, after) in [(Service::Debit, 1), (Service::Credit, 2)] {
        // Valid for a local stack; elsewhere they can be anywhere.
        if let Some(url) = neighbour(api.url(), after) {
            findings.push(check_directly(service, &url).await?);
        }
    }
    Ok(findings)
}

/// A ledger that does not report the wallet's health: it does not respond, or responds with an error.
fn unusable_ledger(url: &str, error: &LedgerError) -> Finding {
    let (detail, advice) = match error {
        LedgerError::Access(AccessError::NoReply { why, .. }) => (
            format!("no answer from {url}: {why}"),
            "start it, or give its address: --api URL",
        ),
        LedgerError::Access(AccessError::TokenRequired { .. }) => (
            format!("{url} requires a token"),
            "set WALLET_API_TOKEN or --api-token to the WALLET_HTTP_TOKEN that it was started with",
        ),
        LedgerError::Access(AccessError::WrongToken { .. }) => (
            format!("{url} rejects this token"),
            "set WALLET_API_TOKEN or --api-token to the WALLET_HTTP_TOKEN that it was started with",
        ),
        other @ (LedgerError::Input(_) | LedgerError::Problem(_) | LedgerError::Unexpected(_)) => (
            format!("{url} can't report the wallet's health: {other}"),
            "see its log, and check that --api is the address of ledger-svc",
        ),
    };
    let advice = format!("{advice}. Until then it is unknown what is stuck or parked");
    Finding::new(Level::Fail, Service::Ledger.name(), detail, advice)
}

/// A service's own report at its own address.
async fn check_directly(service: Service, url: &str) -> Result<Finding> {
    let ready = match ready::ask(&http()?, url).await {
        Ok(ready) => ready,
        Err(error) => {
            let advice =
                format!("if it runs elsewhere, check it there: curl http://HOST:PORT/readyz ({error:#})");
            return Ok(Finding::new(
                Level::Unknown,
                service.name(),
                format!("no answer from {url}"),
                advice,
            ));
        }
    };
    let states: Vec<String> = ready.shards.iter().map(ToString::to_string).collect();
    let detail = states.join(", ");
    Ok(if ready.is_ready() {
        Finding::ok(service.name(), detail)
    } else {
        Finding::new(Level::Fail, service.name(), detail, "see its log")
    })
}

/// The state of a service on its shards, as the ledger learned it.
fn duty(service: Service, duties: &[&Duty]) -> Finding {
    let states: Vec<String> = duties.iter().map(|duty| duty.describe()).collect();
    let detail = states.join(", ");
    if !duties.is_empty() && duties.iter().all(|duty| duty.is_good()) {
        return Finding::ok(service.name(), detail);
    }
    let has = |state: &str| duties.iter().any(|duty| duty.state == state);
    let advice = if has(LOST_DATA) {
        "`wallet heal` restores what the stream has lost"
    } else if has("silent") {
        "no instance answers: start one, or see its log; transfers wait for it, and nothing is lost"
    } else {
        "it retries on its own; see its log"
    };
    Finding::new(Level::Fail, service.name(), detail, advice)
}

fn behind(stats: &Stats) -> i64 {
    stats.shards.iter().map(|shard| shard.lag.max(0)).sum()
}

async fn lag(api: &Api, stats: &Stats) -> Result<Finding> {
    let running = stats.transfers.running;
    if behind(stats) == 0 {
        return Ok(Finding::ok(
            "ledger",
            format!("its books match the log, {running} transfers in progress"),
        ));
    }
    tokio::time::sleep(MOVES_WITHIN).await;
    let later = api.stats().await?;
    let positions = |stats: &Stats| stats.shards.iter().map(|shard| shard.position).sum::<u64>();
    let detail = format!("its books are {} messages behind the log", behind(&later));
    Ok(if behind(&later) == 0 || positions(&later) > positions(stats) {
        Finding::ok("ledger", format!("{detail}, and catching up"))
    } else {
        Finding::new(
            Level::Fail,
            "ledger",
            format!("{detail}, and make no progress"),
            "see its log",
        )
    })
}

/// The oldest transfer that is stuck.
async fn oldest(api: &Api) -> Result<Option<Transfer>> {
    let filter = Filter {
        status: Some(StatusFilter::Stuck),
        ..Filter::default()
    };
    Ok(api.transfers(&filter, 1, None).await?.transfers.pop())
}

async fn stuck(health: &Health, api: &Api) -> Result<Finding> {
    if health.stuck == 0 {
        return Ok(Finding::ok("stuck", "no transfer is stuck"));
    }
    let sums = health
        .in_transit
        .iter()
        .map(|(currency, amount)| format!(", {amount} {currency} in transit"));
    let mut detail = format!(
        "{}{}",
        many(health.stuck, "transfer is", "transfers are"),
        sums.collect::<String>()
    );
    let oldest = oldest(api).await?;
    if let Some((oldest, why)) = oldest
        .as_ref()
        .and_then(|flow| Some((flow, flow.stuck.as_ref()?)))
    {
        detail = format!("{detail}; the oldest is {}: {}", oldest.transfer, why.describe());
    }
    let advice =
        "`wallet transfers --status stuck` lists them; then see the log of the service that they wait for";
    Ok(Finding::new(Level::Fail, "stuck", detail, advice))
}

fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {} stuck", if count == 1 { one } else { more })
}

fn parked(count: u64) -> Finding {
    match count {
        0 => Finding::ok("parked", "no message is parked"),
        1 => Finding::new(Level::Fail, "parked", "1 message is parked", PARKED_ADVICE),
        _ => Finding::new(
            Level::Fail,
            "parked",
            format!("{count} messages are parked"),
            PARKED_ADVICE,
        ),
    }
}

/// What to do about parked messages.
const PARKED_ADVICE: &str = "`wallet parked` lists them with their reasons; retry, edit or discard each";

fn books(health: &Health) -> Option<Finding> {
    let wrong = health.unbalanced.join(", ");
    let detail = format!("the books of {wrong} do not sum to zero");
    let advice = "`wallet verify` finds the message where they went wrong";
    (!wrong.is_empty()).then(|| Finding::new(Level::Fail, "books", detail, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_of_a_local_stack_use_adjacent_ports() {
        assert_eq!(
            neighbour("http://127.0.0.1:8080", 1).as_deref(),
            Some("http://127.0.0.1:8081")
        );
        assert_eq!(neighbour("http://ledger", 2).as_deref(), Some("http://ledger:82"));
    }

    #[test]
    fn the_advice_depends_on_why_the_ledger_is_unusable() {
        let (name, url) = ("the ledger", "http://127.0.0.1:8080".to_owned());
        let check = |error: AccessError, detail: &str, advice: &str| {
            let found = unusable_ledger("http://127.0.0.1:8080", &error.into());
            assert_eq!(found.detail, detail);
            let advised = found.advice.unwrap();
            assert!(advised.starts_with(advice), "{advised}");
        };
        let (why, option) = ("Connection refused (os error 111)".to_owned(), "--api");
        let silent = AccessError::NoReply {
            name,
            url: url.clone(),
            why,
            option,
        };
        check(
            silent,
            "no answer from http://127.0.0.1:8080: Connection refused (os error 111)",
            "start it, or give its address: --api URL. Until then",
        );
        check(
            AccessError::TokenRequired {
                name,
                url: url.clone(),
            },
            "http://127.0.0.1:8080 requires a token",
            "set WALLET_API_TOKEN",
        );
        check(
            AccessError::WrongToken { name, url },
            "http://127.0.0.1:8080 rejects this token",
            "set WALLET_API_TOKEN",
        );
    }

    #[test]
    fn a_parked_message_fails_the_check() {
        assert_eq!(parked(0).level, Level::Ok);
        assert_eq!(parked(3).level, Level::Fail);
    }

    #[test]
    fn a_service_must_work_on_each_shard() {
        let on = |shard, state: &str| Duty {
            service: "credit-svc".to_owned(),
            shard,
            state: state.to_owned(),
            ..Duty::default()
        };
        let check = |states: [&str; 2], level: Level, detail: &str| {
            let duties = [on(0, states[0]), on(1, states[1])];
            let found = duty(Service::Credit, &duties.iter().collect::<Vec<_>>());
            assert_eq!((found.level, &*found.detail), (level, detail));
        };
        check(
            ["working", "working"],
            Level::Ok,
            "shard 0: working, shard 1: working",
        );
        check(
            ["working", "silent"],
            Level::Fail,
            "shard 0: working, shard 1: silent",
        );
        check(
            ["standby", "working"],
            Level::Fail,
            "shard 0: standby, shard 1: working",
        );
        assert_eq!(duty(Service::Credit, &[]).level, Level::Fail);
    }
}
