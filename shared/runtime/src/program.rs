//! A service as a program: start, run, stop in order.

mod health;
mod leaving;

use std::io::Write as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use axum::{Router, middleware};
use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_db::sql_store::{self, SqlStore, Tables};
use wallet_db::{Pool, Target};
use wallet_engine::clock;
use wallet_engine::shard_loop::{self, Context};
use wallet_engine::status::Board;
use wallet_kernel::{Keeps as _, Place};

use crate::guard::{self, Token};
use crate::headline::Headline;
use crate::instance::{Instance, Roll};
use crate::jetstream::JetStream;
use crate::metrics::Metrics;
use crate::running::Running;
use crate::settings::{Command, CommandLine, Settings};
use crate::{healing, http, telemetry, watch};
use leaving::{Leaving, Signals};

/// How long what is held may take to be finished.
const WORK_WITHIN: Duration = Duration::from_secs(5);
/// How long closing the databases may take.
const CLOSE_WITHIN: Duration = Duration::from_millis(1_500);
/// How long what is left for NATS may take to be sent: outcomes, for who listens; events are in the outbox.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// A service: its tables, and what it measures of its own work.
pub trait Program: Tables {
    /// Registers its metrics, and returns what makes each shard's observer.
    fn observers(metrics: &Metrics) -> impl Fn(Shard, &Pool) -> Self::Observer + Send;
}

/// Runs a service until SIGTERM or Ctrl-C. `more` adds its own routes.
pub fn main<T: Program>(more: fn(Running) -> anyhow::Result<Router>) -> ExitCode {
    let line = CommandLine::read(T::Rows::SERVICE);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(T::Rows::SERVICE, &anyhow::Error::new(error).context("no runtime")),
    };
    let ended = match line.command {
        Some(Command::Healthcheck) => {
            let address = line
                .settings
                .http
                .unwrap_or(guard::usual_address(T::Rows::SERVICE));
            runtime.block_on(health::ask(address)).map(|()| ExitCode::SUCCESS)
        }
        None => runtime.block_on(run::<T>(line.settings, more)),
    };
    // What still blocks one of its threads, such as a look-up of a name, is not waited for.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(T::Rows::SERVICE, &error))
}

fn failed(service: Service, error: &anyhow::Error) -> ExitCode {
    // Without a reader the exit code remains.
    let _ = writeln!(std::io::stderr(), "{service}: {error:#}");
    ExitCode::FAILURE
}

async fn run<T: Program>(
    settings: Settings,
    more: fn(Running) -> anyhow::Result<Router>,
) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    let signals = Signals::listen()?;
    let started = tokio::select! {
        started = Started::new::<T>(settings, more) => started?,
        // What is being made is dropped, wherever it hangs.
        name = signals.next() => {
            info!("{name}: leaving before the start was done");
            return Ok(ExitCode::SUCCESS);
        }
    };
    tokio::select! {
        name = signals.next() => info!("{name}: finishing what is held"),
        () = started.loops.wait() => error!("all loops have ended"),
    }
    Ok(started.stop(signals.leaving()).await)
}
/// A service at work.
struct Started {
    running: Running,
    loops: TaskTracker,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

impl Started {
    async fn new<T: Program>(
        settings: Settings,
        more: fn(Running) -> anyhow::Result<Router>,
    ) -> anyhow::Result<Self> {
        let address = settings.http.unwrap_or(guard::usual_address(T::Rows::SERVICE));
        let token = settings.http_token.as_ref().map(|token| token.0.as_str());
        let token = Token::of(token, settings.http_token_file.as_deref())?;
        guard::warn_if_open(address, token);
        let listener = http::listen(address).await?;
        let name = T::Rows::SERVICE.name();
        let bus = JetStream::connect(&settings.nats, name, settings.shards, settings.replicas).await?;
        bus.agrees_on_shards().await?;
        let pools = open::<T>(&settings).await?;
        let running = Running {
            pools,
            bus,
            settings,
            clock: clock::system,
            metrics: Metrics::new(name),
            token,
            board: Board::default(),
            headline: Headline::default(),
            roll: Roll::default(),
        };
        let instance = Instance {
            service: T::Rows::SERVICE,
            name: holder(),
            board: running.board.clone(),
        };
        let (called, answers) = (running.bus.clone(), instance.clone());
        tokio::spawn(async move { called.answer_roll_calls(|| answers.ready()).await });
        let (loops, stop) = (TaskTracker::new(), CancellationToken::new());
        tokio::spawn(watch::run(running.clone()));
        let (board, metrics) = (running.board.clone(), running.metrics.clone());
        let routes = http::routes(instance.clone(), metrics)
            .merge(healing::routes(T::Rows::SERVICE, running.clone(), board))
            .merge(more(running.clone())?);
        let guard = guard::Guard::new(token, T::Rows::SERVICE);
        let routes = routes
            .method_not_allowed_fallback(http::not_allowed)
            .layer(middleware::from_fn_with_state(guard, guard::guard))
            .layer(middleware::map_response(http::kept_by_nobody));
        work::<T>(&running, &instance.name, &loops, &stop);
        let quiet = stop.clone().cancelled_owned();
        let server = axum::serve(listener, routes).with_graceful_shutdown(quiet);
        let server = tokio::spawn(server.into_future());
        info!("{name} answers on http://{address}");
        Ok(Self {
            running,
            loops,
            stop,
            server,
        })
    }

    /// Finishes what is held, within bounds, and says how that went.
    async fn stop(self, mut leaving: Leaving) -> ExitCode {
        let Self {
            running,
            loops,
            stop,
            server,
        } = self;
        stop.cancel();
        let left = || {
            format!(
                ": {}; what is committed will be published at the next start",
                told(&running.board)
            )
        };
        leaving
            .step("the end of the shards' work", WORK_WITHIN, loops.wait(), left)
            .await;
        server.abort();
        let closed = async {
            join_all(running.pools.iter().map(|(_, pool)| pool.close())).await;
        };
        leaving
            .step("closing the databases", CLOSE_WITHIN, closed, String::new)
            .await;
        leaving
            .step(
                "what NATS was to be sent",
                FLUSH_WITHIN,
                running.bus.flush(),
                String::new,
            )
            .await;
        if leaving.in_order() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Opens the database of each shard. One that is another's is refused before the next is made.
async fn open<T: Program>(settings: &Settings) -> anyhow::Result<Vec<(Shard, Pool)>> {
    let url = settings.database_url.as_ref().map_or("", |url| url.0.as_str());
    let mut pools = Vec::new();
    for target in Target::of_each(url, settings.shards)? {
        let pool = target.open(T::MIGRATIONS).await?;
        let place = Place {
            shard: target.shard(),
            shards: settings.shards,
        };
        sql_store::belongs_to(&mut pool.acquire().await?, T::Rows::SERVICE, place).await?;
        pools.push((place.shard, pool));
    }
    Ok(pools)
}

/// Begins to work on each shard.
fn work<T: Program>(running: &Running, instance: &str, loops: &TaskTracker, stop: &CancellationToken) {
    let observers = T::observers(&running.metrics);
    for (shard, pool) in &running.pools {
        let place = Place {
            shard: *shard,
            shards: running.settings.shards,
        };
        let store = SqlStore::<T>::new(pool.clone(), place, instance.to_owned(), observers(*shard, pool));
        let context = Context {
            service: T::Rows::SERVICE,
            place,
            bus: running.bus.clone(),
            clock: clock::system,
            board: running.board.clone(),
            meter: Box::new(running.metrics.shard(*shard)),
            stop: stop.clone(),
            publish_on: pool.is_local().then(Handle::current),
        };
        running
            .board
            .starting(*shard, "asks the database who works on this shard".to_owned());
        let working = shard_loop::run(store, context);
        if pool.is_local() {
            loops.spawn(on_a_thread(format!("shard {shard}"), working));
        } else {
            loops.spawn(working);
        }
    }
    loops.close();
}

/// Runs a loop on a thread of its own, which its database's calls keep busy.
async fn on_a_thread(name: String, working: impl Future<Output = ()> + Send + 'static) {
    let (ended, end) = oneshot::channel();
    let thread = thread::Builder::new().name(name).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(working),
            Err(error) => error!("no runtime for a shard: {error}"),
        }
        // Nobody waits any more if the program is leaving.
        let _ = ended.send(());
    });
    match thread {
        Ok(_) => drop(end.await),
        Err(error) => error!("no thread for a shard: {error}"),
    }
}

/// How each shard stands, in a line.
fn told(board: &Board) -> String {
    let shards = board
        .read()
        .into_iter()
        .map(|(shard, (state, _))| match state.detail() {
            "" => format!("shard {shard} is {state}"),
            detail => format!("shard {shard} is {state} ({detail})"),
        });
    shards.collect::<Vec<_>>().join(", ")
}

/// Names this instance in the lease: the host, and an id that no other process has.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let began = clock::system().as_microsecond();
    format!("{}/{}/{began}", host.trim(), std::process::id())
}
