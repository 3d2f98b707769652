//! The Rust client on a real stack: every call, its typed errors, and which requests share a message.

use anyhow::{Context as _, Result, ensure};
use e2e::{World, steps};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use wallet_client::connect::connect;
use wallet_client::outcome::Word;
use wallet_client::{AccountId, Currency, Error, Hold, Ledger, Options, Outcome, Payment, Sharing, Wallet};
use wallet_contract::stream;

/// Number of concurrent callers.
const CALLERS: usize = 256;
/// How many messages they may take when they share: one at once, and the requests that arrive while it is being acknowledged.
const HANDFUL: usize = 16;

/// A client of this stack.
async fn client(world: &World, sharing: Sharing) -> Result<Wallet> {
    let options = Options {
        sharing,
        ..Options::default()
    };
    Ok(Wallet::over(connect(&world.stack.nats()).await?, options))
}

fn account(name: &str) -> AccountId {
    name.parse().expect("a valid account name")
}

fn usd() -> Currency {
    "USD".parse().expect("a valid currency")
}

fn payment(from: &str, to: &str, amount: &str) -> Payment {
    Payment::new(account(from), account(to), amount, usd())
}

#[track_caller]
fn check_end(outcome: &Outcome, expected: Word, reason: Option<&str>) {
    assert_eq!(
        (outcome.outcome, outcome.reason.as_deref()),
        (expected, reason),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_calls_fails_and_shares_messages() -> Result<()> {
    let world = World::start(None).await?;
    steps!((&world):
        every_call_has_its_outcome,
        each_failure_has_its_own_error,
        callers_of_one_client_share_messages,
    );
    world.verify().await?;
    world.stop().await
}

async fn every_call_has_its_outcome(world: &World) -> Result<()> {
    let wallet = client(world, Sharing::default()).await?;
    let (alice, bob) = (account("alice"), account("bob"));
    for account in [&alice, &bob] {
        check_end(&wallet.open(account, usd(), None).await?, Word::Opened, None);
    }
    check_end(
        &wallet.deposit(&alice, "100.00", usd()).await?,
        Word::Settled,
        None,
    );

    let lunch = payment("alice", "bob", "12.50").memo("lunch");
    check_end(&wallet.transfer(&lunch).await?, Word::Settled, None);
    // Repeating a payment pays only once.
    let again = wallet.transfer(&lunch).await?;
    check_end(&again, Word::Settled, None);
    assert!(again.repeated, "{again:?}");
    let other = payment("alice", "bob", "13.00").id(lunch.id);
    check_end(&wallet.transfer(&other).await?, Word::Refused, Some("id_reused"));
    check_end(
        &wallet.reverse(&payment("bob", "alice", "2.50"), lunch.id).await?,
        Word::Settled,
        None,
    );

    let hotel = payment("alice", "bob", "20.00");
    check_end(
        &wallet.reserve(&hotel, Hold::default()).await?,
        Word::Reserved,
        None,
    );
    check_end(
        &wallet.confirm(hotel.id, &alice, Some(("15.00", usd()))).await?,
        Word::Settled,
        None,
    );
    let room = payment("alice", "bob", "20.00");
    check_end(
        &wallet.reserve(&room, Hold::default()).await?,
        Word::Reserved,
        None,
    );
    check_end(
        &wallet.cancel(room.id, &alice).await?,
        Word::Cancelled,
        Some("cancelled"),
    );

    check_end(&wallet.freeze(&bob).await?, Word::Frozen, None);
    check_end(
        &wallet.transfer(&payment("alice", "bob", "1.00")).await?,
        Word::Compensated,
        Some("account_frozen"),
    );
    check_end(&wallet.unfreeze(&bob).await?, Word::Unfrozen, None);
    check_end(&wallet.withdraw(&bob, "25.00", usd()).await?, Word::Settled, None);
    check_end(&wallet.close(&bob).await?, Word::Closed, None);

    let ledger = Ledger::new(&world.stack.api_url())?;
    let has = ledger.account(&alice, None).await?;
    assert_eq!(has.balances.first().context("USD")?.available, "75.00");
    Ok(())
}

async fn each_failure_has_its_own_error(world: &World) -> Result<()> {
    let wallet = client(world, Sharing::default()).await?;
    let error = wallet
        .transfer(&payment("alice", "bob", "0.345"))
        .await
        .expect_err("three decimals are too many");
    assert!(matches!(error, Error::Request(_)), "{error}");
    let error = Wallet::connect("nats://127.0.0.1:9", Options::default())
        .await
        .expect_err("nobody listens there");
    assert!(matches!(error, Error::Server(_)), "{error}");
    let error = Wallet::connect("nats://:x", Options::default())
        .await
        .expect_err("this is no address");
    assert!(matches!(error, Error::Input(_)), "{error}");
    let hurried = Options {
        deadline: std::time::Duration::ZERO,
        ..Options::default()
    };
    let hurried = Wallet::over(connect(&world.stack.nats()).await?, hurried);
    let error = hurried
        .transfer(&payment("alice", "bob", "1.00"))
        .await
        .expect_err("no outcome comes at once");
    assert!(matches!(error, Error::NoOutcome { .. }), "{error}");
    Ok(())
}

/// The number of messages on matching subjects, in all shards.
async fn messages(world: &World, filter: &str) -> Result<usize> {
    let mut all = 0;
    for shard in world.stack.options().shards.all() {
        let log = world.nats.jetstream().get_stream(stream::name(shard)).await?;
        let counts: Vec<(String, usize)> = log.info_with_subjects(filter).await?.try_collect().await?;
        all += counts.iter().map(|(_, count)| count).sum::<usize>();
    }
    Ok(all)
}

async fn callers_of_one_client_share_messages(world: &World) -> Result<()> {
    world.open(&["carol", "dave"]).await?;
    let single = "wallet.*.cmd.transfer.carol";
    for (sharing, subject, least, most) in [
        (Sharing::Nothing, single, CALLERS, CALLERS),
        (Sharing::Account, single, 1, HANDFUL),
        (Sharing::Shard, "wallet.*.bulk", 1, HANDFUL),
    ] {
        let wallet = client(world, sharing).await?;
        let before = messages(world, subject).await?;
        let payments: Vec<Payment> = (0..CALLERS).map(|_| payment("carol", "dave", "0.10")).collect();
        let paid = try_join_all(payments.iter().map(|payment| wallet.transfer(payment))).await?;
        ensure!(paid.iter().all(|paid| paid.outcome == Word::Settled), "{paid:?}");
        let sent = messages(world, subject).await? - before;
        println!("{CALLERS} callers, {sharing:?}: {sent} messages");
        ensure!((least..=most).contains(&sent), "{sharing:?}: {sent} messages");
    }
    Ok(())
}
