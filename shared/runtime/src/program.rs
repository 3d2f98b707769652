//! A service as a program: start, run, orderly stop.

mod health;
mod rebuild;
mod shutdown;

use std::io::Write as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use axum::{Router, middleware};
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_db::sql_store::{self, SqlStore, Tables};
use wallet_db::{Migration, Pool, Target};
use wallet_engine::clock;
use wallet_engine::shard_loop::{self, Context, Limits};
use wallet_engine::status::Board;
use wallet_jetstream::JetStream;
use wallet_kernel::{Persistence as _, Place};

use crate::guard::{self, Token};
use crate::headline::Headline;
use crate::instance::{Instance, Roll};
use crate::metrics::Metrics;
use crate::pausing::{self, Pauses};
use crate::running::Running;
use crate::settings::{Command, CommandLine, Rebuild, Settings};
use crate::{healing, http, telemetry, watch};
use shutdown::{Shutdown, Signals};

/// Timeout for finishing the work in hand.
const WORK_WITHIN: Duration = Duration::from_secs(5);
/// Timeout for closing the databases.
const CLOSE_WITHIN: Duration = Duration::from_millis(1_500);
/// Timeout for sending data that is buffered for NATS: only outcomes for listeners.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// A service: its tables, and its own metrics.
pub trait Program: Tables {
    /// Registers its metrics, and returns the constructor of each shard's observer.
    fn observers(metrics: &Metrics) -> impl Fn(Shard, &Pool) -> Self::Observer + Send;
}

/// Runs a service until SIGTERM or Ctrl-C. `routes` are its own routes.
pub fn main<T: Program>(routes: fn(Running) -> anyhow::Result<Router>) -> ExitCode {
    run_program(Parts {
        service: T::Rows::SERVICE,
        migrations: T::MIGRATIONS,
        routes,
        work: work::<T>,
        rebuild: |settings, args| Box::pin(rebuild::run::<T>(settings, args)),
    })
}

/// What distinguishes the services. Only the loops are generic, so everything else is compiled once, in this crate.
#[derive(Clone, Copy)]
struct Parts {
    service: Service,
    migrations: &'static [Migration],
    routes: fn(Running) -> anyhow::Result<Router>,
    /// Starts the loop of each shard.
    work: fn(&Running, &str, &TaskTracker, &CancellationToken),
    /// Rebuilds databases.
    rebuild: fn(Settings, Rebuild) -> BoxFuture<'static, anyhow::Result<ExitCode>>,
}

fn run_program(parts: Parts) -> ExitCode {
    let line = CommandLine::read(parts.service);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = anyhow::Error::new(error).context("the async runtime can't be started");
            return failed(parts.service, &error);
        }
    };
    let ended = match line.command {
        Some(Command::Healthcheck) => {
            let address = line
                .settings
                .http
                .unwrap_or(guard::default_address(parts.service));
            runtime.block_on(health::ask(address)).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Rebuild(args)) => runtime.block_on((parts.rebuild)(line.settings, args)),
        None => runtime.block_on(run(line.settings, parts)),
    };
    // Don't wait for threads that still block, for example in a DNS look-up.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(parts.service, &error))
}

fn failed(service: Service, error: &anyhow::Error) -> ExitCode {
    // If stderr is closed, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "{service}: {error:#}");
    ExitCode::FAILURE
}

async fn run(settings: Settings, parts: Parts) -> anyhow::Result<ExitCode> {
    telemetry::start(&settings)?;
    let signals = Signals::listen()?;
    let started = tokio::select! {
        started = Started::new(settings, parts) => started?,
        // Drops the start that is in progress, wherever it hangs.
        name = signals.next() => {
            info!("{name}: stopping before the start was complete");
            return Ok(ExitCode::SUCCESS);
        }
    };
    tokio::select! {
        name = signals.next() => info!("{name}: stopping, finishing the work in hand"),
        () = started.loops.wait() => error!("all loops have ended"),
    }
    Ok(started.stop(signals.shutdown()).await)
}

/// A running service.
struct Started {
    running: Running,
    loops: TaskTracker,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

impl Started {
    async fn new(settings: Settings, parts: Parts) -> anyhow::Result<Self> {
        let service = parts.service;
        let address = settings.http.unwrap_or(guard::default_address(service));
        let token = settings.http_token.as_ref().map(|token| token.0.as_str());
        let token = Token::of(token, settings.http_token_file.as_deref())?;
        guard::warn_if_open(address, token);
        let listener = http::listen(address).await?;
        let name = service.name();
        let bus = JetStream::connect(&settings.nats, name, settings.shards, settings.replicas).await?;
        bus.agrees_on_shards().await?;
        let pools = open(&settings, parts).await?;
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
            pauses: Pauses::default(),
        };
        let instance = Instance {
            service,
            name: holder(),
            board: running.board.clone(),
        };
        let (called, answers) = (running.bus.clone(), instance.clone());
        tokio::spawn(async move { called.answer_roll_calls(|| answers.ready()).await });
        let (loops, stop) = (TaskTracker::new(), CancellationToken::new());
        tokio::spawn(watch::run(running.clone()));
        let (board, metrics) = (running.board.clone(), running.metrics.clone());
        let routes = http::routes(instance.clone(), metrics)
            .merge(healing::routes(service, running.clone(), board))
            .merge(pausing::routes(running.clone()))
            .merge((parts.routes)(running.clone())?);
        let guard = guard::Guard::new(token, service);
        let routes = routes
            .method_not_allowed_fallback(http::not_allowed)
            .layer(middleware::from_fn_with_state(guard, guard::guard))
            .layer(middleware::map_response(http::no_store));
        (parts.work)(&running, &instance.name, &loops, &stop);
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

    /// Finishes the work in hand, within time limits, and reports the result.
    async fn stop(self, mut shutdown: Shutdown) -> ExitCode {
        let Self {
            running,
            loops,
            stop,
            server,
        } = self;
        stop.cancel();
        let left = || {
            format!(
                ": {}; what is in the log will be applied at the next start",
                describe(&running.board)
            )
        };
        shutdown
            .step("the shards' work to end", WORK_WITHIN, loops.wait(), left)
            .await;
        server.abort();
        let closed = async {
            join_all(running.pools.iter().map(|(_, pool)| pool.close())).await;
        };
        shutdown
            .step("the databases to close", CLOSE_WITHIN, closed, String::new)
            .await;
        shutdown
            .step(
                "the last messages to reach NATS",
                FLUSH_WITHIN,
                running.bus.flush(),
                String::new,
            )
            .await;
        if shutdown.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Opens the database of each shard. One that belongs to another service or shard is rejected before the next is created.
async fn open(settings: &Settings, parts: Parts) -> anyhow::Result<Vec<(Shard, Pool)>> {
    let url = settings.database_url.as_ref().map_or("", |url| url.0.as_str());
    let mut pools = Vec::new();
    for target in Target::of_each(url, settings.shards)? {
        let pool = target.open(parts.migrations).await?;
        let place = Place {
            shard: target.shard(),
            shards: settings.shards,
        };
        sql_store::belongs_to(&mut pool.acquire().await?, parts.service, place).await?;
        pools.push((place.shard, pool));
    }
    Ok(pools)
}

/// Starts the loop of each shard.
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
            instance: instance.to_owned(),
            limits: Limits::default(),
            copies: running.pauses.gate(),
        };
        running.board.starting(
            *shard,
            "asking the database which instance works on this shard".to_owned(),
        );
        let working = shard_loop::run(store, context);
        if pool.is_local() {
            loops.spawn(on_a_thread(format!("shard {shard}"), working));
        } else {
            loops.spawn(working);
        }
    }
    loops.close();
}

/// Runs a loop on its own thread, which its database calls keep busy.
async fn on_a_thread(name: String, working: impl Future<Output = ()> + Send + 'static) {
    let (ended, end) = oneshot::channel();
    let thread = thread::Builder::new().name(name).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(working),
            Err(error) => error!("a shard's runtime can't be started: {error}"),
        }
        // The receiver is gone if the program is shutting down.
        let _ = ended.send(());
    });
    match thread {
        Ok(_) => drop(end.await),
        Err(error) => error!("a shard's thread can't be started: {error}"),
    }
}

/// The state of each shard, in one line.
fn describe(board: &Board) -> String {
    let shards = board
        .read()
        .into_iter()
        .map(|(shard, (state, _))| match state.detail() {
            "" => format!("shard {shard} is {state}"),
            detail => format!("shard {shard} is {state} ({detail})"),
        });
    shards.collect::<Vec<_>>().join(", ")
}

/// The name of this instance in leases: the host, and an id unique to this process.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let began = clock::system().as_microsecond();
    format!("{}/{}/{began}", host.trim(), std::process::id())
}
