//! What the service has skipped in a log that was healed: see [`wallet_contract::skip`].

use wallet_contract::skip::Skip;
use wallet_contract::stream;
use wallet_contract::subject::skipped;

use super::Context;
use crate::bus::{self, Bus, Message};
use crate::store::Progress;

/// How many bytes are read at once.
const READ: usize = 64 * 1024;

/// Messages that were skipped, in a log that was healed.
#[derive(Clone, Debug, Default)]
pub(super) struct Skips(Vec<Skip>);

impl Skips {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a message was skipped.
    pub(super) fn cover(&self, message: &Message) -> bool {
        let mut skips = self.0.iter();
        skips.any(|skip| skip.covers(message.sequence, message.at_us))
    }
}

/// The skips that a database has yet to make, and the progress from which it goes on: where the log lacks messages, from where it
/// holds all of them.
///
/// If only the end of the log was lost, the order in which it was put back may differ from the one in which it was decided, and survivors
/// stand between: that is not applied to a database from before.
pub(super) async fn after<L: Bus>(
    context: &Context<L>,
    mut progress: Progress,
) -> Result<(Progress, Skips), bus::Error> {
    let (shard, mut read, mut skips) = (context.place.shard, 0, Vec::new());
    let subject = skipped(shard, context.service);
    // A stream that can't be read, or does not exist yet, is reported by `ready`.
    while let Ok(messages) = context.bus.on(shard, &subject, read, u64::MAX, READ).await {
        let Some(last) = messages.last() else { break };
        read = last.sequence;
        let ours = messages.iter().filter(|message| message.writer.is_some());
        skips.extend(ours.filter_map(|message| serde_json::from_slice::<Skip>(&message.payload).ok()));
    }
    skips.retain(|skip| skip.up_to > progress.position);
    for skip in &skips {
        if skip.whole_from.is_none() {
            let (name, up_to, at) = (stream::name(shard), skip.up_to, progress.place());
            return Err(bus::Error::Unfit(format!(
                "stream {name} lost its end and was healed after message {up_to}, and this database is from before that ({at}): \
                 use one that was there when it was healed, or restore a backup"
            )));
        }
        if let Some(from) = skip.whole_from.filter(|from| *from > progress.position) {
            progress = Progress {
                position: from.saturating_sub(1),
                within: None,
                whole_from: from,
                ..progress
            };
        }
    }
    Ok((progress, Skips(skips)))
}
