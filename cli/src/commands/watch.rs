//! `wallet watch`: flows as they end; one flow, step by step, is in `one`.
//!
//! It asks the ledger again and again: for everything that began since the newest flow it knows (and a little before,
//! since shards are read one after the other), and for each flow that it has seen running.

mod one;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use wallet_contract::id::{AccountId, TransferId};

use crate::api::{Api, Filter, Status, Transfer};
use crate::args::{Common, Watch};
use crate::clock;
use crate::draw::headline;
use crate::exit::Exit;
use crate::output::{self, Paint, clean, time};

/// How long to pause between two questions.
const PAUSE: Duration = Duration::from_millis(500);
/// How far a new flow may begin before one that is known already.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// How many flows one question brings; there are as many questions as it takes.
const ROWS: u32 = 100;
/// How many flows that are still running are asked for by name each time, the oldest first.
const MAX_ASKED: usize = 100;

/// Shows flows as they end, until Ctrl-C; or one, until it has ended.
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
        known: BTreeMap::new(),
    };
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    // A ledger that is not there at first is a mistake; one that is restarted later is waited for.
    watcher.ask().await?;
    eprintln!("watching the ledger at {}; Ctrl-C ends", watcher.api.url());
    let mut trouble = String::new();
    loop {
        let ended = tokio::select! {
            ended = watcher.ask() => ended,
            _ = &mut stop => return Ok(Exit::Ok),
        };
        match ended {
            Ok(ended) => {
                trouble.clear();
                ended.iter().try_for_each(|flow| show(flow, common.json))?;
            }
            Err(error) => {
                let text = format!("{error:#}");
                if text != trouble {
                    eprintln!("{text}; asking on");
                }
                trouble = text;
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
        told(flow, paint)
    );
    Ok(output::line(&format!(
        "{line}  {}",
        paint.faint(&clean(&flow.transfer.to_string()))
    ))?)
}

fn told(flow: &Transfer, paint: Paint) -> String {
    let text = headline(flow);
    match flow.status {
        Status::Settled | Status::Done => paint.good(&text),
        Status::Refused => paint.bad(&text),
        Status::Compensated | Status::Running | Status::Reserved | Status::Cancelled | Status::Expired => {
            paint.warn(&text)
        }
    }
}

type Key = (String, String);

struct Watcher {
    api: Api,
    filter: Filter,
    /// Nothing that began before is new.
    since: Timestamp,
    /// Flows that began since then, and older ones that are still running: when they began, and whether they have ended.
    known: BTreeMap<Key, (Timestamp, bool)>,
}

impl Watcher {
    /// All flows that have ended since the last question, in the order in which they ended.
    async fn ask(&mut self) -> Result<Vec<Transfer>> {
        let mut ended = self.new_ones().await?;
        ended.extend(self.running_ones(&ended).await?);
        for flow in &ended {
            self.known.insert(key(flow), (flow.started_at, true));
        }
        let newest = self.known.values().map(|(began, _)| *began).max();
        self.since = self.since.max(
            newest
                .and_then(|newest| newest.checked_sub(OVERLAP).ok())
                .unwrap_or(self.since),
        );
        self.known
            .retain(|_, (began, has_ended)| *began >= self.since || !*has_ended);
        ended.sort_by_key(|flow| flow.ended_at);
        Ok(ended)
    }

    /// Flows that have ended among those that began lately; remembers those that run.
    async fn new_ones(&mut self) -> Result<Vec<Transfer>> {
        let mut ended = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = self.api.transfers(&self.filter, ROWS, next.as_deref()).await?;
            let reached = page
                .transfers
                .last()
                .is_none_or(|oldest| oldest.started_at < self.since);
            for flow in page
                .transfers
                .into_iter()
                .filter(|flow| flow.started_at >= self.since)
            {
                let (_, has_ended) = self.known.entry(key(&flow)).or_insert((flow.started_at, false));
                if flow.status != Status::Running && !*has_ended {
                    ended.push(flow);
                }
            }
            next = page.next;
            if reached || next.is_none() {
                return Ok(ended);
            }
        }
    }

    /// Flows that ran when last seen, are too old to be found among the new ones, and have ended by now.
    async fn running_ones(&self, found: &[Transfer]) -> Result<Vec<Transfer>> {
        let old = self
            .known
            .iter()
            .filter(|(_, (began, has_ended))| !*has_ended && *began < self.since);
        let mut ended = Vec::new();
        for ((id, payer), _) in old.take(MAX_ASKED) {
            let (Ok(id), Ok(payer)) = (id.parse::<TransferId>(), payer.parse::<AccountId>()) else {
                continue;
            };
            let flow = self.api.transfer(id, Some(&payer)).await?;
            ended.extend(flow.filter(|flow| flow.status != Status::Running));
        }
        ended.retain(|flow| !found.iter().any(|other| key(other) == key(flow)));
        Ok(ended)
    }
}

fn key(flow: &Transfer) -> Key {
    (flow.transfer.to_string(), flow.payer.clone())
}
