//! Which requests share a message: a pure rule, without time or I/O.
//!
//! Requests that can share a message belong to one lane. A lane has at most one message in flight. A request to an idle lane is
//! published at once in a message of its own, so a single caller never waits for others. A request to a busy lane waits until the
//! message in flight is acknowledged; then everything that waits forms the next message, as far as it fits. So the number of
//! messages depends on how fast the server acknowledges, not on the number of callers.

use std::collections::{BTreeMap, VecDeque};

/// The limits of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The most requests.
    pub(crate) requests: usize,
    /// The most bytes, as an array.
    pub(crate) bytes: usize,
}

/// The waiting requests, by lane.
#[derive(Debug)]
pub(crate) struct Lanes<L, T> {
    limits: Limits,
    /// What waits for the message in flight; a lane that is absent is idle.
    busy: BTreeMap<L, VecDeque<Waiting<T>>>,
}

#[derive(Debug)]
struct Waiting<T> {
    bytes: usize,
    request: T,
}

impl<L: Ord, T> Lanes<L, T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            busy: BTreeMap::new(),
        }
    }

    /// Adds a request of this size. Returns the message to publish now, or none if the request must wait.
    pub(crate) fn add(&mut self, lane: L, bytes: usize, request: T) -> Option<T> {
        match self.busy.get_mut(&lane) {
            Some(waiting) => {
                waiting.push_back(Waiting { bytes, request });
                None
            }
            None => {
                self.busy.insert(lane, VecDeque::new());
                Some(request)
            }
        }
    }

    /// Reports that a lane's message was acknowledged, or has failed. Returns its next message; if nothing waits, the lane is
    /// idle.
    ///
    /// Only requests that are still `wanted` are published: a caller that has given up no longer waits for an outcome.
    pub(crate) fn next(&mut self, lane: &L, wanted: impl Fn(&T) -> bool) -> Option<Vec<T>> {
        let waiting = self.busy.get_mut(lane)?;
        waiting.retain(|waiting| wanted(&waiting.request));
        // The opening bracket; each request adds a comma or the closing bracket.
        let (mut message, mut bytes) = (Vec::new(), 1);
        while let Some(next) = waiting.front() {
            bytes += next.bytes + 1;
            let is_full = message.len() == self.limits.requests || bytes > self.limits.bytes;
            if is_full && !message.is_empty() {
                break;
            }
            message.extend(waiting.pop_front().map(|waiting| waiting.request));
        }
        if message.is_empty() {
            self.busy.remove(lane);
            return None;
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        requests: 3,
        bytes: 100,
    };

    /// Plays a script: `a7` adds request 7 to lane a, `a7:40` with 40 bytes, `a!` completes the message of lane a. `expected`
    /// lists the published messages in order.
    fn check(line: &str, expected: &str) {
        let mut lanes = Lanes::new(LIMITS);
        let mut published = Vec::new();
        for word in line.split_whitespace() {
            let (lane, rest) = word.split_at(1);
            let message = if rest == "!" {
                lanes.next(&lane, |_| true)
            } else {
                let (request, bytes) = rest.split_once(':').unwrap_or((rest, "10"));
                lanes
                    .add(lane, bytes.parse().unwrap(), request)
                    .map(|one| vec![one])
            };
            published.extend(message.map(|message| format!("{lane}{}", message.join("+"))));
        }
        assert_eq!(published.join(" "), expected, "{line}");
    }

    #[test]
    fn requests_share_a_message_only_while_another_is_pending() {
        // A single caller never waits.
        check("a1", "a1");
        check("a1 a! a2 a! a3", "a1 a2 a3");
        // Requests that arrive meanwhile form one message, in order of arrival.
        check("a1 a2 a3 a!", "a1 a2+3");
        check("a1 a2 a! a3 a! a! a4", "a1 a2 a3 a4");
        // Lanes are independent.
        check("a1 b2 a3 b4 b!", "a1 b2 b4");
        check("a1 b2 a!", "a1 b2");
    }

    #[test]
    fn a_message_is_bounded_in_requests_and_in_bytes() {
        check("a1 a2 a3 a4 a5 a6 a! a! a!", "a1 a2+3+4 a5+6");
        // 1 + (49 + 1) + (48 + 1) = 100 fits, one byte more does not.
        check("a1 a2:49 a3:48 a!", "a1 a2+3");
        check("a1 a2:49 a3:49 a! a!", "a1 a2 a3");
        // An oversized request is sent alone, and left to the server to reject.
        check("a1 a2 a3:500 a4 a! a! a!", "a1 a2 a3 a4");
    }

    #[test]
    fn an_abandoned_request_is_not_sent() {
        let mut lanes = Lanes::new(LIMITS);
        assert_eq!(lanes.add("a", 10, 1), Some(1));
        for request in 2..6 {
            assert_eq!(lanes.add("a", 10, request), None);
        }
        assert_eq!(lanes.next(&"a", |request| request % 2 == 0), Some(vec![2, 4]));
        assert_eq!(lanes.next(&"a", |_| true), None);
        assert_eq!(lanes.add("a", 10, 7), Some(7), "the lane is idle again");
    }

    #[test]
    fn many_concurrent_callers_share_a_few_messages() {
        let limits = Limits {
            requests: 1_000,
            bytes: 1_000_000,
        };
        let mut lanes = Lanes::new(limits);
        let mut messages = 0;
        for caller in 0..256 {
            messages += usize::from(lanes.add("a", 150, caller).is_some());
        }
        while lanes.next(&"a", |_| true).is_some() {
            messages += 1;
        }
        assert_eq!(messages, 2);
    }
}
