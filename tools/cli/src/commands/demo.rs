//! `wallet demo`: a temporary stack, and named scenarios of what the wallet does, each checked.
//!
//! | part | does |
//! |---|---|
//! | `scenarios` | one function for each scenario: the requests, and the expected result |
//! | `stage` | what scenarios share: accounts, sending, waiting |
//! | `scene` | the result of a scenario, displayed |

mod scenario;
mod scenarios;
mod scene;
mod stage;

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use wallet_audit::live;
use wallet_audit::report::Report;
use wallet_contract::shard::Shards;
use wallet_stack::{Database, Options, Stack};
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint, Side, Table};
use wallet_terminal::signals::Signals;

use self::scenario::Scenario;
use self::scene::Scene;
use self::stage::Stage;
use crate::args::{Common, Demo};

/// Two are enough to show transfers across shards.
const SHARDS: u16 = 2;
/// How long verify may wait; by then everything has ended.
const END_WITHIN: Duration = Duration::from_secs(10);

/// Runs `wallet demo`.
pub async fn run(args: &Demo, common: &Common) -> Result<Exit> {
    let dir = tempfile::Builder::new().prefix("wallet-demo-").tempdir()?;
    let database = Database::temporary(args.database.as_deref()).await?;
    let options = Options::temporary(dir.path(), Shards::new(SHARDS)?, database)?;
    eprintln!("Starting a stack in {} …", dir.path().display());
    let good = wallet_stack::with(options, async |stack| {
        let (good, scenes) = play(stack, common).await?;
        if args.keep {
            keep(stack, &scenes).await?;
        }
        Ok(good)
    });
    Ok(if good.await? { Exit::Ok } else { Exit::Failed })
}

/// Scenarios with their results.
type Scenes = Vec<(Scenario, Scene)>;

/// Plays all scenarios, then verifies; true if every result was as expected.
async fn play(stack: &mut Stack, common: &Common) -> Result<(bool, Scenes)> {
    let mut stage = Stage::set_up(stack).await?;
    if !common.json {
        output::line(&stage.introduction())?;
    }
    let mut scenes = Scenes::new();
    for (index, scenario) in Scenario::ALL.into_iter().enumerate() {
        let scene = match scenario.play(&mut stage).await {
            Ok(scene) => stage.complete(scene).await?,
            Err(error) => Scene::failed(&error),
        };
        if common.json {
            output::json(&scene.json(scenario.title(), stage.api.url()))?;
        } else {
            output::line(&scene.text(index + 1, scenario, stage.api.url(), Paint::for_stdout()))?;
        }
        scenes.push((scenario, scene));
    }
    let report = live::audit(stage.wallet.connection(), &stage.api, END_WITHIN).await?;
    let good = report.held && scenes.iter().all(|(_, scene)| scene.is_good());
    if common.json {
        output::json(&json!({ "ok": good, "verify": report }))?;
    } else {
        output::line(&summary(&scenes, &report, Paint::for_stdout()))?;
    }
    Ok((good, scenes))
}

fn summary(scenes: &[(Scenario, Scene)], report: &Report, paint: Paint) -> String {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("scenario", Side::Left),
        ("outcome", Side::Left),
    ]);
    for (scenario, scene) in scenes {
        table.row([
            if scene.is_good() { "✓" } else { "✗" },
            scenario.title(),
            &scene.result(),
        ]);
    }
    let heading = |text: &str| paint.strong(&scene::heading(text));
    let (good, all) = (
        scenes.iter().filter(|(_, scene)| scene.is_good()).count(),
        scenes.len(),
    );
    let verified = audit_result(report.exit());
    let verdict = format!("{good} of {all} scenarios came out as expected, and {verified}.");
    let verdict = if good == all && report.held {
        paint.good(&verdict)
    } else {
        paint.bad(&verdict)
    };
    format!(
        "\n{}\n\n{}\n\n{}\n\n{}\n{verdict}",
        heading("wallet verify"),
        report.text(),
        heading("Summary"),
        table.draw(paint)
    )
}

/// The audit's result in words: a flow that is late is no broken invariant.
fn audit_result(exit: Exit) -> String {
    match exit {
        Exit::Ok => "every invariant holds".to_owned(),
        Exit::Timeout => {
            format!("no invariant is broken, but not everything has ended within {END_WITHIN:?}")
        }
        Exit::Nothing | Exit::Failed | Exit::Usage | Exit::Warned | Exit::Refused | Exit::Unread => {
            "an invariant is broken".to_owned()
        }
    }
}

/// Leaves the stack to the user until Ctrl-C.
async fn keep(stack: &mut Stack, scenes: &Scenes) -> Result<()> {
    let (nats, api) = (stack.nats_url(), stack.api_url());
    eprintln!(
        "The stack stays up until Ctrl-C. To reach it:\n  export WALLET_NATS_URL={nats} WALLET_API_URL={api}"
    );
    eprintln!("  wallet transfers");
    eprintln!("The viewer is at {api}/ and shows what happened in each scenario:");
    for (scenario, scene) in scenes {
        if let Some(link) = scene.link(&api) {
            eprintln!("  {:<36}  {link}", scenario.title());
        }
    }
    let mut signals = Signals::new()?;
    tokio::select! {
        error = stack.watch() => Err(error),
        _ = signals.next() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use wallet_terminal::exit::Exit;

    use super::audit_result;

    #[test]
    fn a_late_flow_is_not_reported_as_a_broken_invariant() {
        for (exit, expected) in [
            (Exit::Ok, "every invariant holds"),
            (
                Exit::Timeout,
                "no invariant is broken, but not everything has ended within 10s",
            ),
            (Exit::Failed, "an invariant is broken"),
        ] {
            assert_eq!(audit_result(exit), expected);
        }
    }
}
