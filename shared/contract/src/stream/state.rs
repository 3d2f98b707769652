//! What a stream holds, and which messages it lacks.

use serde::Deserialize;

/// What a stream holds, as `STREAM.INFO` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct State {
    /// How many messages.
    pub messages: u64,
    /// The sequence of the first of them; one behind the last, if there is none any more.
    #[serde(rename = "first_seq")]
    pub first: u64,
    /// The last sequence that was ever used.
    #[serde(rename = "last_seq")]
    pub last: u64,
    /// The sequences between first and last that are gone; told only if asked for.
    #[serde(default)]
    pub deleted: Option<Vec<u64>>,
}

impl State {
    /// How many messages between the first and the last are gone.
    pub fn gaps(&self) -> u64 {
        if self.messages == 0 {
            return 0;
        }
        let places = self.last.saturating_sub(self.first).saturating_add(1);
        places.saturating_sub(self.messages)
    }

    /// How many of the messages from `from` on are gone. Nothing is ever deleted from a shard's stream, so each of them is lost.
    ///
    /// If there are gaps, whether they are behind `from` is known only where [`State::deleted`] was asked for.
    pub fn missing(&self, from: u64) -> u64 {
        let first = if self.messages == 0 {
            self.last.saturating_add(1)
        } else {
            self.first
        };
        let at_front = first.min(self.last.saturating_add(1)).saturating_sub(from);
        let between = match &self.deleted {
            Some(deleted) => deleted.iter().fold(0_u64, |count, place| {
                count.saturating_add(u64::from(*place >= from && *place > first))
            }),
            None => self.gaps(),
        };
        at_front.saturating_add(between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_from_the_front_or_the_middle_is_counted() {
        let check = |messages, first, last, deleted: Option<&[u64]>, from, missing| {
            let state = State {
                messages,
                first,
                last,
                deleted: deleted.map(<[u64]>::to_vec),
            };
            assert_eq!(state.missing(from), missing, "{state:?} from {from}");
        };
        // New, and whole.
        check(0, 0, 0, None, 1, 0);
        check(0, 1, 0, None, 1, 0);
        check(10, 1, 10, None, 1, 0);
        // Made to begin further on: empty, then not.
        check(0, 42, 41, None, 42, 0);
        check(3, 42, 44, None, 42, 0);
        // The front is gone, all is gone, the middle is gone.
        check(5, 6, 10, None, 1, 5);
        check(0, 11, 10, None, 1, 10);
        check(7, 1, 10, None, 1, 3);
        check(7, 1, 10, Some(&[3, 4, 8]), 1, 3);
        check(4, 3, 10, Some(&[4, 5, 8, 9]), 1, 6);
        // Everything was put back from 11 on; then something of that is gone, too.
        check(15, 6, 20, None, 11, 0);
        check(10, 1, 20, Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 11, 0);
        check(14, 6, 20, Some(&[12]), 11, 1);
        check(8, 13, 20, None, 11, 2);
        check(0, 21, 20, None, 11, 10);
    }
}
