//! What is known about messages that ended a tenure.
//!
//! | a tenure ended while handling | then |
//! |---|---|
//! | many messages | the messages up to the last of them are handled element by element |
//! | one element | it is tried once more: another instance may have been writing the rows |
//! | that element again | it is parked with the error; the other elements are handled |
//!
//! All of this is forgotten when the process ends, and learnt again.

use wallet_contract::log::LogPlace;

/// How often an element may fail by itself before it is parked.
const FAILURES: u32 = 2;

/// What is being handled, and what is known about it.
#[derive(Debug, Default)]
pub(super) struct Caution {
    /// Messages up to this one are handled element by element.
    until: u64,
    current: Option<Current>,
    suspect: Option<Suspect>,
}

#[derive(Clone, Copy, Debug)]
enum Current {
    Many { last: u64 },
    One(LogPlace),
}

#[derive(Debug)]
struct Suspect {
    place: LogPlace,
    failures: u32,
    why: String,
}

impl Caution {
    /// Whether this message must be handled element by element.
    pub(super) fn is_due(&self, sequence: u64) -> bool {
        sequence <= self.until
    }

    /// Messages up to this one are being handled together.
    pub(super) fn begin_many(&mut self, last: u64) {
        self.current = Some(Current::Many { last });
    }

    /// One element is being handled.
    pub(super) fn begin_one(&mut self, place: LogPlace) {
        self.current = Some(Current::One(place));
    }

    /// Handling succeeded.
    pub(super) fn succeed(&mut self) {
        self.current = None;
    }

    /// The reason to park an element, if it must be parked.
    pub(super) fn reason_to_park(&self, place: LogPlace) -> Option<&str> {
        let suspect = self.suspect.as_ref()?;
        (suspect.place == place && suspect.failures >= FAILURES).then_some(&*suspect.why)
    }

    /// Learns from the end of a tenure; `why` it ended, if the input may be to blame.
    pub(super) fn learn(&mut self, why: Option<String>) {
        let Some((current, why)) = self.current.take().zip(why) else {
            return;
        };
        match current {
            Current::Many { last } => self.until = self.until.max(last),
            Current::One(place) => {
                let before = self.suspect.take().filter(|suspect| suspect.place == place);
                self.suspect = Some(Suspect {
                    place,
                    failures: before.map_or(0, |suspect| suspect.failures).saturating_add(1),
                    why,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panicked() -> String {
        "the rules panicked: overflow".to_owned()
    }

    #[test]
    fn an_element_that_fails_twice_on_its_own_is_parked() {
        let mut caution = Caution::default();
        caution.begin_many(7);
        caution.learn(Some(panicked()));
        assert!(caution.is_due(7) && !caution.is_due(8));
        let place = LogPlace::element(5, 2);
        for _ in 0..FAILURES {
            assert_eq!(caution.reason_to_park(place), None);
            caution.begin_one(place);
            caution.learn(Some(panicked()));
        }
        assert_eq!(
            caution.reason_to_park(place),
            Some("the rules panicked: overflow")
        );
        assert_eq!(caution.reason_to_park(LogPlace::element(5, 1)), None);
    }

    #[test]
    fn another_elements_failure_does_not_count() {
        let mut caution = Caution::default();
        for place in [0, 1, 0].map(|element| LogPlace::element(5, element)) {
            caution.begin_one(place);
            caution.learn(Some(panicked()));
            assert_eq!(caution.reason_to_park(place), None);
        }
    }

    #[test]
    fn failures_that_are_not_the_inputs_fault_are_ignored() {
        let mut caution = Caution::default();
        caution.begin_many(7);
        caution.learn(None);
        assert!(!caution.is_due(7));
        caution.begin_many(7);
        caution.succeed();
        caution.learn(Some(panicked()));
        assert!(!caution.is_due(7));
    }
}
