//! The services: are they ready, does the ledger keep up, was anything parked, does anything keep still?

use std::time::Duration;

use anyhow::Result;
use wallet_contract::subject::Service;

use super::{Finding, Level, http};
use crate::api::{Api, Filter, MAX_ROWS, Stats, StatusFilter, Transfer, neighbour};
use crate::stack::ready;

/// After this long a ledger that is behind must have moved.
const MOVES_WITHIN: Duration = Duration::from_secs(1);

/// Looks at all three services and at the ledger's figures.
pub(super) async fn look(api: &Api) -> Result<Vec<Finding>> {
    let mut findings = vec![ready(Service::Ledger, api.url(), Level::Fail).await?];
    for (service, after) in [(Service::Debit, 1), (Service::Credit, 2)] {
        // Where a local stack has them; elsewhere they can be anywhere.
        if let Some(url) = neighbour(api.url(), after) {
            findings.push(ready(service, &url, Level::Unknown).await?);
        }
    }
    match api.stats().await {
        Ok(stats) => {
            findings.push(lag(api, &stats).await?);
            findings.push(parked(stats.parked, api.url()));
            findings.push(stuck(&stuck_ones(api).await?));
        }
        Err(error) => findings.push(Finding::new(
            Level::Fail,
            "ledger",
            format!("{error:#}"),
            "see its log",
        )),
    }
    Ok(findings)
}

async fn ready(service: Service, url: &str, absent: Level) -> Result<Finding> {
    let said = match ready::ask(&http()?, url).await {
        Ok(said) => said,
        Err(error) if absent == Level::Unknown => {
            let advice =
                format!("if it runs elsewhere, ask it there: curl http://HOST:PORT/readyz ({error:#})");
            return Ok(Finding::new(
                absent,
                service.name(),
                format!("nobody answers at {url}"),
                advice,
            ));
        }
        Err(error) => {
            let detail = format!("nobody answers at {url}: {error:#}");
            return Ok(Finding::new(
                absent,
                service.name(),
                detail,
                "start it, or say where it is: --api URL",
            ));
        }
    };
    let states: Vec<String> = said.shards.iter().map(ready::ShardState::told).collect();
    let good = |state: &str| matches!(state, "working" | "standby");
    let detail = format!("{url}: {}", states.join(", "));
    let advice = if said.shards.iter().any(|shard| shard.state == "lost-data") {
        "`wallet heal` puts back what the stream has lost"
    } else {
        "it tries again by itself; its log says more"
    };
    Ok(
        if !said.shards.is_empty() && said.shards.iter().all(|shard| good(&shard.state)) {
            Finding::ok(service.name(), detail)
        } else {
            Finding::new(Level::Fail, service.name(), detail, advice)
        },
    )
}

fn behind(stats: &Stats) -> i64 {
    stats.shards.iter().map(|shard| shard.lag.max(0)).sum()
}

async fn lag(api: &Api, stats: &Stats) -> Result<Finding> {
    let running = stats.transfers.running;
    if behind(stats) == 0 {
        return Ok(Finding::ok(
            "ledger",
            format!("its books are those of the log, {running} transfers under way"),
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
            format!("{detail}, and do not move"),
            "its log says why",
        )
    })
}

async fn stuck_ones(api: &Api) -> Result<Vec<Transfer>> {
    let filter = Filter {
        status: Some(StatusFilter::Stuck),
        ..Filter::default()
    };
    Ok(api.transfers(&filter, MAX_ROWS, None).await?.transfers)
}

fn stuck(flows: &[Transfer]) -> Finding {
    let Some((oldest, why)) = flows.iter().find_map(|flow| Some((flow, flow.stuck.as_ref()?))) else {
        return Finding::ok("stuck", "no transfer keeps still");
    };
    let (count, id) = (flows.len(), oldest.transfer);
    let detail = format!("{count} transfers keep still; the oldest is {id}: {}", why.told());
    let advice = "`wallet transfers --status stuck` lists them; then see /readyz and the log of the service that is waited for";
    Finding::new(Level::Warn, "stuck", detail, advice)
}

fn parked(count: u64, url: &str) -> Finding {
    if count == 0 {
        return Finding::ok("parked", "nothing was set aside");
    }
    let detail = format!("{count} messages that could not be read were set aside");
    Finding::new(
        Level::Warn,
        "parked",
        detail,
        format!("see what and why: {url}/v1/parked"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_of_a_local_stack_stand_side_by_side() {
        assert_eq!(
            neighbour("http://127.0.0.1:8080", 1).as_deref(),
            Some("http://127.0.0.1:8081")
        );
        assert_eq!(neighbour("http://ledger", 2).as_deref(), Some("http://ledger:82"));
    }

    #[test]
    fn what_was_parked_is_worth_a_look() {
        assert_eq!(parked(0, "http://x").level, Level::Ok);
        assert_eq!(parked(3, "http://x").level, Level::Warn);
    }
}
