//! The stores do the same: the same tenures, reads and writes on SQLite, on PostgreSQL and on the simulated store, for each service.

mod script;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tempfile::tempdir;
use tokio::time::sleep;
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Service;
use wallet_db::Target;
use wallet_db::sql_store::{Core, SqlStore, Tables as SqlTables, Unwatched};
use wallet_engine::batch::{self, Moment};
use wallet_engine::store::{Commit, Error, Events as _, Progress, Store, TENURE_MS, Tenure};
use wallet_kernel::{Decider, Heard, Input, Persistence};
use wallet_stack::postgres::Postgres;

use self::script::{at, batches, here, parked};
use crate::node::{Node, Site};
use crate::plan::{Pace, Plan};
use crate::store::{Shared, SimStore};
use crate::tables::Tables;
use crate::world::World;

#[test]
fn debit_svc_keeps_the_same_on_every_store() {
    conforms::<debit_svc::Tables>();
}

#[test]
fn credit_svc_keeps_the_same_on_every_store() {
    conforms::<credit_svc::Tables>();
}

#[test]
fn ledger_svc_keeps_the_same_on_every_store() {
    conforms::<ledger_svc::Tables>();
}

fn conforms<T>()
where
    T: SqlTables<Rows: Tables>,
    <Core<T> as Decider>::State: Debug,
{
    let simulated = simulated::<T>();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sqlite, postgresql) = runtime.block_on(async {
        let folder = tempdir().unwrap();
        let sqlite = on_database::<T>(&format!("sqlite://{}/one.db", folder.path().display())).await;
        let server = Postgres::start().await.unwrap();
        let postgresql = on_database::<T>(&server.url()).await;
        server.stop().await.unwrap();
        (sqlite, postgresql)
    });
    assert_eq!(sqlite, simulated, "SQLite, and the simulated store");
    assert_eq!(postgresql, simulated, "PostgreSQL, and the simulated store");
}

async fn on_database<T>(url: &str) -> Vec<String>
where
    T: SqlTables,
    <Core<T> as Decider>::State: Debug,
{
    let pool = Target::new(url, here().shard).open(T::MIGRATIONS).await.unwrap();
    let store = |holder: &str| SqlStore::<Unwatched<T>>::new(pool.clone(), here(), holder.to_owned(), ());
    let told = story(store("one"), store("other"), T::Rows::SERVICE).await;
    pool.close().await;
    told
}

fn simulated<T>() -> Vec<String>
where
    T: SqlTables<Rows: Tables>,
    <Core<T> as Decider>::State: Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let pace = Pace { slow: 0, most_ms: 1 };
        let plan = Plan {
            seed: 1,
            pace,
            steps: Vec::new(),
        };
        let world = World::new(&plan, None);
        let site = Site {
            service: T::Rows::SERVICE,
            shard: here().shard.0,
        };
        let database = Shared::<T::Rows>::new(here());
        let store = |number| {
            let node = Node::new(Arc::clone(&world), site, here(), number, 1);
            SimStore::<Core<T>, T::Rows>::new(node, database.clone())
        };
        story(store(1), store(2), site.service).await
    })
}

/// Two instances take turns on one store. What each is told is the same on every store.
async fn story<C, S>(mut one: S, mut other: S, service: Service) -> Vec<String>
where
    C: Decider<State: Debug>,
    S: Store<Core = C>,
{
    let mut told = Vec::new();
    let mut progress = ours(one.acquire().await);
    assert!(matches!(other.acquire().await, Ok(Tenure::Held { .. })));
    for (number, inputs) in (1..).zip(batches()) {
        handle(&mut one, &mut progress, service, number, &inputs, &mut told)
            .await
            .unwrap();
    }
    one.renew(progress).await.unwrap();
    told.push(format!("due {:?}", one.due(i64::MAX, 10).await.unwrap()));
    // Nobody renews it any more.
    sleep(Duration::from_millis(TENURE_MS.unsigned_abs() + 500)).await;
    let mut taken_over = ours(other.acquire().await);
    assert_eq!(taken_over, progress);
    let late = handle(
        &mut one,
        &mut progress,
        service,
        90,
        &batches().concat(),
        &mut Vec::new(),
    )
    .await;
    assert!(matches!(late, Err(Error::TenureLost)), "{late:?}");
    // All of it is known, and nothing is decided again.
    handle(
        &mut other,
        &mut taken_over,
        service,
        91,
        &batches().concat(),
        &mut told,
    )
    .await
    .unwrap();
    told.push(format!("blocked {:?}", other.blocked().await.unwrap()));
    let last = other.last_event().await.unwrap();
    let mut table = other.event_table();
    told.push(format!("last {last:?}"));
    if let Some(last) = last {
        told.push(format!("its number {:?}", table.number(last.id).await.unwrap()));
    }
    for shard in here().shards.all() {
        let copies = table.to(shard, 0, 1_000).await.unwrap();
        told.push(format!("for {shard}: {copies:?}"));
    }
    other.release(taken_over).await.unwrap();
    assert_eq!(ours(one.acquire().await), taken_over);
    told
}

fn ours(tenure: Result<Tenure, Error>) -> Progress {
    match tenure {
        Ok(Tenure::Ours(progress)) => progress,
        other => panic!("the tenure is free: {other:?}"),
    }
}

/// One batch, as the loop handles it. The third parks something, and the fifth resolves it.
async fn handle<C, S>(
    store: &mut S,
    progress: &mut Progress,
    service: Service,
    number: u64,
    inputs: &[Input],
    told: &mut Vec<String>,
) -> Result<(), Error>
where
    C: Decider<State: Debug>,
    S: Store<Core = C>,
{
    let concerning = inputs.iter().filter(|input| C::concerns(input, here()));
    let heard = (0..).zip(concerning).map(|(index, input)| Heard {
        input: input.clone(),
        raw: "{}".into(),
        place: LogPlace::element(number, index),
        at_us: at(number).as_microsecond(),
    });
    let mut heard: Vec<Heard<'_>> = heard.collect();
    let causes: Vec<_> = heard.iter().map(|heard| heard.input.as_cause().id).collect();
    let mut keys = C::Keys::default();
    for heard in &heard {
        C::touches(&heard.input, here(), &mut keys);
    }
    let (known, mut state) = store.find(&causes, &keys).await?;
    told.push(format!("batch {number}: knows {known:?}, has {state:?}"));
    batch::without_repeats(&mut heard, known);
    let moment = Moment {
        source: script::source(service),
        taken: at(number),
        now: at(number),
        after: number,
    };
    let decided = batch::play::<C>(&mut state, &heard, here(), moment);
    let decisions: Vec<Option<i64>> = heard
        .iter()
        .map(|heard| {
            let cause = heard.input.as_cause().id;
            let numbered = (progress.last_no + 1..).zip(&decided);
            numbered
                .into_iter()
                .find_map(|(no, event)| (event.cause == cause).then_some(no))
        })
        .collect();
    let events = batch::outgoing(&decided, here(), progress.last_no);
    let after = Progress {
        position: number,
        at_us: at(number).as_microsecond(),
        last_no: events.last().map_or(progress.last_no, |event| event.no),
        ..*progress
    };
    let (row, resolved) = parked();
    let commit = || Commit {
        progress: after,
        heard: &heard,
        decisions: &decisions,
        state: &state,
        events: &events,
        parked: if number == 3 {
            std::slice::from_ref(&row)
        } else {
            &[]
        },
        resolved: if number == 5 {
            std::slice::from_ref(&resolved)
        } else {
            &[]
        },
    };
    // A transaction whose decisions did not get into the log leaves nothing behind.
    if number == 2 {
        store.write(commit()).await?;
        store.abandon().await;
    }
    store.write(commit()).await?;
    store.settle().await?;
    if number == 4 {
        told.push(format!("parked {:?}", store.parked(row.place).await?));
        told.push(format!("blocked {:?}", store.blocked().await?));
    }
    *progress = after;
    Ok(())
}
