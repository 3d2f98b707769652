//! One flow, step by step, until it has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};
use wallet_client::api::{Api, Transfer};
use wallet_client::clock;
use wallet_contract::id::TransferId;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint};

use crate::args::Watch;
use crate::commands::find::unknown;
use crate::commands::trace;
use crate::draw::{expected, new_steps};

/// The polling interval. A flow takes milliseconds.
const PAUSE: Duration = Duration::from_millis(100);
/// After this long without news, the user is told what the flow waits for.
const QUIET: Duration = Duration::from_secs(1);

/// Shows each step as it arrives, and finally the whole flow; with JSON, the flow whenever it has changed.
pub(super) async fn run(api: &Api, id: TransferId, args: &Watch, json: bool) -> Result<Exit> {
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut shown = Shown {
        seen: BTreeSet::new(),
        last_event_at: Instant::now(),
        has_shown_expected: false,
        json,
        paint: Paint::for_stdout(),
    };
    loop {
        let flow = api.transfer(id, args.payer.as_ref()).await?;
        if let Some(flow) = &flow {
            shown.show(flow)?;
            if flow.ended_at.is_some() {
                shown.end(flow, api)?;
                return Ok(Exit::from(flow.status));
            }
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return out_of_time(id, flow.as_ref());
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            _ = &mut stop => return Ok(flow.map_or(Exit::Timeout, |flow| Exit::from(flow.status))),
        }
    }
}

/// The error after the time limit. A request is in the log before any service hears of it, and the ledger reads the log: a
/// request that it does not know was not sent.
fn out_of_time(id: TransferId, flow: Option<&Transfer>) -> Result<Exit> {
    let Some(flow) = flow else {
        bail!(unknown(&id.to_string()));
    };
    eprintln!("{id} is still {}", flow.status.word());
    Ok(Exit::from(flow.status))
}

struct Shown {
    seen: BTreeSet<uuid::Uuid>,
    last_event_at: Instant,
    /// Whether the user was told what the flow waits for, since the last news.
    has_shown_expected: bool,
    json: bool,
    paint: Paint,
}

impl Shown {
    fn show(&mut self, flow: &Transfer) -> Result<()> {
        let before = self.seen.len();
        let lines = new_steps(flow, &mut self.seen, self.paint);
        if self.seen.len() > before {
            (self.last_event_at, self.has_shown_expected) = (Instant::now(), false);
            if self.json {
                output::json(flow)?;
            } else {
                output::line(&lines.join("\n"))?;
            }
        }
        if !self.has_shown_expected && !self.json && self.last_event_at.elapsed() >= QUIET {
            self.has_shown_expected = true;
            for line in expected(flow, clock::now(), self.paint) {
                output::line(&line)?;
            }
        }
        Ok(())
    }

    fn end(&self, flow: &Transfer, api: &Api) -> Result<()> {
        if !self.json {
            output::line(&format!("\n{}", trace::summary(flow, api, self.paint)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_id_is_an_error_and_not_a_timeout() {
        let id: TransferId = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f".parse().unwrap();
        let flow = |status: &str| {
            let flow = json!({
                "transfer": id.0, "payer": "alice", "status": status, "verb": "transfer", "trace": "",
                "started_at": "2026-01-01T00:00:00Z",
            });
            serde_json::from_value::<Transfer>(flow).unwrap()
        };
        for (status, exit) in [("running", Exit::Timeout), ("reserved", Exit::Ok)] {
            assert_eq!(out_of_time(id, Some(&flow(status))).unwrap(), exit, "{status}");
        }
        let unknown = out_of_time(id, None).unwrap_err();
        assert_eq!(Exit::of(&unknown), Exit::Failed, "{unknown}");
    }
}
