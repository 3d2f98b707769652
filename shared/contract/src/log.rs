//! Places in a shard's log.

use std::fmt;

/// A place in a shard's log: a message, or one element of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// The sequence of the message in the shard's stream.
    pub sequence: u64,
    /// Which element of the message, counted from 0; none stands for the whole message.
    pub element: Option<u32>,
}

impl LogPlace {
    /// Where the numbers of a log's elements begin: [`LogPlace::number`] of none is smaller.
    pub const START: Self = Self::element(0, 0);

    /// An envelope holds at most 10,000 events, and a message no more requests: fewer than 2 to the power of these bits.
    const ELEMENT_BITS: u32 = 14;

    /// The place of a whole message.
    pub const fn message(sequence: u64) -> Self {
        let element = None;
        Self { sequence, element }
    }

    /// The place of one element of a message.
    pub const fn element(sequence: u64, element: u32) -> Self {
        let element = Some(element);
        Self { sequence, element }
    }

    /// The place of an element as one number, in the order of the log; a whole message counts as its first element.
    pub fn number(self) -> i64 {
        let element = u64::from(self.element.unwrap_or(0));
        i64::try_from((self.sequence << Self::ELEMENT_BITS) | element).unwrap_or(i64::MAX)
    }

    /// The place of the element with this number.
    pub fn of_number(number: i64) -> Self {
        let number = u64::try_from(number).unwrap_or(0);
        let element = number & ((1 << Self::ELEMENT_BITS) - 1);
        Self::element(number >> Self::ELEMENT_BITS, u32::try_from(element).unwrap_or(0))
    }
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}", self.sequence)?;
        self.element
            .map_or(Ok(()), |element| write!(f, ", element {element}"))
    }
}

#[cfg(test)]
mod tests {
    use super::LogPlace;

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
