//! A service as a program: start, run, stop in order.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::{Router, middleware};
use clap::Parser;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use wallet_contract::decider::Place;
use wallet_contract::shard::Shard;

use crate::clock::Clock;
use crate::db::{Pool, Target};
use crate::guard::{self, Token};
use crate::jetstream::JetStream;
use crate::metrics::Metrics;
use crate::settings::{Command, CommandLine, Settings};
use crate::shard_loop::{self, Context};
use crate::sql_store::{SqlStore, Tables};
use crate::status::{Board, State};
use crate::{clock, healing, http, telemetry, watch};

/// How long an orderly stop may take before the process leaves anyway; the outbox keeps what is left.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What a service's own routes can use.
#[derive(Clone, Debug)]
pub struct Running {
    /// The database of each shard.
    pub pools: Vec<(Shard, Pool)>,
    /// The log.
    pub bus: JetStream,
    /// How the service was told to run.
    pub settings: Settings,
    /// What time it is.
    pub clock: Clock,
    /// What to count.
    pub metrics: Metrics,
    /// What who asks must know, if anything.
    pub token: Option<Token>,
    /// How each shard's work stands.
    pub board: Board,
}

/// Runs a service until SIGTERM or Ctrl-C. `more` adds its own routes.
pub fn main<T: Tables>(more: fn(Running) -> anyhow::Result<Router>) -> ExitCode {
    let line = CommandLine::parse();
    let ended = tokio::runtime::Runtime::new()
        .context("no runtime")
        .and_then(|runtime| match line.command {
            Some(Command::Healthcheck) => {
                let address = line.settings.http.unwrap_or(guard::usual_address(T::SERVICE));
                runtime.block_on(health(address))
            }
            None => runtime.block_on(run::<T>(line.settings, more)),
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", T::SERVICE);
            ExitCode::FAILURE
        }
    }
}

async fn run<T: Tables>(
    settings: Settings,
    more: fn(Running) -> anyhow::Result<Router>,
) -> anyhow::Result<()> {
    telemetry::start(&settings)?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be caught")?;
    let address = settings.http.unwrap_or(guard::usual_address(T::SERVICE));
    let token = settings.http_token.as_ref().map(|token| token.0.as_str());
    let token = Token::of(token, settings.http_token_file.as_deref())?;
    guard::warn_if_open(address, token);
    let listener = http::listen(address).await?;
    let name = T::SERVICE.name();
    let bus = JetStream::connect(&settings.nats, name, settings.shards, settings.replicas).await?;
    let mut pools = Vec::new();
    for shard in settings.shards.all() {
        pools.push((
            shard,
            Target::new(&settings.database_url.0, shard)
                .open(T::MIGRATIONS)
                .await?,
        ));
    }

    let (board, metrics, stop) = (Board::default(), Metrics::new(name), CancellationToken::new());
    let running = Running {
        pools: pools.clone(),
        bus: bus.clone(),
        settings: settings.clone(),
        clock: clock::system,
        metrics: metrics.clone(),
        token,
        board: board.clone(),
    };
    tokio::spawn(watch::run(running.clone()));
    let routes = http::routes(T::SERVICE, board.clone(), metrics.clone())
        .merge(healing::routes(T::SERVICE, running.clone(), board.clone()))
        .merge(more(running)?);
    let guard = guard::Guard::new(token, T::SERVICE);
    let routes = routes.layer(middleware::from_fn_with_state(guard, guard::guard));
    let observers = T::observers(&metrics);
    let shards = TaskTracker::new();
    for (shard, pool) in &pools {
        let place = Place {
            shard: *shard,
            shards: settings.shards,
        };
        let store = SqlStore::<T>::new(pool.clone(), place, holder(), observers(*shard, pool));
        board.set(*shard, State::Starting);
        let context = Context {
            service: T::SERVICE,
            place,
            bus: bus.clone(),
            clock: clock::system,
            board: board.clone(),
            metrics: metrics.shard(*shard),
            stop: stop.clone(),
        };
        shards.spawn(shard_loop::run(store, context));
    }
    shards.close();
    let quiet = stop.clone();
    let server = axum::serve(listener, routes).with_graceful_shutdown(async move { quiet.cancelled().await });
    let server = tokio::spawn(server.into_future());
    info!("{name} answers on http://{address}");

    tokio::select! {
        _ = terminate.recv() => info!("SIGTERM: finishing what is held"),
        _ = interrupt.recv() => info!("SIGINT: finishing what is held"),
        () = shards.wait() => error!("all loops have ended"),
    }
    stop.cancel();
    if tokio::time::timeout(STOP_WITHIN, shards.wait()).await.is_err() {
        warn!(
            "not done within {STOP_WITHIN:?}: leaving; what is committed will be published at the next start"
        );
    }
    server.abort();
    for (_, pool) in pools {
        let _ = tokio::time::timeout(Duration::from_secs(2), pool.close()).await;
    }
    bus.flush().await;
    Ok(())
}

/// Names this instance in the lease: the host, and an id that no other process has.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let began = clock::system().as_microsecond();
    format!("{}/{}/{began}", host.trim(), std::process::id())
}

/// Asks `/readyz` of the service on this machine.
async fn health(address: SocketAddr) -> anyhow::Result<()> {
    let host = if address.ip().is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        address.ip()
    };
    let address = SocketAddr::new(host, address.port());
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), ask).await;
    let answer = answer
        .context("no answer within 5 s")?
        .with_context(|| format!("nobody answers on {address}"))?;
    if !answer.lines().next().unwrap_or_default().contains(" 200 ") {
        bail!("not ready: {}", answer.lines().last().unwrap_or_default());
    }
    println!("ready");
    Ok(())
}
