//! `wallet trace`

use std::path::Path;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use wallet_client::api::{Api, Transfer};
use wallet_client::clock;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Paint};

use super::export;
use super::find::{find, unknown};
use crate::args::{Common, Trace, TraceCommand};
use crate::draw::{draw_with, facts, link};

#[derive(Serialize)]
struct Found<'a> {
    transfers: &'a [Transfer],
}

/// The output of [`Found`], to be read back.
#[derive(Deserialize)]
struct Written {
    transfers: Vec<Transfer>,
}

/// Draws the flow of a transfer, or all flows of a trace.
pub async fn run(args: &Trace, common: &Common) -> Result<Exit> {
    if let Some(TraceCommand::Export(args)) = &args.command {
        return export::run(args, common).await;
    }
    let flows = match &args.file {
        Some(file) => read(file, args)?,
        None => {
            let id = args.id.as_deref().unwrap_or_default();
            find(&common.ledger()?, id, args.payer.as_ref()).await?
        }
    };
    if flows.is_empty() {
        bail!(none(args));
    }
    if common.json {
        output::json(&Found { transfers: &flows })?;
    } else {
        let paint = Paint::for_stdout();
        // A flow from a file has no page and no current state.
        let api = args.file.is_none().then(|| common.ledger()).transpose()?;
        let drawn: Vec<String> = flows
            .iter()
            .map(|flow| drawing(flow, api.as_ref(), paint))
            .collect();
        output::line(&drawn.join("\n\n"))?;
    }
    Ok(outcome(&flows))
}

/// The message that nothing was found.
fn none(args: &Trace) -> String {
    match (&args.file, &args.id) {
        (None, id) => unknown(id.as_deref().unwrap_or_default()),
        (Some(file), Some(id)) => format!("{} has no flow with the id or trace {id}", file.display()),
        (Some(file), None) => format!("{} has no matching flow", file.display()),
    }
}

/// The drawing, the facts below it, and the address of its page.
fn drawing(flow: &Transfer, api: Option<&Api>, paint: Paint) -> String {
    let mut lines = vec![draw_with(flow, paint), String::new()];
    lines.extend(facts(flow, clock::now(), paint));
    lines.extend(api.map(|api| paint.faint(&link(api.url(), flow))));
    lines.join("\n")
}

/// The summary without the drawing.
pub(super) fn summary(flow: &Transfer, api: &Api, paint: Paint) -> String {
    let mut lines = facts(flow, clock::now(), paint);
    lines.push(paint.faint(&link(api.url(), flow)));
    lines.join("\n")
}

/// The exit code: the worst of all flows.
fn outcome(flows: &[Transfer]) -> Exit {
    let exits = flows.iter().map(|flow| Exit::from(flow.status));
    exits.max().unwrap_or(Exit::Ok)
}

/// The flows in a file, filtered by id and payer if given.
fn read(file: &Path, args: &Trace) -> Result<Vec<Transfer>> {
    let name = file.display();
    let unread = |error| Usage::new(format!("{name}: {error}"));
    let text = std::fs::read_to_string(file).map_err(unread)?;
    let invalid = |error| {
        Usage::new(format!(
            "{name} is not an output of `wallet trace --json`: {error}"
        ))
    };
    let written: Written = serde_json::from_str(&text).map_err(invalid)?;
    let matches = |flow: &Transfer| {
        let id = args.id.as_deref().map(str::to_lowercase);
        let named = id.is_none_or(|id| flow.transfer.to_string() == id || flow.trace == id);
        named
            && args
                .payer
                .as_ref()
                .is_none_or(|payer| flow.payer == payer.as_str())
    };
    Ok(written.transfers.into_iter().filter(matches).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_exit_code_is_that_of_the_worst_outcome() {
        let check = |statuses: &[&str], expected: Exit| {
            let flow = |status: &&str| {
                serde_json::from_value(serde_json::json!({
                    "transfer": "01900000-0000-7000-8000-000000000001", "payer": "alice", "status": status,
                    "verb": "transfer", "trace": "", "started_at": "2026-01-01T00:00:00Z",
                }))
                .unwrap()
            };
            let flows: Vec<Transfer> = statuses.iter().map(flow).collect();
            assert_eq!(outcome(&flows), expected, "{statuses:?}");
        };
        check(&["settled", "reserved", "done"], Exit::Ok);
        check(&["settled", "compensated"], Exit::Refused);
        check(&["refused", "running"], Exit::Timeout);
    }

    #[test]
    fn a_written_file_can_be_read_back() {
        let flow = |id: &str, payer: &str| {
            format!(
                r#"{{"transfer":"{id}","payer":"{payer}","status":"settled","verb":"transfer",
                "trace":"0af7651916cd43dd8448eb211c80319c","started_at":"2026-01-01T00:00:00Z"}}"#
            )
        };
        let (one, two) = (
            "01900000-0000-7000-8000-000000000001",
            "01900000-0000-7000-8000-000000000002",
        );
        let flows = [flow(one, "alice"), flow(two, "alice"), flow(two, "bob")].join(",");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, r#"{{"transfers":[{flows}]}}"#).unwrap();
        let check = |id: Option<&str>, payer: Option<&str>, expected: usize| {
            let args = Trace {
                id: id.map(str::to_owned),
                payer: payer.map(|payer| payer.parse().unwrap()),
                file: Some(file.path().to_owned()),
                command: None,
            };
            let found = read(file.path(), &args).unwrap();
            assert_eq!(found.len(), expected, "{id:?} {payer:?}");
        };
        check(None, None, 3);
        check(Some(two), None, 2);
        check(Some(two), Some("bob"), 1);
        check(Some("0af7651916cd43dd8448eb211c80319c"), None, 3);
        check(Some("0af7651916cd43dd8448eb211c80319d"), None, 0);
        let args = Trace {
            id: None,
            payer: None,
            file: None,
            command: None,
        };
        let not_there = read(Path::new("no-such-file.json"), &args).unwrap_err();
        assert_eq!(Exit::of(&not_there), Exit::Usage, "{not_there}");
    }
}
