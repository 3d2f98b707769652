//! Times as people and programs write them. The pages, the HTTP interface and the command line all parse times here.
//!
//! A time denotes the whole of the unit down to which it is written. So a printed time, whether to the second or to the
//! microsecond, covers the instant that it was printed for:
//!
//! | written | denotes |
//! |---|---|
//! | `2026-01-31T12:00:00.245897Z` | that microsecond |
//! | `2026-01-31 12:00:00.245` | that millisecond; without a zone it is UTC, as in all printed times |
//! | `2026-01-31 12:00:00 UTC` | that second |
//! | `2026-01-31T12:00+01:00` | that minute, an hour ahead of UTC |
//! | `2026-01-31T12:00[Europe/Berlin]` | that minute in Berlin |
//! | `2026-01-31`, `2026-01-31[Europe/Berlin]` | that day |
//! | `10m ago` | that moment |
//!
//! A local time that was skipped or repeated by a clock change, or an offset that contradicts the zone, is rejected: a guess
//! would answer another question.

mod zone;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use self::zone::Zone;
use crate::duration;

/// A period of time as a user named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Its first microsecond since 1970: the start of a range that begins at this moment.
    pub first_us: i64,
    /// Its last microsecond, inclusive: the end of a range that ends at this moment.
    pub last_us: i64,
}

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    /// It does not look like a time.
    #[error(
        "use a time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00[Europe/Berlin], a day, or \"10m ago\""
    )]
    Form,
    /// It looks like a time, except for the sign of its offset.
    #[error("a + in a URL means a space: write %2B")]
    LostPlus,
    /// It is not on any calendar or clock.
    #[error("{0} is not on any calendar or clock")]
    NoSuch(String),
    /// The time zone is unknown.
    #[error("unknown time zone {0:?}: use a name such as America/New_York, or an offset such as -05:00")]
    Zone(String),
    /// The offset is not the one that the zone had at that time.
    #[error("{zone} was at {right} then, not at {given}: leave one of the two out")]
    Contradiction {
        /// The zone.
        zone: String,
        /// The offset as written.
        given: String,
        /// The zone's offset.
        right: String,
    },
    /// Clocks were put back over it, so it occurred twice.
    #[error("clocks in {zone} showed that twice: add {first} for the first time, {second} for the second")]
    Twice {
        /// The zone.
        zone: String,
        /// The offset of the first occurrence.
        first: String,
        /// The offset of the second.
        second: String,
    },
    /// Clocks were put forward over it, so it never occurred.
    #[error("clocks in {zone} never showed that: they went from {from} to {to}")]
    Never {
        /// The zone.
        zone: String,
        /// The time at which clocks were put forward.
        from: String,
        /// The time to which they were put forward.
        to: String,
    },
    /// Outside the supported range.
    #[error("that is out of range")]
    Range,
}

impl Moment {
    /// Parses a time; relative times count back from `now`.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, BadTime> {
        let text = text.trim();
        if let Some(duration) = text.strip_suffix(" ago") {
            return Self::ago(duration::read(duration).map_err(|_| BadTime::Form)?, now);
        }
        let read = |text: &str| Written::split(text).ok_or(BadTime::Form)?.read();
        read(text).map_err(|bad| {
            let mended = text
                .rsplit_once(' ')
                .map(|(time, offset)| format!("{time}+{offset}"));
            match (bad, mended) {
                (BadTime::Form, Some(mended)) if read(&mended).is_ok() => BadTime::LostPlus,
                (bad, _) => bad,
            }
        })
    }

    /// The moment that lies `duration` before `now`.
    pub fn ago(duration: Duration, now: Timestamp) -> Result<Self, BadTime> {
        let at_us = now.as_microsecond().checked_sub(duration::microseconds(duration));
        let at = at_us.and_then(|us| Timestamp::from_microsecond(us).ok());
        let at_us = at.ok_or(BadTime::Range)?.as_microsecond();
        Ok(Self {
            first_us: at_us,
            last_us: at_us,
        })
    }

    /// Its first microsecond.
    pub fn first(self) -> Timestamp {
        instant(self.first_us)
    }

    /// Its last microsecond.
    pub fn last(self) -> Timestamp {
        instant(self.last_us)
    }
}

fn instant(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).expect("it was one when it was read")
}

/// The parts of a written time. Only their shape has been checked.
struct Written<'t> {
    date: &'t str,
    clock: Option<&'t str>,
    offset: Option<WrittenOffset>,
    zone: Option<&'t str>,
}

/// An offset from UTC.
#[derive(Clone, Copy)]
enum WrittenOffset {
    /// `Z`: the time is given in UTC, whatever the place.
    Zulu,
    /// The local offset.
    Local(Offset),
}

impl<'t> Written<'t> {
    fn split(text: &'t str) -> Option<Self> {
        let (text, zone) = match text.strip_suffix(']') {
            Some(text) => text.split_once('[').map(|(text, zone)| (text, Some(zone)))?,
            None => (text, None),
        };
        let (date, rest) = text
            .split_at_checked(10)
            .filter(|(date, _)| has_shape(date, "0000-00-00"))?;
        let (clock, offset) = match rest.strip_prefix(['T', 't', ' ']) {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
                let end = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            Some(_) | None => (None, rest),
        };
        let offset = match offset {
            "" => None,
            "Z" | "z" | " UTC" | " (UTC)" => Some(WrittenOffset::Zulu),
            // A day has no single offset: it may begin with one and end with another.
            offset => Some(WrittenOffset::Local(
                zone::offset(offset).filter(|_| clock.is_some())?,
            )),
        };
        Some(Self {
            date,
            clock,
            offset,
            zone,
        })
    }

    fn read(&self) -> Result<Moment, BadTime> {
        let date: Date = self
            .date
            .parse()
            .map_err(|_| BadTime::NoSuch(self.date.to_owned()))?;
        let named = self.zone.map(zone::named).transpose()?;
        let place = match (self.offset, named) {
            (None, None) | (Some(WrittenOffset::Zulu), _) => Zone::at(Offset::UTC),
            (Some(WrittenOffset::Local(offset)), None) => Zone::at(offset),
            (None, Some(zone)) => zone,
            (Some(WrittenOffset::Local(offset)), Some(zone)) => zone.whose_offset_is(offset),
        };
        let (first_us, after_us) = match self.clock.map(clock).transpose()? {
            Some((time, unit_us)) => {
                let first_us = place.instant(date.to_datetime(time))?;
                (first_us, first_us.saturating_add(unit_us))
            }
            None => (
                place.begin(date)?,
                place.begin(date.tomorrow().map_err(|_| BadTime::Range)?)?,
            ),
        };
        Ok(Moment {
            first_us,
            last_us: after_us.saturating_sub(1),
        })
    }
}

/// A time of day, and the length in microseconds of the unit that it denotes. Finer fractions are truncated to the microsecond.
fn clock(text: &str) -> Result<(Time, i64), BadTime> {
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let unit_us = match fraction {
        None if has_shape(whole, "00:00") => 60_000_000,
        None if has_shape(whole, "00:00:00") => 1_000_000,
        Some(digits)
            if has_shape(whole, "00:00:00") && (1..=9).contains(&digits.len()) && is_digits(digits) =>
        {
            [100_000, 10_000, 1_000, 100, 10]
                .get(digits.len() - 1)
                .copied()
                .unwrap_or(1)
        }
        None | Some(_) => return Err(BadTime::Form),
    };
    let no_such = || BadTime::NoSuch(text.to_owned());
    // Leap seconds exist nowhere else in the system, so they are rejected.
    let time: Time = text
        .parse()
        .ok()
        .filter(|_| !whole.ends_with(":60"))
        .ok_or_else(no_such)?;
    Ok((time, unit_us))
}

/// Whether a text has digits where `shape` has zeros, and equals it elsewhere.
fn has_shape(text: &str, shape: &str) -> bool {
    let alike = |(c, like): (u8, u8)| {
        if like == b'0' {
            c.is_ascii_digit()
        } else {
            c == like
        }
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(alike)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
