//! A subject with one writer, on a real server: see `wallet_engine::bus::Bus`.

use anyhow::{Context as _, Result, ensure};
use async_nats::jetstream;
use bytes::Bytes;
use e2e::World;
use wallet_contract::shard::{Shard, Shards};
use wallet_engine::bus::Message;
use wallet_engine::bus::{Append, Bus as _};
use wallet_engine::shard_loop::append::{Fate, Lost, append, fate};
use wallet_jetstream::JetStream;
use wallet_nats::{Hidden, Settings};

/// A subject that no service uses, in the log of shard 0.
const SUBJECT: &str = "wallet.0.evt.ledger.1023";
/// How many messages without a writer follow the last one.
const FORGED: usize = 40;

async fn log(world: &World) -> Result<JetStream> {
    let settings = Settings {
        nats: Some(Hidden(world.stack.nats_url())),
        ..Settings::default()
    };
    Ok(JetStream::connect(&settings, "test", Shards::new(2)?, 1).await?)
}

fn message(writer: &str, payload: &str, after: u64) -> Append {
    Append {
        shard: Shard(0),
        subject: SUBJECT.to_owned(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        writer: writer.to_owned(),
        after,
    }
}

async fn stored(log: &JetStream, after: u64) -> Result<Vec<Message>> {
    Ok(log.on(Shard(0), SUBJECT, after, u64::MAX, 1 << 20).await?)
}

/// What a client can store on any subject: without headers.
async fn forge(world: &World) -> Result<u64> {
    let client = async_nats::connect(world.stack.nats_url()).await?;
    let context = jetstream::new(client);
    let stored = context.publish(SUBJECT, "+ACK".into()).await?;
    Ok(stored.await?.sequence)
}

#[tokio::test]
async fn a_message_is_stored_after_the_one_it_names_or_not_at_all() -> Result<()> {
    let world = World::start(None).await?;
    let log = log(&world).await?;
    let (end, last) = log.last(Shard(0), SUBJECT).await?;
    ensure!(end == 0 && last.is_none(), "nothing is there");
    ensure!(stored(&log, 0).await?.is_empty());

    let first = log.append(&message("a#1", "[]", 0)).await?.context("the first")?;
    let second = message("a#1", "[1]", first);
    let second_at = log.append(&second).await?.context("the second")?;
    // The acknowledgement was lost, and it is repeated.
    ensure!(log.append(&second).await?.is_none());
    ensure!(fate(&second, &stored(&log, first).await?) == Fate::Stored(second_at));
    ensure!(append(&log, second, |_| ()).await? == second_at);

    // A forged acknowledgement is in the way, and the next message goes after it.
    let forged = forge(&world).await?;
    let third = append(&log, message("a#1", "[2]", second_at), |_| ()).await?;
    ensure!(third > forged);
    let writers: Vec<_> = stored(&log, first)
        .await?
        .into_iter()
        .map(|message| message.writer)
        .collect();
    ensure!(
        writers == [Some("a#1".to_owned()), None, Some("a#1".to_owned())],
        "{writers:?}"
    );

    // Another tenure writes, and this one has ended.
    let opening = log
        .append(&message("b#1", "[]", third))
        .await?
        .context("the opening")?;
    let late = append(&log, message("a#1", "[3]", third), |_| ()).await;
    ensure!(
        matches!(&late, Err(Lost::Deposed { by }) if by == "b#1"),
        "{late:?}"
    );

    // The last message with a writer is found behind forged ones.
    for _ in 0..FORGED {
        forge(&world).await?;
    }
    let (end, last) = log.last(Shard(0), SUBJECT).await?;
    let last = last.context("the opening")?;
    ensure!(
        end >= opening + FORGED as u64 && last.sequence == opening,
        "{end} {last:?}"
    );
    let some = log.on(Shard(0), SUBJECT, 0, second_at, 1 << 20).await?;
    ensure!(some.iter().map(|message| message.sequence).eq([first, second_at]));
    world.stop().await
}
