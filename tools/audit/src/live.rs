//! Reads a live stack: all shards' logs through NATS, the ledger's state over HTTP.
//!
//! It reads repeatedly until nothing changed between the end of the logs and the ledger's responses, so that the two can be
//! compared. Readers are ordered consumers without acknowledgements: they leave nothing on the server.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy, pull};
use async_nats::{HeaderMap, jetstream};
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use wallet_client::api::{Api, Filter, Stats, StatusFilter};
use wallet_client::connect::Connection;
use wallet_contract::headers::Headers;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::stream;
use wallet_terminal::eprintln;
use wallet_terminal::output::time;

use super::audit::Audit;
use super::compare::{Shown, compare, minor};
use super::entry::{self, Entry, Message};
use super::report::{Report, grouped};

/// Timeout for the next message of a log: it exists, so it only has to arrive.
const MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// How often a silent reader is reopened: one that waited long for the audit sometimes delivers nothing more.
const TRIES: u32 = 4;
/// How many messages of each log may be read and split, but not yet booked: bounds the memory.
const AHEAD: usize = 8;
/// The most bytes in one pull, for each log.
const PULL_BYTES: i64 = 4 * 1024 * 1024;
/// The most messages in one pull.
const PULL_MESSAGES: i64 = 1024;
/// After this long, the user is told what the audit waits for.
const REPORT_AFTER: Duration = Duration::from_secs(2);
/// The polling interval.
const POLL: Duration = Duration::from_millis(100);

/// Audits the stack behind `connection` and `api`. Waits at most `wait` for transfers in progress.
pub async fn audit(connection: &Connection, api: &Api, wait: Duration) -> Result<Report> {
    let shards = connection.shards().await?;
    let deadline = Instant::now() + wait;
    let mut audit = Audit::new(shards);
    let mut positions = starts(connection, api, shards).await?;
    for (shard, position) in shards.all().zip(&positions) {
        audit.set_start(shard, position + 1);
    }
    let (shown, at_rest) = loop {
        let stats = rest(api, deadline).await?;
        let ends = ends(&stats, shards)?;
        read_logs(connection.jetstream(), &mut audit, &positions, &ends).await?;
        positions.clone_from(&ends);
        let shown = shown(api).await?;
        let still = self::ends(&api.stats().await?, shards)? == ends;
        let at_rest = is_at_rest(&stats) && still && audit.is_quiet();
        if at_rest || Instant::now() >= deadline {
            break (shown, at_rest);
        }
        sleep(POLL).await;
    };
    let stuck = if at_rest { None } else { stuck(api).await? };
    if !at_rest {
        audit.set_busy();
        let advice = if stuck.is_some() {
            "A stuck transfer does not end by waiting: start the service that it waits for, or see its log (`wallet doctor`)."
        } else {
            "Stop the load, or give a longer --wait."
        };
        eprintln!(
            "Not everything has ended within {wait:?}: flows in progress count as not ended, and the ledger may \
             be ahead of what was read. {advice}"
        );
    }
    let (counts, books, mut breaches) = audit.finish();
    let compared = compare(&counts, &books, &shown, &mut breaches);
    let report = Report::new(counts, &breaches, Some(&compared));
    Ok(Report { stuck, ..report })
}

/// How many transfers are stuck, and what the oldest waits for.
async fn stuck(api: &Api) -> Result<Option<String>> {
    let filter = Filter {
        status: Some(StatusFilter::Stuck),
        ..Filter::default()
    };
    let oldest = api.transfers(&filter, 1, None).await?.transfers.pop();
    let Some((oldest, why)) = oldest.and_then(|flow| Some((flow.transfer, flow.stuck?))) else {
        return Ok(None);
    };
    let all = match api.health().await?.stuck {
        0 | 1 => "1 transfer is stuck".to_owned(),
        all => format!("{} transfers are stuck, the oldest", grouped(all)),
    };
    let (reason, since) = (why.describe(), time(why.since));
    Ok(Some(format!("{all}: {oldest}: {reason}, since {since} UTC")))
}

/// The position after which each log must be complete. Messages that healing has put back come after all that was there before,
/// and the remains before them are not read. A log that lacks messages is not read at all, because every finding would follow
/// from that.
async fn starts(connection: &Connection, api: &Api, shards: Shards) -> Result<Vec<u64>> {
    let store = api.store().await?;
    let mut positions = Vec::new();
    for shard in shards.all() {
        let (name, found) = (stream::name(shard), connection.stream(shard).await?);
        let found =
            found.with_context(|| format!("stream {name} does not exist: `wallet heal` restores it"))?;
        let from = found.must_hold_from(store.whole_from(shard));
        let missing = found.state.missing(from);
        if missing > 0 {
            bail!(
                "stream {name} lacks {missing} of its messages from {from} on: `wallet heal` restores what the services have stored"
            );
        }
        positions.push(from - 1);
    }
    Ok(positions)
}

fn is_at_rest(stats: &Stats) -> bool {
    stats.transfers.running == 0 && stats.shards.iter().all(|shard| shard.lag <= 0)
}

/// Waits until no transfer is in progress and the books have caught up, or until the deadline.
async fn rest(api: &Api, deadline: Instant) -> Result<Stats> {
    let (mut reported, report_at) = (false, Instant::now() + REPORT_AFTER);
    loop {
        let stats = api.stats().await?;
        if is_at_rest(&stats) || Instant::now() >= deadline {
            return Ok(stats);
        }
        if !reported && Instant::now() > report_at {
            let lag: i64 = stats.shards.iter().map(|shard| shard.lag.max(0)).sum();
            let running = grouped(stats.transfers.running);
            eprintln!(
                "Waiting for {running} transfers in progress, and {lag} messages that the ledger has not read yet …"
            );
            reported = true;
        }
        sleep(POLL).await;
    }
}

/// The end of each shard's log, as the ledger learned it from the server.
fn ends(stats: &Stats, shards: Shards) -> Result<Vec<u64>> {
    let end = |shard: Shard| {
        let found = stats.shards.iter().find(|position| position.shard == shard.0);
        let found = found.with_context(|| {
            format!("the ledger has no shard {shard}: check that --nats and --api belong to the same stack")
        });
        found.map(|position| position.last_sequence)
    };
    shards.all().map(end).collect()
}

type Parcel = Result<(u64, Vec<Entry>)>;

/// Feeds the audit with all logs from after `positions` up to `ends`, merged so that no log runs far ahead.
async fn read_logs(
    jetstream: &jetstream::Context,
    audit: &mut Audit,
    positions: &[u64],
    ends: &[u64],
) -> Result<()> {
    let total: u64 = ends
        .iter()
        .zip(positions)
        .map(|(end, position)| end.saturating_sub(*position))
        .sum();
    let bar =
        ProgressBar::new(total).with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} messages")?);
    let mut logs = Vec::new();
    for (index, (position, end)) in positions.iter().zip(ends).enumerate() {
        if end > position {
            let shard = Shard(u16::try_from(index)?);
            let (sender, receiver) = mpsc::channel(AHEAD);
            tokio::spawn(read_log(jetstream.clone(), shard, *position, *end, sender));
            logs.push((shard, *end, receiver));
        }
    }
    while let Some(next) = (0..logs.len()).min_by_key(|log| audit.waiting(logs[*log].0)) {
        let (shard, end, receiver) = &mut logs[next];
        let parcel = receiver.recv().await;
        let (sequence, entries) =
            parcel.with_context(|| format!("the reader of shard {shard} has ended"))??;
        audit.take(*shard, sequence, entries);
        bar.inc(1);
        if sequence >= *end {
            logs.swap_remove(next);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Reads one shard's log from after `position` up to `end`, splitting each message on the way.
async fn read_log(
    jetstream: jetstream::Context,
    shard: Shard,
    position: u64,
    end: u64,
    parcels: mpsc::Sender<Parcel>,
) {
    if let Err(error) = try_read_log(&jetstream, shard, position, end, &parcels).await {
        // If the receiver is gone, it has an error of its own.
        let _ = parcels.send(Err(error)).await;
    }
}

async fn try_read_log(
    jetstream: &jetstream::Context,
    shard: Shard,
    position: u64,
    end: u64,
    parcels: &mpsc::Sender<Parcel>,
) -> Result<()> {
    let name = stream::name(shard);
    let log = jetstream
        .get_stream_no_info(&name)
        .await
        .with_context(|| format!("stream {name}"))?;
    let mut next = position + 1;
    for _ in 0..TRIES {
        let mut messages = reader(&log, next).await?;
        while let Ok(message) = timeout(MESSAGE_WITHIN, messages.next()).await {
            let Some(message) = message else {
                bail!("stream {name}: the reader ended before message {end}")
            };
            let message = received(&message.with_context(|| format!("stream {name}"))?)?;
            next = message.sequence + 1;
            let entries = entry::read(&message, shard);
            if parcels.send(Ok((message.sequence, entries))).await.is_err() || message.sequence >= end {
                return Ok(());
            }
        }
    }
    bail!("stream {name}: no message {next} (of {end}) within {MESSAGE_WITHIN:?}, in {TRIES} attempts")
}

/// A reader of a log, starting at message `next`.
pub async fn reader(log: &jetstream::stream::Stream<()>, next: u64) -> Result<pull::Ordered> {
    let consumer = log.create_consumer(from(next)).await;
    let consumer = consumer.context("the log can't be read: check that this NATS user may read it")?;
    consumer.messages().await.context("the log can't be read")
}

/// The consumer configuration for reading a log from message `next` on.
pub fn from(next: u64) -> pull::OrderedConfig {
    pull::OrderedConfig {
        description: Some("wallet verify: reads everything once".to_owned()),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next },
        replay_policy: ReplayPolicy::Instant,
        max_batch: PULL_MESSAGES,
        max_bytes: PULL_BYTES,
        ..pull::OrderedConfig::default()
    }
}

/// Converts a message into the audit's form.
pub fn received(message: &jetstream::Message) -> Result<Message> {
    let sequence = message
        .info()
        .map_err(|error| anyhow!("a message has no position: {error}"))?
        .stream_sequence;
    let Headers {
        traceparent,
        event_id,
    } = message.headers.as_ref().map(read_headers).unwrap_or_default();
    Ok(Message {
        sequence,
        subject: message.subject.to_string(),
        payload: message.payload.clone(),
        traceparent,
        event_id,
    })
}

fn read_headers(headers: &HeaderMap) -> Headers {
    let all = headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    Headers::read(all.map(|(name, value)| (AsRef::<str>::as_ref(name), value.as_str())))
}

/// The ledger's state of all accounts and transfers.
async fn shown(api: &Api) -> Result<Shown> {
    let mut shown = Shown::default();
    for account in api.all_accounts().await? {
        for balance in account.balances {
            let in_transit = balance.in_transit.as_deref();
            let in_transit = in_transit.map_or(Ok(0), |text| minor(text, &balance.currency))?;
            let [available, held] =
                [&balance.available, &balance.held].map(|text| minor(text, &balance.currency));
            shown.balances.insert(
                (account.account.clone(), balance.currency),
                [available?, held?, in_transit],
            );
        }
    }
    let stats = api.stats().await?;
    shown.transfers = stats.transfers;
    shown.parked = stats.parked;
    Ok(shown)
}
