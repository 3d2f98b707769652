//! Reads a stream as a snapshot: the server sends its files in chunks, and waits for an acknowledgement of each.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use wallet_client::connect::Connection;

use super::folder::{Folder, Stream, hex};

/// The size of a chunk.
const CHUNK: usize = 128 * 1024;
/// Timeout for the next chunk.
const CHUNK_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
struct Begun {
    config: Value,
    state: Value,
}

/// Reads a stream into its file.
pub(crate) async fn read(connection: &Connection, name: &str, folder: &Folder) -> Result<Stream> {
    let client = connection.client();
    let inbox = client.new_inbox();
    let mut chunks = client.subscribe(inbox.clone()).await?;
    let request = json!({ "deliver_subject": inbox, "no_consumers": true, "chunk_size": CHUNK });
    let asked = connection
        .jetstream()
        .request(format!("STREAM.SNAPSHOT.{name}"), &request);
    let Begun { config, state } = match asked.await? {
        Response::Ok(begun) => begun,
        Response::Err { error } => bail!("{error}"),
    };
    let path = folder.file(name);
    let shown = path.display();
    let mut file = std::fs::File::create(&path).with_context(|| format!("{shown} can't be written"))?;
    let (mut bytes, mut digest) = (0, Sha256::new());
    loop {
        let chunk = timeout(CHUNK_WITHIN, chunks.next()).await;
        let chunk = chunk
            .with_context(|| format!("the server sent nothing for {CHUNK_WITHIN:?}"))?
            .context("the connection was closed")?;
        if chunk.payload.is_empty() {
            match chunk.description {
                // The end. A server that gives up says why.
                Some(why) if why != "EOF" && !why.is_empty() => bail!("the server gave up: {why}"),
                Some(_) | None => break,
            }
        }
        file.write_all(&chunk.payload)
            .with_context(|| format!("{shown} can't be written"))?;
        bytes += chunk.payload.len() as u64;
        digest.update(&chunk.payload);
        if let Some(reply) = chunk.reply {
            client.publish(reply, Bytes::new()).await?;
        }
    }
    file.sync_all()
        .with_context(|| format!("{shown} can't be synced"))?;
    Ok(Stream {
        name: name.to_owned(),
        config,
        state,
        bytes,
        sha256: hex(digest),
    })
}
