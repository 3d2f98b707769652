//! `wallet heal`: puts back what the broker has lost.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use wallet_audit::live;
use wallet_client::api::{Api, neighbour};
use wallet_client::connect::{self, Connection};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::Service;
use wallet_heal::plan::{Item, Plan, plan};
use wallet_heal::read::Services;
use wallet_heal::{apply, read};
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output;

use crate::args::{Common, Heal};

/// How long to wait for transfers in progress before the healed streams are checked regardless.
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// Runs `wallet heal`.
pub async fn run(args: &Heal, common: &Common) -> Result<Exit> {
    let services = services(args, common)?;
    let connection = connect::connect(&common.nats).await?;
    let known = read::known(&connection, &services).await?;
    let plans: Vec<Plan> = known.iter().map(plan).collect();
    let healthy = plans.iter().all(Plan::is_empty);
    if !common.json {
        for (shard, plan) in (0..).zip(&plans) {
            output::line(&text(shard, plan))?;
        }
    }
    let apply = !healthy && (args.yes || agreed(common.json)?);
    let report = if apply {
        put_back(&plans, &connection, &services).await?;
        Some(live::audit(&connection, services.of(Service::Ledger), QUIET_WITHIN).await?)
    } else {
        None
    };
    if common.json {
        let told = (0..).zip(&plans).map(|(shard, plan)| as_json(shard, plan));
        let told: Vec<Value> = told.collect();
        let verified = report.as_ref().map(|report| report.held);
        output::json(&json!({ "streams": told, "applied": apply, "verified": verified }))?;
    }
    Ok(match report {
        None if healthy => Exit::Ok,
        None => {
            eprintln!("Nothing was changed. `wallet heal --yes` does it.");
            Exit::Failed
        }
        Some(report) if report.held => {
            eprintln!("Healed: all services work again, and `wallet verify` holds.");
            Exit::Ok
        }
        Some(report) => {
            let (exit, text) = (report.exit(), report.text());
            let but = if exit == Exit::Timeout {
                "not everything has ended yet"
            } else {
                "the log does not hold what it must"
            };
            eprintln!("Put back, and all services work again; but {but}:\n{text}");
            exit
        }
    })
}

async fn put_back(plans: &[Plan], connection: &Connection, services: &Services) -> Result<()> {
    let work: u64 = plans.iter().map(|plan| count(plan, |_| true)).sum();
    let bar =
        ProgressBar::new(work).with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} put back")?);
    apply::apply(plans, connection, services, &bar).await?;
    bar.finish_and_clear();
    apply::until_working(services).await
}

fn services(args: &Heal, common: &Common) -> Result<Services> {
    let token = common.api_token.as_ref();
    let address = |given: &Option<String>, after, option: &str, name: &str| {
        let url = given.clone().or_else(|| neighbour(&common.api, after));
        url.with_context(|| Usage::new(format!("say where {name} answers: {option} URL")))
    };
    let debit = Api::debit(&address(&args.debit, 1, "--debit", "debit-svc")?)?.with_token(token)?;
    let credit = Api::credit(&address(&args.credit, 2, "--credit", "credit-svc")?)?.with_token(token)?;
    let each = [
        (Service::Debit, debit),
        (Service::Credit, credit),
        (Service::Ledger, common.ledger()?),
    ];
    Ok(Services { each })
}

fn agreed(json: bool) -> Result<bool> {
    if json || !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    output::talk("\nPut this back? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn count(plan: &Plan, which: impl Fn(&Item) -> bool) -> u64 {
    u64::try_from(plan.items.iter().filter(|item| which(item)).count()).unwrap_or(u64::MAX)
}

fn by(service: Service) -> impl Fn(&Item) -> bool {
    move |item| matches!(item, Item::Said(at) if at.service == service)
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
        return format!("{name} has all that the services have stored.");
    }
    let moved: Vec<&str> = plan.moved.iter().map(|service| service.name()).collect();
    let mut lines = vec![if plan.gone {
        format!("{name} is gone; it begins anew behind {}.", plan.reach)
    } else if plan.torn {
        format!(
            "{name} has lost messages from its front or middle; all of it goes back, in its old order, behind {}.",
            plan.reach
        )
    } else if moved.is_empty() {
        format!("{name} lacks what nobody had read yet.")
    } else {
        format!("{name} has lost what {} had read.", moved.join(", "))
    }];
    let mut add = |many: u64, what: &str| {
        if many > 0 {
            lines.push(format!("  {:>9}  {what}", wallet_audit::report::grouped(many)));
        }
    };
    add(
        plan.fill,
        "places filled with nothing, so that no place is used twice",
    );
    add(
        requests(plan),
        "requests put back as the ledger has recorded them, or as they came after the loss",
    );
    add(
        recalled(plan),
        "requests put back as the decisions on them tell them: their text is lost",
    );
    for service in Service::ALL {
        add(
            count(plan, by(service)),
            &format!("events put back from the store of {service}"),
        );
    }
    add(plan.unread, "messages are lost for good: nobody had read them");
    if !moved.is_empty() {
        lines.push(format!(
            "  Then {} go on behind {}.",
            moved.join(", "),
            plan.reach
        ));
        lines.push("  What was acknowledged and read by nobody is in no store: a client that heard nothing asks again.".to_owned());
    }
    lines.join("\n")
}

fn as_json(shard: u16, plan: &Plan) -> Value {
    let moved: Vec<&str> = plan.moved.iter().map(|service| service.name()).collect();
    let events: serde_json::Map<String, Value> = Service::ALL
        .into_iter()
        .map(|service| (service.name().to_owned(), count(plan, by(service)).into()))
        .collect();
    json!({
        "stream": stream::name(Shard(shard)), "gone": plan.gone, "torn": plan.torn, "reach": plan.reach, "filled": plan.fill,
        "unread": plan.unread,
        "requests": requests(plan), "recalled": recalled(plan), "events": events, "go_on": moved,
    })
}
