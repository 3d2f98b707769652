//! `wallet watch`: flows as they end; `one` follows one flow, step by step.
//!
//! It polls the ledger for everything that has ended since the latest known end, and slightly before, because shards are read one
//! after the other and each has its own clock.

mod one;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use wallet_client::api::{Api, Filter, Status, Transfer};
use wallet_client::clock;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint, clean, time};

use crate::args::{Common, Watch};
use crate::draw::headline;

/// The polling interval.
const PAUSE: Duration = Duration::from_millis(500);
/// How far before the latest known end a new one may lie.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);

/// Shows flows as they end, until Ctrl-C; or one flow, until it has ended.
pub async fn run(args: &Watch, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    if let Some(id) = args.id {
        return one::run(&api, id, args, common.json).await;
    }
    let filter = Filter {
        account: args.account.clone(),
        ..Filter::default()
    };
    let mut watcher = Watcher {
        api,
        filter,
        since: clock::now(),
        shown: BTreeMap::new(),
    };
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    // A ledger that can't be reached at the start is an error; one that is restarted later is waited for.
    watcher.poll().await?;
    eprintln!("watching the ledger at {}; Ctrl-C stops it", watcher.api.url());
    let mut last_error = String::new();
    loop {
        let ended = tokio::select! {
            ended = watcher.poll() => ended,
            _ = &mut stop => return Ok(Exit::Ok),
        };
        match ended {
            Ok(ended) => {
                last_error.clear();
                ended.iter().try_for_each(|flow| show(flow, common.json))?;
            }
            Err(error) => {
                let text = format!("{error:#}");
                if text != last_error {
                    eprintln!("{text}; retrying");
                }
                last_error = text;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = &mut stop => return Ok(Exit::Ok),
        }
    }
}

fn show(flow: &Transfer, json: bool) -> Result<()> {
    if json {
        return Ok(output::json(flow)?);
    }
    let paint = Paint::for_stdout();
    let line = format!(
        "{}  {}",
        paint.faint(&time(flow.ended_at.unwrap_or(flow.started_at))),
        painted_headline(flow, paint)
    );
    Ok(output::line(&format!(
        "{line}  {}",
        paint.faint(&clean(&flow.transfer.to_string()))
    ))?)
}

fn painted_headline(flow: &Transfer, paint: Paint) -> String {
    let text = headline(flow);
    match flow.status {
        Status::Settled | Status::Done => paint.good(&text),
        Status::Refused => paint.bad(&text),
        Status::Compensated | Status::Running | Status::Reserved | Status::Cancelled | Status::Expired => {
            paint.warn(&text)
        }
    }
}

/// An id may name both a transfer and an operator's request.
type Key = (String, String, String);

struct Watcher {
    api: Api,
    filter: Filter,
    /// Flows that ended before this are not new.
    since: Timestamp,
    /// The flows that ended since then and have been shown, with their end.
    shown: BTreeMap<Key, Timestamp>,
}

impl Watcher {
    /// All flows that have ended since the last poll, in the order in which they ended.
    async fn poll(&mut self) -> Result<Vec<Transfer>> {
        self.filter.ended = (Some(self.since), None);
        let mut ended = self.api.flows(&self.filter, None).await?.transfers;
        ended.retain(|flow| !self.shown.contains_key(&key(flow)));
        ended.sort_by_key(|flow| flow.ended_at);
        let times = ended.iter().filter_map(|flow| Some((key(flow), flow.ended_at?)));
        self.shown.extend(times);
        let newest = self.shown.values().max();
        if let Some(since) = newest.and_then(|newest| newest.checked_sub(OVERLAP).ok()) {
            self.since = self.since.max(since);
        }
        self.shown.retain(|_, ended_at| *ended_at >= self.since);
        Ok(ended)
    }
}

fn key(flow: &Transfer) -> Key {
    (flow.transfer.to_string(), flow.payer.clone(), flow.verb.clone())
}
