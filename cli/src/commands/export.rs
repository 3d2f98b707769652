//! `wallet trace export`: flows as OpenTelemetry spans, on demand.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde_json::json;
use wallet_contract::id::AccountId;
use wallet_otlp::exporter::SPANS;
use wallet_otlp::{Exporter, Failed, Settings};
use wallet_view::span::{self, Span};

use super::trace::find;
use crate::api::{Api, Filter, MAX_ROWS, Transfer};
use crate::args::{Common, Export};
use crate::exit::{Exit, Usage};
use crate::output::{self, count};

/// Sends flows until one message is refused, or the receiver does not answer.
pub async fn run(args: &Export, common: &Common) -> Result<Exit> {
    let settings = settings(args).map_err(Usage::new)?;
    let exporter = Exporter::new(settings).map_err(Usage::new)?;
    let api = common.ledger()?;
    let mut sending = Sending {
        exporter,
        waiting: Vec::new(),
        flows: 0,
        spans: 0,
        rejected: 0,
    };
    match (&args.id, args.since) {
        (Some(id), _) => {
            for flow in find(&api, id, args.payer.as_ref()).await? {
                sending.add(&flow).await?;
            }
            if sending.flows == 0 {
                bail!("no flow has the id or trace {id}: `wallet transfers` lists what there is");
            }
        }
        (None, Some(since)) => since_then(&api, since, &mut sending).await?,
        (None, None) => return Err(Usage::new("say which: an id, or --since").into()),
    }
    sending.flush().await?;
    tell(&sending, common.json)
}

fn settings(args: &Export) -> Result<Settings, wallet_otlp::BadSetting> {
    let settings = Settings::at(&args.otlp, args.protocol)?;
    settings.with_headers(args.headers.as_ref().map_or("", |headers| &headers.0))
}

/// Goes through the list, the newest first, until flows began earlier.
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
            // An id may name a transfer and an operator's request of one account: they are answered together.
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

/// What is on its way to the receiver.
struct Sending {
    exporter: Exporter,
    waiting: Vec<Span>,
    flows: usize,
    spans: usize,
    rejected: usize,
}

impl Sending {
    async fn add(&mut self, flow: &Transfer) -> Result<()> {
        self.flows += 1;
        self.waiting.extend(span::of(flow));
        while self.waiting.len() >= SPANS {
            let some: Vec<Span> = self.waiting.drain(..SPANS).collect();
            self.send(&some).await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.waiting);
        if rest.is_empty() {
            Ok(())
        } else {
            self.send(&rest).await
        }
    }

    async fn send(&mut self, spans: &[Span]) -> Result<()> {
        let sent = match self.exporter.send(spans).await {
            Ok(sent) => sent,
            Err(Failed::Again(why) | Failed::Refused(why)) => {
                bail!(
                    "{why}; {} spans were sent before. Is --otlp right, and --protocol?",
                    self.spans
                )
            }
        };
        self.spans += sent.spans;
        self.rejected += sent.rejected;
        if sent.rejected > 0 {
            eprintln!(
                "{} spans were not wanted: {}",
                sent.rejected,
                output::clean(&sent.why)
            );
        }
        Ok(())
    }
}

fn tell(sent: &Sending, as_json: bool) -> Result<Exit> {
    if as_json {
        output::json(&json!({
            "flows": sent.flows,
            "spans": sent.spans,
            "rejected_spans": sent.rejected,
            "receiver": sent.exporter.shown(),
        }))?;
    } else {
        let flows = if sent.flows == 1 { "flow" } else { "flows" };
        output::line(&format!(
            "{} {flows} exported, {} spans, to {}",
            count(sent.flows),
            count(sent.spans),
            sent.exporter.shown()
        ))?;
    }
    Ok(if sent.rejected == 0 {
        Exit::Ok
    } else {
        Exit::Failed
    })
}
