//! One flow, step by step, until it has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};
use wallet_contract::id::TransferId;

use crate::api::{Api, Status, Transfer};
use crate::args::Watch;
use crate::clock;
use crate::commands::trace;
use crate::draw::{expected, new_steps};
use crate::exit::Exit;
use crate::output::{self, Paint};

/// Between two questions. A flow takes milliseconds.
const PAUSE: Duration = Duration::from_millis(100);
/// How long nothing may happen before it is said what is waited for.
const QUIET: Duration = Duration::from_secs(1);

/// Shows each step as it comes, and at the end the whole; with JSON, the flow whenever something has changed.
pub(super) async fn run(api: &Api, id: TransferId, args: &Watch, json: bool) -> Result<Exit> {
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut shown = Shown {
        seen: BTreeSet::new(),
        heard: Instant::now(),
        said: false,
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
            return Ok(out_of_time(id, flow.as_ref()));
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            _ = &mut stop => return Ok(flow.map_or(Exit::Timeout, |flow| Exit::from(flow.status))),
        }
    }
}

fn out_of_time(id: TransferId, flow: Option<&Transfer>) -> Exit {
    let how = flow.map_or("not heard of", |flow| flow.status.word());
    eprintln!("{id} is still {how}");
    match flow.map(|flow| flow.status) {
        Some(Status::Reserved) => Exit::Ok,
        Some(_) | None => Exit::Timeout,
    }
}

struct Shown {
    seen: BTreeSet<uuid::Uuid>,
    heard: Instant,
    /// Whether it was said what is waited for, since something was last heard.
    said: bool,
    json: bool,
    paint: Paint,
}

impl Shown {
    fn show(&mut self, flow: &Transfer) -> Result<()> {
        let before = self.seen.len();
        let lines = new_steps(flow, &mut self.seen, self.paint);
        if self.seen.len() > before {
            (self.heard, self.said) = (Instant::now(), false);
            if self.json {
                output::json(flow)?;
            } else {
                output::line(&lines.join("\n"))?;
            }
        }
        if !self.said && !self.json && self.heard.elapsed() >= QUIET {
            self.said = true;
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
