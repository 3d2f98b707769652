//! What was set aside, as it stands in the log, and what an operator says of it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use tokio::time::timeout;
use wallet_contract::headers;
use wallet_contract::parking::{Action, Instruction};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::parking;

use crate::args::ParkedId;
use crate::connect::Connection;
use crate::verify::entry::{self, Message, What};
use crate::verify::live;

/// How long a message may take: it stands in the log, so it only has to come.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);

/// A message, or an element of one, as it stands in the log.
#[derive(Clone, Debug)]
pub struct Original {
    /// Its subject.
    pub subject: String,
    message: Message,
    text: String,
}

/// Reads what was set aside from its shard's log.
pub async fn original(connection: &Connection, id: ParkedId) -> Result<Original> {
    let name = stream::name(id.shard);
    let log = connection.jetstream().get_stream_no_info(&name).await?;
    let mut messages = live::reader(&log, id.sequence).await?;
    let next = timeout(MESSAGE_WITHIN, messages.next()).await;
    let next = next.with_context(|| format!("stream {name}: message {} did not come", id.sequence))?;
    let message = next.with_context(|| format!("stream {name}: its reader ended"))??;
    let message = live::received(&message)?;
    let element = id.index.and_then(|index| entry::text(&message, id.shard, index));
    Ok(Original {
        subject: message.subject.clone(),
        text: element.unwrap_or_else(|| String::from_utf8_lossy(&message.payload).into_owned()),
        message,
    })
}

impl Original {
    /// Its text.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// Whether a client may have asked it.
    pub fn is_request(&self) -> bool {
        matches!(self.subject.split('.').nth(2), Some("cmd" | "adm" | "bulk"))
    }

    /// Why a text in its place could not be read, if it could not.
    pub fn read(&self, text: &str, shard: Shard) -> Option<String> {
        let message = Message {
            payload: text.to_owned().into(),
            ..self.message.clone()
        };
        let unreadable = |entry: entry::Entry| match entry.what {
            What::Unreadable(detail) => Some(detail),
            What::Request { .. } | What::Event(..) => None,
        };
        entry::read(&message, shard).into_iter().find_map(unreadable)
    }

    /// Publishes a text in its place, and says where it stands now.
    pub async fn publish(&self, connection: &Connection, text: String) -> Result<u64> {
        let headers = [
            (headers::TRACEPARENT, self.message.traceparent.clone()),
            (headers::EVENT_ID, self.message.event_id.clone()),
        ];
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        Ok(connection.put(&self.subject, headers, text).await?.sequence)
    }
}

/// Has a service see to what it has set aside.
pub async fn instruct(connection: &Connection, id: ParkedId, action: Action) -> Result<()> {
    let instruction = Instruction {
        sequence: id.sequence,
        index: id.index,
        action,
    };
    let subject = parking(id.shard, id.service);
    connection.put(&subject, Vec::new(), instruction.write()).await?;
    Ok(())
}
