//! Positions in a shard's log.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A position in a shard's log: a message, or one element of it.
///
/// Positions are ordered as they are handled: a whole message after its elements. The default precedes all messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogPlace {
    /// The sequence of the message in the shard's stream.
    pub sequence: u64,
    /// The index of the element within the message, from 0; `None` for the whole message.
    pub element: Option<u32>,
}

impl Ord for LogPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |place: &Self| (place.sequence, place.element.map_or(u64::MAX, u64::from));
        order(self).cmp(&order(other))
    }
}

impl PartialOrd for LogPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl LogPlace {
    /// The position of the first element of a log; no element has a smaller [`LogPlace::number`].
    pub const START: Self = Self::element(0, 0);

    /// An envelope holds at most 10,000 events, and a message yields no more than 16,000 requests: fewer than 2 to the power of these bits.
    const ELEMENT_BITS: u32 = 14;

    /// The position of a whole message.
    pub const fn message(sequence: u64) -> Self {
        let element = None;
        Self { sequence, element }
    }

    /// The position of one element of a message.
    pub const fn element(sequence: u64, element: u32) -> Self {
        let element = Some(element);
        Self { sequence, element }
    }

    /// The short form: `17:2` is element 2 of message 17, `17` the whole message.
    pub fn short(self) -> String {
        match self.element {
            Some(element) => format!("{}:{element}", self.sequence),
            None => self.sequence.to_string(),
        }
    }

    /// The position of an element as a single number, in log order; a whole message counts as its first element.
    pub fn number(self) -> i64 {
        let element = u64::from(self.element.unwrap_or(0));
        i64::try_from((self.sequence << Self::ELEMENT_BITS) | element).unwrap_or(i64::MAX)
    }

    /// The position of the element with this number.
    pub fn of_number(number: i64) -> Self {
        let number = u64::try_from(number).unwrap_or(0);
        let element = number & ((1 << Self::ELEMENT_BITS) - 1);
        Self::element(number >> Self::ELEMENT_BITS, u32::try_from(element).unwrap_or(0))
    }
}

/// The position in words.
impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}", self.sequence)?;
        self.element
            .map_or(Ok(()), |element| write!(f, ", element {element}"))
    }
}

/// Text that is not a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a position in a log, such as 17:2 or 17")]
pub struct BadPlace(String);

/// Reads the short form, as [`LogPlace::short`] writes it.
impl FromStr for LogPlace {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let place = match text.split_once(':') {
            Some((sequence, element)) => sequence.parse().ok().zip(element.parse().ok().map(Some)),
            None => text.parse().ok().map(|sequence| (sequence, None)),
        };
        let (sequence, element) = place.ok_or_else(|| BadPlace(text.to_owned()))?;
        let place = Self { sequence, element };
        // One position has one text: no sign, no leading zero.
        (place.short() == text)
            .then_some(place)
            .ok_or_else(|| BadPlace(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::LogPlace;

    #[test]
    fn a_message_is_handled_after_its_elements() {
        let places = [
            LogPlace::default(),
            LogPlace::element(1, 0),
            LogPlace::element(1, 1),
            LogPlace::message(1),
            LogPlace::element(2, 0),
        ];
        assert!(places.is_sorted());
        assert_eq!(LogPlace::default(), LogPlace::message(0));
    }

    #[test]
    fn the_short_form_is_read_as_written() {
        for place in [LogPlace::START, LogPlace::element(17, 2), LogPlace::message(17)] {
            assert_eq!(place.short().parse(), Ok(place));
        }
        for bad in [
            "",
            "17:",
            ":2",
            "017",
            "+17",
            "17:02",
            "17:-1",
            "17 :2",
            "x",
            "17:2:0",
            "99999999999999999999",
        ] {
            let error = bad.parse::<LogPlace>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{bad:?} is not a position in a log, such as 17:2 or 17")
            );
        }
    }

    #[test]
    fn numbers_are_in_the_order_of_the_log() {
        let places = [
            (0, 0),
            (0, 7),
            (1, 0),
            (1, 9_999),
            (2, 0),
            ((1 << 49) - 1, 16_383),
        ];
        let places = places.map(|(sequence, element)| LogPlace::element(sequence, element));
        assert!(places.is_sorted_by_key(|place| place.number()));
        for place in places {
            assert_eq!(LogPlace::of_number(place.number()), place);
        }
    }
}
