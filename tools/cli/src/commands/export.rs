//! `wallet trace export`: flows as OpenTelemetry spans, on demand.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Duration, Instant, sleep};
use wallet_client::api::{Api, Filter, MAX_ROWS, Transfer};
use wallet_contract::id::AccountId;
use wallet_otlp::exporter::SPANS;
use wallet_otlp::{Done, Exporter, Outlet, Settings};
use wallet_terminal::eprintln;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, clean, count};
use wallet_view::span::{self, Span};

use super::find::{find, unknown};
use crate::args::{Common, Export};

/// How long a receiver that can't accept anything is retried.
const GIVE_UP_AFTER: Duration = Duration::from_mins(2);
/// The pause before the first retry; it doubles with each further one.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends flows until all are finished, or the receiver accepts nothing for too long.
pub async fn run(args: &Export, common: &Common) -> Result<Exit> {
    let settings = settings(args).map_err(Usage::new)?;
    let exporter = Exporter::new(settings).map_err(Usage::new)?;
    let api = common.ledger()?;
    let mut sending = Sending {
        outlet: Outlet::new(exporter),
        waiting: Vec::new(),
        flows: 0,
        spans: 0,
        rejected: 0,
        oversized: 0,
    };
    match (&args.id, args.since) {
        (Some(id), _) => {
            for flow in find(&api, id, args.payer.as_ref()).await? {
                sending.add(&flow).await?;
            }
            if sending.flows == 0 {
                bail!(unknown(id));
            }
        }
        (None, Some(since)) => since_then(&api, since, &mut sending).await?,
        (None, None) => return Err(Usage::new("give a transfer's id, or --since TIME").into()),
    }
    sending.flush().await?;
    report(&sending, common.json)
}

fn settings(args: &Export) -> Result<Settings, wallet_otlp::BadSetting> {
    let settings = Settings::at(&args.otlp, args.protocol)?;
    settings.with_headers(args.headers.as_ref().map_or("", |headers| &headers.0))
}

/// Walks through the list, newest first, down to flows that began earlier.
async fn since_then(api: &Api, since: Timestamp, sending: &mut Sending) -> Result<()> {
    let (mut before, mut seen) = (None, BTreeSet::new());
    loop {
        let page = api
            .transfers(&Filter::default(), MAX_ROWS, before.as_deref())
            .await?;
        for flow in page.transfers {
            if flow.started_at < since {
                return Ok(());
            }
            let payer: AccountId = flow.payer.parse()?;
            // An id may name both a transfer and an operator's request of one account: they come in one response.
            if seen.insert((flow.transfer, payer.clone()))
                && let Some(whole) = api
                    .transfer(flow.transfer.to_string().parse()?, Some(&payer))
                    .await?
            {
                sending.add(&whole).await?;
            }
        }
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(()),
        }
    }
}

/// The export in progress.
struct Sending {
    outlet: Outlet,
    /// The spans of each flow.
    waiting: Vec<Vec<Span>>,
    flows: usize,
    spans: usize,
    rejected: usize,
    oversized: usize,
}

impl Sending {
    async fn add(&mut self, flow: &Transfer) -> Result<()> {
        self.flows += 1;
        self.waiting.push(span::of(flow));
        while self.waiting.iter().map(Vec::len).sum::<usize>() >= SPANS {
            self.send().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        while !self.waiting.is_empty() {
            self.send().await?;
        }
        Ok(())
    }

    /// Sends the first waiting flows, and backs off when the receiver asks for it.
    async fn send(&mut self) -> Result<()> {
        let (began, mut pause) = (Instant::now(), PAUSE);
        let done = loop {
            let later = match self.outlet.send(&self.waiting).await {
                Ok(done) => break done,
                Err(later) => later,
            };
            let wait = later.after.unwrap_or(pause);
            let is_unreachable = !later.answered && self.spans == 0;
            if is_unreachable || began.elapsed() + wait > GIVE_UP_AFTER {
                bail!(self.gave_up(&later.why));
            }
            eprintln!("{later}; trying again in {wait:?}");
            sleep(wait).await;
            pause *= 2;
        };
        match &done {
            // Don't bother a receiver that has accepted nothing at all.
            Done::Refused { why, .. } if self.spans == 0 => bail!(self.gave_up(why)),
            Done::Refused { .. } | Done::Sent { .. } | Done::TooLarge { .. } => self.count(&done),
        }
        self.waiting.drain(..done.flows());
        Ok(())
    }

    fn gave_up(&self, why: &str) -> String {
        let spans = self.spans;
        format!("{why}; {spans} spans were sent before. Check --otlp and --protocol")
    }

    fn count(&mut self, done: &Done) {
        match done {
            Done::Sent { sent, .. } => {
                self.spans += sent.spans;
                self.rejected += sent.rejected;
                if sent.rejected > 0 || !sent.why.is_empty() {
                    eprintln!(
                        "the receiver rejected {} spans: {}",
                        sent.rejected,
                        clean(&sent.why)
                    );
                }
            }
            Done::Refused { spans, why, .. } => {
                self.rejected += spans;
                eprintln!("the receiver rejected {spans} spans: {}", clean(why));
            }
            Done::TooLarge { spans, why } => {
                self.rejected += spans;
                self.oversized += 1;
                eprintln!(
                    "a flow of {spans} spans is too large for the receiver: {}",
                    clean(why)
                );
            }
        }
    }
}

fn report(sent: &Sending, as_json: bool) -> Result<Exit> {
    if as_json {
        output::json(&json!({
            "flows": sent.flows,
            "spans": sent.spans,
            "rejected_spans": sent.rejected,
            "oversized_flows": sent.oversized,
            "receiver": sent.outlet.shown(),
        }))?;
    } else {
        let flows = if sent.flows == 1 { "flow" } else { "flows" };
        let rejected = match sent.rejected {
            0 => String::new(),
            rejected => format!("; {} spans were rejected", count(rejected)),
        };
        output::line(&format!(
            "{} {flows} exported, {} spans, to {}{rejected}",
            count(sent.flows),
            count(sent.spans),
            sent.outlet.shown()
        ))?;
    }
    Ok(if sent.rejected == 0 {
        Exit::Ok
    } else {
        Exit::Failed
    })
}
