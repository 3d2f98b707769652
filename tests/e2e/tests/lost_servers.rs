//! NATS servers disappear, with and without notice: the wallet continues with the next one, and still stops when told to.

use std::collections::BTreeMap;
use std::io::{PipeReader, Write as _};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::instance::signal;
use e2e::proxy::{Line, Proxy};
use e2e::server::{self, Server};
use e2e::wait::{self, until};
use e2e::{World, program, streams, transfer};
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};
use wallet_client::connect::connect;
use wallet_contract::ready::WORKING;
use wallet_contract::stream;
use wallet_contract::subject::{Service, Verb};
use wallet_nats::Settings;
use wallet_stack::address::free_ports;
use wallet_stack::ready;

/// Three pings, a connect, and republishing what was in flight; on a busy machine.
const LEFT_WITHIN: Duration = Duration::from_secs(10);
/// The servers of a cluster wait for four to nine seconds until they elect a new leader of a stream.
const ELECTED_WITHIN: Duration = Duration::from_secs(25);
/// `wallet up` kills whatever still runs after ten seconds, and so does Docker.
const STOPPED_WITHIN: Duration = Duration::from_millis(9_500);

#[tokio::test]
async fn a_silently_cut_server_is_left_for_the_next_one() -> Result<()> {
    let mut nats = Server::start("").await?;
    let blocked = Blocked::start(&nats).await?;
    let (first, second) = (
        Proxy::start(nats.address).await?,
        Proxy::start(nats.address).await?,
    );
    let [dead] = free_ports()?;
    let list = format!("nats://127.0.0.1:{dead},{},{}", first.url(), second.url());
    // Every client begins with the first server that is up.
    second.set(Line::Cut);
    let world = World::on(Settings::at(&list), BTreeMap::new()).await?;
    world.open(&["alice", "bob"]).await?;
    second.set(Line::Open);
    let doctor = world.wallet(&["doctor"]).await?;
    let output = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(output.contains(", in use, one of 3"), "{output}");
    ensure!(
        output.contains(&format!("no NATS server answers at 127.0.0.1:{dead}")),
        "{output}"
    );
    ensure!(output.contains("is ready to take over"), "{output}");

    first.set(Line::Held);
    let began = Instant::now();
    timeout(LEFT_WITHIN, world.pay("alice", "bob", "1.00"))
        .await
        .context("no client left the silent server")??;
    println!("left after {:?}", began.elapsed());
    world.verify().await?;

    let world = publishing_is_refused(world).await?;
    blocked.ended().await?;
    nats.kill().await?;
    stop(world).await
}

/// A stream accepts no more messages, so debit-svc can't send what it has decided there. It stops nevertheless, and the next
/// instance reports what it waits for.
async fn publishing_is_refused(mut world: World) -> Result<World> {
    let shard = world.nats.shards().await?.of(&"bob".parse()?);
    let stream = world.nats.jetstream().get_stream(stream::name(shard)).await?;
    let holds = stream.cached_info().state.messages;
    streams::change(&world, shard.0, &[("max_msgs", json!(holds))]).await?;
    let body = transfer("bob", "1.00").to_string();
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body, None)
        .await?;
    let log = world.stack.logs().join("debit-svc.log");
    let fails = |log: &String| log.contains("can't send copies to shard");
    until(
        "publishing fails",
        async || Ok(std::fs::read_to_string(&log)?),
        fails,
    )
    .await?;
    let began = Instant::now();
    world.stack.stop_service(Service::Debit).await?;
    ensure!(
        began.elapsed() < STOPPED_WITHIN,
        "debit-svc has not stopped by itself"
    );

    world.stack.spawn_service(Service::Debit)?;
    let (url, http) = (world.stack.service_url(Service::Debit), ready::client()?);
    let waits_for = async || {
        let shards = ready::ask(&http, &url)
            .await
            .map_or(Vec::new(), |ready| ready.shards);
        let why = shards
            .into_iter()
            .filter(|on| on.state != WORKING)
            .map(|on| on.detail);
        Ok(why.collect::<Vec<_>>())
    };
    let a_reason = |why: &String| why.contains("can't write") || why.contains("max_msgs");
    until("a reason is reported", waits_for, |why| why.iter().any(a_reason)).await?;
    streams::change(&world, shard.0, &[("max_msgs", json!(-1))]).await?;
    world.stack.wait_until_ready(Service::Debit).await?;
    world.verify().await?;
    Ok(world)
}

/// A service that hangs at its first log line, because its log is not read: it never reaches any step of its shutdown.
struct Blocked {
    child: Child,
    _unread: PipeReader,
    _dir: TempDir,
}

impl Blocked {
    /// Starts it, and tells it to stop once it hangs.
    async fn start(nats: &Server) -> Result<Self> {
        let (unread, mut pipe) = std::io::pipe()?;
        // Fills the pipe.
        pipe.write_all(&vec![b'.'; 64 * 1024])?;
        let (dir, [port]) = (TempDir::new()?, free_ports()?);
        let mut service = Command::new(program("debit-svc")?);
        service
            .env("WALLET_NATS_URL", nats.url())
            .env(
                "WALLET_DATABASE_URL",
                format!("sqlite://{}/x-{{shard}}.db", dir.path().display()),
            )
            .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"))
            .stderr(Stdio::from(pipe))
            .kill_on_drop(true);
        let mut child = service.spawn()?;
        wait::until_listens(&mut child, format!("127.0.0.1:{port}"), String::new).await?;
        signal(child.id().context("it runs")?, Signal::TERM)?;
        Ok(Self {
            child,
            _unread: unread,
            _dir: dir,
        })
    }

    /// Waits until it has ended by itself, given the time it may need.
    async fn ended(mut self) -> Result<()> {
        let status = timeout(STOPPED_WITHIN, self.child.wait()).await;
        let status = status.context("it has not stopped by itself")??;
        ensure!(status.code() == Some(1), "{status}");
        Ok(())
    }
}

/// All services are told to stop at once while they have no server, and end by themselves in time.
async fn stop(mut world: World) -> Result<()> {
    let http = ready::client()?;
    for service in Service::ALL {
        let url = world.stack.service_url(service);
        let states = async || {
            let shards = ready::ask(&http, &url).await?.shards.into_iter();
            Ok(shards.map(|shard| shard.state).collect::<Vec<_>>())
        };
        let noticed = |states: &Vec<String>| states.iter().all(|state| state != WORKING);
        until(format!("{service} has noticed"), states, noticed).await?;
    }
    let began = Instant::now();
    for service in Service::ALL {
        signal(world.stack.pid(service).context("it runs")?, Signal::TERM)?;
    }
    for service in Service::ALL {
        world.stack.stop_service(service).await?;
        let took = began.elapsed();
        println!("{service} stopped after {took:?}");
        ensure!(took < STOPPED_WITHIN, "{service} has not stopped by itself");
    }
    world.stop().await
}

#[tokio::test]
async fn one_of_three_servers_may_die() -> Result<()> {
    let mut servers = server::cluster().await?;
    let list = servers.iter().map(Server::url).collect::<Vec<_>>().join(",");
    let world = World::with(None, |options| {
        options.nats = Some(Settings::at(&list));
        options.replicas = Some(3);
    })
    .await?;
    world.open(&["alice", "bob"]).await?;
    let doctor = world.wallet(&["doctor"]).await?;
    let output = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(
        output.contains(", in use, one of 3") && output.contains("3 copies each"),
        "{output}"
    );
    // The one that our own client is connected to.
    let at = servers
        .iter()
        .position(|server| server.address.to_string() == world.nats.host());
    servers[at.context("the server is not in the list")?]
        .kill()
        .await?;
    let began = Instant::now();
    timeout(ELECTED_WITHIN, world.pay("alice", "bob", "1.00"))
        .await
        .context("no payment after the server died")??;
    println!("settled after {:?}", began.elapsed());
    world.verify().await?;
    world.stop().await
}

/// A database accepts the connection and then stays silent: a start that hangs must react to SIGTERM too.
#[tokio::test]
async fn a_hanging_start_can_be_stopped() -> Result<()> {
    let nats = Server::start("").await?;
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let [port] = free_ports()?;
    let mut service = Command::new(program("debit-svc")?);
    service
        .env("WALLET_NATS_URL", nats.url())
        .env(
            "WALLET_DATABASE_URL",
            format!("postgres://me@{}/debit", silent.local_addr()?),
        )
        .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"))
        .kill_on_drop(true);
    let mut service = service.spawn()?;
    let _asked = timeout(e2e::PATIENCE, silent.accept())
        .await
        .context("it never connected")??;
    signal(service.id().context("it runs")?, Signal::TERM)?;
    let status = timeout(Duration::from_secs(3), service.wait())
        .await
        .context("SIGTERM had no effect")??;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// A client with its own connection to a server, which is held in the middle of a request.
#[tokio::test]
async fn the_tool_leaves_a_silent_server() -> Result<()> {
    let nats = Server::start("").await?;
    let (first, second) = (
        Proxy::start(nats.address).await?,
        Proxy::start(nats.address).await?,
    );
    second.set(Line::Cut);
    let client = connect(&Settings::at(format!("{},{}", first.url(), second.url()))).await?;
    second.set(Line::Open);
    first.set(Line::Held);
    let began = Instant::now();
    while began.elapsed() < LEFT_WITHIN {
        let asked = timeout(Duration::from_secs(1), client.client().flush()).await;
        let info = timeout(Duration::from_secs(1), client.jetstream().query_account()).await;
        if let (Ok(Ok(())), Ok(Ok(_))) = (asked, info) {
            println!("left after {:?}", began.elapsed());
            return Ok(());
        }
    }
    anyhow::bail!("it still waits for the silent server")
}
