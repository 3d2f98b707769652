//! PostgreSQL with more than one server: a standby, an address that moves to another server, a pooler.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::World;
use e2e::instance::{Instance, WORKING, until};
use e2e::pooler::{Mode, Pooler};
use e2e::proxy::{Line, Proxy};
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::Instant;
use wallet_contract::subject::Service;
use wallet_stack::Database;
use wallet_stack::postgres::Postgres;

/// How soon a service works again once its database accepts writes.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_address_of_a_standby_is_left_for_the_primary() -> Result<()> {
    let primary = Postgres::start().await?;
    let standby = primary.standby().await?;
    let proxy = Proxy::start(primary.address()).await?;
    let via_proxy = format!("postgres://postgres@{}/", proxy.address());
    let database = Database::lasting(Some(&via_proxy))?;
    let world = World::with(None, |options| options.database = database).await?;
    world.open(&["alice", "bob"]).await?;

    // Every new connection now reaches the standby, and can't write there.
    proxy.set_target(standby.address());
    proxy.set(Line::Cut);
    for service in Service::ALL {
        until(&url(&world, service), &["\"state\":\"failed\""], 2).await?;
    }
    proxy.set(Line::Open);
    for service in Service::ALL {
        until(
            &url(&world, service),
            &["it is a read-only standby", "this server accepts no writes"],
            2,
        )
        .await?;
    }
    // Those connections stay open; new ones reach the primary again.
    proxy.set_target(primary.address());
    let began = Instant::now();
    for service in Service::ALL {
        until(&url(&world, service), &[WORKING], 2).await?;
    }
    let took = began.elapsed();
    ensure!(
        took < AGAIN_WITHIN,
        "it took {took:?} until all shards worked again"
    );
    world.pay("alice", "bob", "1.00").await?;
    world.verify().await?;
    a_standby_alone_is_refused(&world, &standby).await?;
    world.stop().await?;
    both_servers_may_be_named(&standby, &primary).await?;
    standby.stop().await?;
    primary.stop().await
}

fn url(world: &World, service: Service) -> String {
    format!("http://{}", world.stack.options().addresses.of(service))
}

async fn a_standby_alone_is_refused(world: &World, standby: &Postgres) -> Result<()> {
    let log = refused(world, &format!("{}wallet_debit", standby.url())).await?;
    ensure!(
        log.contains("it is a read-only standby: name the primary, or all servers"),
        "{log}"
    );
    Ok(())
}

/// With the standby listed first, the tool creates its databases on the primary, and the services write there too.
async fn both_servers_may_be_named(standby: &Postgres, primary: &Postgres) -> Result<()> {
    let both = format!("postgres://postgres@{},{}/", standby.address(), primary.address());
    let database = Database::temporary(Some(&both)).await?;
    let world = World::with(None, |options| options.database = database).await?;
    world.open(&["carol"]).await?;
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn a_pooler_must_use_session_mode() -> Result<()> {
    let server = Postgres::start().await?;
    let Some(pooler) = Pooler::start(&server, Mode::Session).await? else {
        return server.stop().await;
    };
    let database = Database::temporary(Some(&pooler.url())).await?;
    let world = World::with(None, |options| options.database = database).await?;
    world.open(&["alice", "bob"]).await?;
    world.pay("alice", "bob", "1.00").await?;
    world.verify().await?;

    let mixing = Pooler::start(&server, Mode::Transaction).await?;
    let mixing = mixing.context("pgbouncer did not start again")?;
    let log = refused(&world, &format!("{}postgres", mixing.url())).await?;
    ensure!(log.contains("PgBouncer: pool_mode = session"), "{log}");
    mixing.stop().await?;
    world.stop().await?;
    pooler.stop().await?;
    let mut db = PgConnection::connect(&format!("{}postgres", server.url())).await?;
    let sql = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'shard%' UNION ALL \
               SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    for row in sqlx::query(sql).fetch_all(&mut db).await? {
        assert_eq!(
            row.try_get::<i64, _>(0)?,
            0,
            "something was written through the pooler"
        );
    }
    db.close().await?;
    server.stop().await
}

/// Starts another debit-svc on a database that it can't use, and returns its output before it ends.
async fn refused(world: &World, database: &str) -> Result<String> {
    let instance = Instance::on(world, Service::Debit, database)?;
    let status = instance.ended().await?;
    ensure!(!status.success(), "debit-svc did not refuse {database}");
    let log = world.dir().join(format!("{}-second.log", Service::Debit));
    Ok(std::fs::read_to_string(log)?)
}
