//! The contents of a stream, and which messages it lacks.

use serde::Deserialize;

/// The contents of a stream, as reported by `STREAM.INFO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct State {
    /// The number of messages.
    pub messages: u64,
    /// The sequence of the first message; if there are none left, one after the last.
    #[serde(rename = "first_seq")]
    pub first: u64,
    /// The last sequence that was ever used.
    #[serde(rename = "last_seq")]
    pub last: u64,
    /// The missing sequences between first and last; only reported on request.
    #[serde(default)]
    pub deleted: Option<Vec<u64>>,
}

impl State {
    /// The number of missing messages between the first and the last.
    pub fn gaps(&self) -> u64 {
        if self.messages == 0 {
            return 0;
        }
        let places = self.last.saturating_sub(self.first).saturating_add(1);
        places.saturating_sub(self.messages)
    }

    /// The number of missing messages from `from` on. Nothing is ever deleted from a shard's stream, so each of them is lost.
    ///
    /// If there are gaps, their position relative to `from` is only known if [`State::deleted`] was requested.
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
    fn messages_missing_at_the_front_or_in_the_middle_are_counted() {
        let check = |messages, first, last, deleted: Option<&[u64]>, from, missing| {
            let state = State {
                messages,
                first,
                last,
                deleted: deleted.map(<[u64]>::to_vec),
            };
            assert_eq!(state.missing(from), missing, "{state:?} from {from}");
        };
        // New and complete.
        check(0, 0, 0, None, 1, 0);
        check(0, 1, 0, None, 1, 0);
        check(10, 1, 10, None, 1, 0);
        // Created to begin at a later sequence: empty, then not.
        check(0, 42, 41, None, 42, 0);
        check(3, 42, 44, None, 42, 0);
        // The front, everything, or the middle is missing.
        check(5, 6, 10, None, 1, 5);
        check(0, 11, 10, None, 1, 10);
        check(7, 1, 10, None, 1, 3);
        check(7, 1, 10, Some(&[3, 4, 8]), 1, 3);
        check(4, 3, 10, Some(&[4, 5, 8, 9]), 1, 6);
        // Everything was restored from 11 on; later some of that is lost, too.
        check(15, 6, 20, None, 11, 0);
        check(10, 1, 20, Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 11, 0);
        check(14, 6, 20, Some(&[12]), 11, 1);
        check(8, 13, 20, None, 11, 2);
        check(0, 21, 20, None, 11, 10);
    }
}
