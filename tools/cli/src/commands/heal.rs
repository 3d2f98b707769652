//! `wallet heal`: puts back what the broker has lost.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use wallet_audit::live;
use wallet_client::connect::{self, Connection};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::Service;
use wallet_heal::plan::{Item, Plan, plan};
use wallet_heal::read::Services;
use wallet_heal::{apply, read};
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;

use crate::args::{Common, Heal};

/// How long to wait for transfers in progress before the healed streams are checked regardless.
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// Runs `wallet heal`.
pub async fn run(args: &Heal, common: &Common) -> Result<Exit> {
    let services = Services {
        each: args.others.services(common)?,
    };
    let connection = connect::connect(&common.nats).await?;
    let known = read::known(&connection, &services).await?;
    let plans: Vec<Plan> = known.iter().map(plan).collect();
    let healthy = plans.iter().all(Plan::is_empty);
    if !common.json {
        for (shard, plan) in (0..).zip(&plans) {
            output::line(&text(shard, plan))?;
        }
    }
    let apply = !healthy && (args.yes || is_confirmed(common.json)?);
    let report = if apply {
        restore(&plans, &connection, &services).await?;
        Some(live::audit(&connection, services.of(Service::Ledger), QUIET_WITHIN).await?)
    } else {
        None
    };
    if common.json {
        let streams = (0..).zip(&plans).map(|(shard, plan)| as_json(shard, plan));
        let streams: Vec<Value> = streams.collect();
        let verified = report.as_ref().map(|report| report.held);
        output::json(&json!({ "streams": streams, "applied": apply, "verified": verified }))?;
    }
    Ok(match report {
        None if healthy => Exit::Ok,
        None => {
            eprintln!("Nothing was changed. `wallet heal --yes` restores the messages.");
            Exit::Failed
        }
        Some(report) if report.held => {
            eprintln!("Healed: all services work again, and every invariant holds.");
            Exit::Ok
        }
        Some(report) => {
            let (exit, text) = (report.exit(), report.text());
            let but = if exit == Exit::Timeout {
                "not everything has ended yet"
            } else {
                "an invariant is broken"
            };
            eprintln!("Restored, and all services work again, but {but}:\n{text}");
            exit
        }
    })
}

async fn restore(plans: &[Plan], connection: &Connection, services: &Services) -> Result<()> {
    let work: u64 = plans.iter().map(|plan| count(plan, |_| true)).sum();
    let bar =
        ProgressBar::new(work).with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} restored")?);
    apply::apply(plans, connection, services, &bar).await?;
    bar.finish_and_clear();
    apply::until_working(services).await
}

fn is_confirmed(json: bool) -> Result<bool> {
    if json || !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    output::talk("\nRestore this? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn count(plan: &Plan, which: impl Fn(&Item) -> bool) -> u64 {
    u64::try_from(plan.items.iter().filter(|item| which(item)).count()).unwrap_or(u64::MAX)
}

fn is_event_of(service: Service) -> impl Fn(&Item) -> bool {
    move |item| matches!(item, Item::Event(at) if at.service == service)
}

fn requests(plan: &Plan) -> u64 {
    count(plan, |item| matches!(item, Item::Request(_)))
}

fn recalled(plan: &Plan) -> u64 {
    count(plan, |item| matches!(item, Item::Recalled(_)))
}

fn text(shard: u16, plan: &Plan) -> String {
    let name = stream::name(Shard(shard));
    if plan.is_empty() {
        return format!("{name} has everything that the services have stored.");
    }
    let moved: Vec<&str> = plan.moved.iter().map(|service| service.name()).collect();
    let mut lines = vec![if plan.gone {
        format!(
            "{name} does not exist; it starts again after sequence {}.",
            plan.reach
        )
    } else if plan.torn {
        format!(
            "{name} has lost messages from its front or middle; all of them go back, in their old order, after sequence {}.",
            plan.reach
        )
    } else if moved.is_empty() {
        format!("{name} has lost messages that no service had read.")
    } else {
        format!("{name} has lost messages that {} had read.", moved.join(", "))
    }];
    let mut add = |many: u64, what: &str| {
        if many > 0 {
            lines.push(format!("  {:>9}  {what}", wallet_audit::report::grouped(many)));
        }
    };
    add(
        plan.fill,
        "sequences filled with empty messages, so that none is used twice",
    );
    add(
        requests(plan),
        "requests restored as the ledger recorded them, or as they arrived after the loss",
    );
    add(
        recalled(plan),
        "requests rebuilt from the decisions on them: their text is lost",
    );
    for service in Service::ALL {
        add(
            count(plan, is_event_of(service)),
            &format!("events restored from the store of {service}"),
        );
    }
    add(plan.unread, "messages lost permanently: no service had read them");
    if !moved.is_empty() {
        lines.push(format!(
            "  After that, {} continue after sequence {}.",
            moved.join(", "),
            plan.reach
        ));
        lines.push("  Messages that no service had read are stored nowhere: a client without an outcome must send its request again.".to_owned());
    }
    lines.join("\n")
}

fn as_json(shard: u16, plan: &Plan) -> Value {
    let moved: Vec<&str> = plan.moved.iter().map(|service| service.name()).collect();
    let events: serde_json::Map<String, Value> = Service::ALL
        .into_iter()
        .map(|service| {
            (
                service.name().to_owned(),
                count(plan, is_event_of(service)).into(),
            )
        })
        .collect();
    json!({
        "stream": stream::name(Shard(shard)), "gone": plan.gone, "torn": plan.torn, "reach": plan.reach, "filled": plan.fill,
        "unread": plan.unread,
        "requests": requests(plan), "recalled": recalled(plan), "events": events, "go_on": moved,
    })
}
