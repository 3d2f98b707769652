//! `<service> rebuild`: rebuilds a shard's database from the log alone, beside the running service, and compares the two.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio_util::sync::CancellationToken;
use wallet_contract::shard::Shard;
use wallet_db::Target;
use wallet_db::rebuilt::{self, Compared, Snapshot};
use wallet_db::sql_store::{SqlStore, Tables, Unwatched};
use wallet_engine::bus::Bus as _;
use wallet_engine::clock;
use wallet_engine::shard_loop::rebuild::{Goal, rebuild};
use wallet_engine::shard_loop::{Context, Limits};
use wallet_engine::status::{Board, State};
use wallet_engine::store::Progress;
use wallet_jetstream::JetStream;
use wallet_kernel::{Persistence as _, Place};

use crate::settings::{Rebuild, Settings};

/// How often the progress is shown.
const SHOW: Duration = Duration::from_millis(500);
/// The width of the bar.
const WIDTH: u64 = 30;

/// Rebuilds the shards that the command line names. Fails if a row differs, unless the rebuilt database is put into service.
pub(super) async fn run<T: Tables>(settings: Settings, args: Rebuild) -> anyhow::Result<ExitCode> {
    let service = T::Rows::SERVICE;
    if let Some(shard) = args.shard.filter(|shard| *shard >= settings.shards.count()) {
        bail!(
            "--shard {shard}: the wallet has shards 0 to {}",
            settings.shards.count() - 1
        );
    }
    let bus = JetStream::connect(&settings.nats, service.name(), settings.shards, settings.replicas).await?;
    bus.agrees_on_shards().await?;
    let url = settings.database_url.as_ref().map_or("", |url| url.0.as_str());
    let mut differs = false;
    for target in Target::of_each(url, settings.shards)? {
        if args.shard.is_some_and(|shard| shard != target.shard().0) {
            continue;
        }
        let place = Place {
            shard: target.shard(),
            shards: settings.shards,
        };
        let compared = one::<T>(&bus, &target, place, &args).await?;
        differs |= compared.different > 0 && !args.swap;
    }
    Ok(if differs {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn one<T: Tables>(
    bus: &JetStream,
    target: &Target,
    place: Place,
    args: &Rebuild,
) -> anyhow::Result<Compared> {
    let shard = place.shard;
    let beside = match &args.into {
        Some(url) => Target::new(&url.0, shard),
        None => target.rebuilt(),
    };
    if args.into.is_none() {
        beside.remove().await?;
    }
    let new = beside.open(T::MIGRATIONS).await?;
    if rebuilt::is_used(&mut new.acquire().await?).await? {
        bail!("--into {}: that database is not empty", beside.shown());
    }
    let mut store = SqlStore::<Unwatched<T>>::new(new.clone(), place, "rebuild".to_owned(), ());
    let context = Context {
        service: T::Rows::SERVICE,
        place,
        bus: bus.clone(),
        clock: clock::system,
        board: Board::default(),
        meter: Box::new(()),
        stop: CancellationToken::new(),
        instance: "rebuild".to_owned(),
        limits: Limits::default(),
        copies: Arc::default(),
    };
    let began = Instant::now();
    let end = bus.head(shard).await?.sequence;
    context.board.set(shard, State::Starting(String::new()));
    let shown = Shown { shard, end, began };
    let progress = tokio::select! {
        rebuilt = rebuild(&mut store, &context, Goal::End) => rebuilt.with_context(|| format!("shard {shard}"))?,
        () = shown.show(&context.board) => Progress::default(),
    };
    Shown::clear();
    let took = began.elapsed();
    let live = target.open(T::MIGRATIONS).await?;
    let snapshot = Snapshot::of(&live).await?;
    let level = Goal::Level(snapshot.place, snapshot.last);
    rebuild(&mut store, &context, level)
        .await
        .with_context(|| format!("shard {shard}: reaching the place of the live database"))?;
    let at = snapshot.place;
    let compared = snapshot.compare(&new).await?;
    say(&told(T::Rows::SERVICE.name(), shard, progress, took, &compared));
    for line in &compared.listed {
        say(&format!("  {line}"));
    }
    if args.swap {
        rebuilt::swap(&live, &new).await?;
        say(&format!("  the rebuilt database is in service from {at} on"));
    }
    drop(store);
    live.close().await;
    new.close().await;
    if args.into.is_none() && !args.keep {
        beside.remove().await?;
    }
    Ok(compared)
}

fn told(service: &str, shard: Shard, progress: Progress, took: Duration, compared: &Compared) -> String {
    let (messages, seconds) = (progress.position, took.as_secs_f64());
    let verdict = match compared.different {
        0 => "all as in the live database".to_owned(),
        different => format!("{different} differ from the live database"),
    };
    format!(
        "{service}, shard {shard}: rebuilt from {messages} messages in {seconds:.1} s ({:.0} messages/s); of {} rows {verdict}",
        precise(messages) / seconds.max(0.001),
        compared.rows
    )
}

fn precise(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// A line on stdout, which may be closed: the exit code says the same.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The progress of a rebuild, as shown on a terminal.
struct Shown {
    shard: Shard,
    end: u64,
    began: Instant,
}

impl Shown {
    async fn show(&self, board: &Board) {
        loop {
            tokio::time::sleep(SHOW).await;
            let position = board.read().get(&self.shard).map_or(0, |(_, position)| *position);
            if std::io::stderr().is_terminal() {
                let _ = write!(
                    std::io::stderr(),
                    "\r{}",
                    bar(self.shard, position, self.end, self.began.elapsed())
                );
            }
        }
    }

    fn clear() {
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r{:80}\r", "");
        }
    }
}

/// How far a rebuild is, with its rate and the time left.
fn bar(shard: Shard, position: u64, end: u64, took: Duration) -> String {
    let (done, left) = (position.min(end), end.saturating_sub(position));
    let filled = usize::try_from(done * WIDTH / end.max(1)).unwrap_or_default();
    let rate = precise(position) / took.as_secs_f64().max(0.001);
    let seconds = precise(left) / rate.max(1.0);
    let width = usize::try_from(WIDTH).unwrap_or_default();
    format!(
        "shard {shard} [{:<width$}] {done} of {end} messages, {rate:.0}/s, {seconds:.0} s left ",
        "=".repeat(filled)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_rate_and_time_left() {
        let second = Duration::from_secs(1);
        assert_eq!(
            bar(Shard(1), 500, 1_500, second),
            "shard 1 [==========                    ] 500 of 1500 messages, 500/s, 2 s left "
        );
        assert!(bar(Shard(0), 0, 0, second).contains("0 of 0 messages"));
        assert!(bar(Shard(0), 9, 7, second).contains("7 of 7 messages"));
    }
}
