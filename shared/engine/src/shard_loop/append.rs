//! Appends to a subject that has one writer, until the fate of the message is known.
//!
//! Every message names the one before it, so the subject is a chain: whoever appends to it has seen all of it. A message whose
//! acknowledgement was lost is repeated with the same predecessor. If it is then refused, the subject says why.

use std::time::Duration;

use tracing::warn;

use crate::bus::{Append, Bus, Error, Message};

/// The pause between two attempts: the first, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How many bytes of later messages are read at once to find out why a message was refused.
const LOOK: usize = 1024 * 1024;

/// Why a tenure can no longer append.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// Another tenure has written to the subject.
    #[error("{by} has taken over this shard")]
    Deposed {
        /// Its name.
        by: String,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] Error),
}

/// What became of a message that was refused because of its predecessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is stored: an earlier attempt had reached the log.
    Stored(u64),
    /// It is not stored. Only messages without a writer are in the way, which are not ours to answer; the last has this sequence.
    Behind(u64),
    /// It can never be stored: another tenure has written.
    Deposed(String),
    /// Nothing follows its predecessor that can be read yet. If the log has lost messages, the checks beside the loop will find out.
    Nothing,
}

/// Judges a refused message by the messages on its subject after its predecessor.
pub fn fate(message: &Append, since: &[Message]) -> Fate {
    for other in since {
        match &other.writer {
            Some(writer) if *writer == message.writer && other.payload == message.payload => {
                return Fate::Stored(other.sequence);
            }
            Some(writer) => return Fate::Deposed(writer.clone()),
            // A client can make the server store an acknowledgement on any subject, but not with a header.
            None => {}
        }
    }
    since
        .last()
        .map_or(Fate::Nothing, |last| Fate::Behind(last.sequence))
}

/// Appends a message, and returns its sequence once it is durable. `report` is called with every failed attempt, and with `None` after the
/// last.
pub async fn append<L: Bus>(
    log: &L,
    mut message: Append,
    report: impl Fn(Option<String>),
) -> Result<u64, Lost> {
    let mut pause = BACKOFF.0;
    loop {
        let failed = match once(log, &mut message).await {
            Ok(Some(sequence)) => {
                if pause > BACKOFF.0 {
                    report(None);
                }
                return Ok(sequence);
            }
            Ok(None) => continue,
            Err(Lost::Log(Error::Nats(error))) => error,
            Err(lost) => return Err(lost),
        };
        warn!(subject = %message.subject, "appending again in {pause:?}: {failed}");
        report(Some(failed));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACKOFF.1);
    }
}

/// One attempt; `None` if it must be repeated behind another message.
async fn once<L: Bus>(log: &L, message: &mut Append) -> Result<Option<u64>, Lost> {
    if let Some(sequence) = log.append(message).await? {
        return Ok(Some(sequence));
    }
    let Append {
        shard,
        subject,
        after,
        ..
    } = &*message;
    let since = log.on(*shard, subject, *after, u64::MAX, LOOK).await?;
    match fate(message, &since) {
        Fate::Stored(sequence) => Ok(Some(sequence)),
        Fate::Behind(sequence) => {
            message.after = sequence;
            Ok(None)
        }
        Fate::Deposed(by) => Err(Lost::Deposed { by }),
        Fate::Nothing => {
            let (subject, after) = (&message.subject, message.after);
            Err(Error::Nats(format!(
                "{subject} ends with another message than {after}, which can't be read yet"
            ))
            .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use wallet_contract::shard::Shard;

    use super::*;

    fn stored(sequence: u64, writer: Option<&str>, payload: &'static str) -> Message {
        Message {
            subject: "wallet.0.evt.debit.0".to_owned(),
            payload: Bytes::from_static(payload.as_bytes()),
            sequence,
            at_us: 0,
            traceparent: None,
            event_id: None,
            writer: writer.map(str::to_owned),
        }
    }

    fn check(since: &[(Option<&str>, &'static str)], expected: &Fate) {
        let message = Append {
            shard: Shard(0),
            subject: "wallet.0.evt.debit.0".to_owned(),
            payload: Bytes::from_static(b"[1]"),
            writer: "a#1".to_owned(),
            after: 7,
        };
        let since: Vec<Message> = (8..)
            .zip(since)
            .map(|(sequence, (writer, payload))| stored(sequence, *writer, payload))
            .collect();
        assert_eq!(&fate(&message, &since), expected);
    }

    #[test]
    fn the_subject_tells_what_became_of_a_message() {
        check(&[(Some("a#1"), "[1]")], &Fate::Stored(8));
        check(&[(None, "+ACK"), (Some("a#1"), "[1]")], &Fate::Stored(9));
        check(&[(None, "+ACK"), (None, "[1]")], &Fate::Behind(9));
        check(&[(Some("b#1"), "[1]")], &Fate::Deposed("b#1".to_owned()));
        check(&[(Some("a#2"), "[]")], &Fate::Deposed("a#2".to_owned()));
        check(
            &[(None, "+ACK"), (Some("b#1"), "[]"), (Some("a#1"), "[1]")],
            &Fate::Deposed("b#1".to_owned()),
        );
        check(&[], &Fate::Nothing);
    }
}
