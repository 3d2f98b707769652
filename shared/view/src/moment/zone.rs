//! Time zones. They are compiled in, so a time means the same on every machine.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use super::{BadTime, has_shape};

/// A named zone, or an offset from UTC.
pub(super) struct Zone {
    rules: TimeZone,
    name: String,
    /// The offset that was given for the zone, to be checked.
    given: Option<Offset>,
}

/// Looks up a zone by its name in brackets.
pub(super) fn named(text: &str) -> Result<Zone, BadTime> {
    let name = text.strip_prefix('!').unwrap_or(text);
    let zone = match offset(name) {
        Some(offset) => Some(TimeZone::fixed(offset)),
        None => TimeZoneDatabase::bundled().get(name).ok(),
    };
    let zone = zone.filter(|zone| !zone.is_unknown());
    Ok(Zone {
        rules: zone.ok_or_else(|| BadTime::Zone(name.to_owned()))?,
        name: name.to_owned(),
        given: None,
    })
}

/// Parses `+01`, `+0100`, `+01:00`.
pub(super) fn offset(text: &str) -> Option<Offset> {
    let rest = text.strip_prefix(['+', '-'])?;
    if !["00", "0000", "00:00"].iter().any(|shape| has_shape(rest, shape)) {
        return None;
    }
    let minutes = rest[2..].trim_start_matches(':');
    let minutes: i32 = if minutes.is_empty() {
        0
    } else {
        minutes.parse().ok()?
    };
    let seconds = rest[..2]
        .parse::<i32>()
        .ok()?
        .checked_mul(3_600)?
        .checked_add(minutes.checked_mul(60)?)?;
    let seconds = if text.starts_with('-') { -seconds } else { seconds };
    Offset::from_seconds(seconds).ok().filter(|_| minutes < 60)
}

impl Zone {
    /// The zone with a fixed offset.
    pub(super) fn at(offset: Offset) -> Self {
        Self {
            rules: TimeZone::fixed(offset),
            name: shown(offset),
            given: None,
        }
    }

    /// The zone, with an offset that must match it.
    pub(super) fn whose_offset_is(self, offset: Offset) -> Self {
        Self {
            given: Some(offset),
            ..self
        }
    }

    /// The start of a day in this zone, in microseconds since 1970. A day may begin at one o'clock.
    pub(super) fn begin(&self, day: Date) -> Result<i64, BadTime> {
        let begin = day.to_zoned(self.rules.clone()).map_err(|_| BadTime::Range)?;
        Ok(begin.timestamp().as_microsecond())
    }

    /// The instant at which clocks in this zone showed that time, in microseconds since 1970.
    pub(super) fn instant(&self, at: DateTime) -> Result<i64, BadTime> {
        let zone = self.name.clone();
        let offset = match (self.rules.to_ambiguous_timestamp(at).offset(), self.given) {
            (AmbiguousOffset::Unambiguous { offset }, None) => offset,
            (AmbiguousOffset::Unambiguous { offset }, Some(given)) if given == offset => given,
            (AmbiguousOffset::Fold { before, after }, Some(given)) if given == before || given == after => {
                given
            }
            (
                AmbiguousOffset::Unambiguous { offset: right } | AmbiguousOffset::Fold { before: right, .. },
                Some(given),
            ) => {
                let (given, right) = (shown(given), shown(right));
                return Err(BadTime::Contradiction { zone, given, right });
            }
            (AmbiguousOffset::Fold { before, after }, None) => {
                let (first, second) = (shown(before), shown(after));
                return Err(BadTime::Twice { zone, first, second });
            }
            (AmbiguousOffset::Gap { before, .. }, _) => {
                let (from, to) = self.gap(at, before).ok_or(BadTime::Range)?;
                return Err(BadTime::Never { zone, from, to });
            }
        };
        let at = offset.to_timestamp(at).map_err(|_| BadTime::Range)?;
        Ok(at.as_microsecond())
    }

    /// The times of day from and to which the clocks were put forward.
    fn gap(&self, at: DateTime, before: Offset) -> Option<(String, String)> {
        let inside = before.to_timestamp(at).ok()?;
        // The latest change, seen from after it.
        let change = self.rules.preceding(inside).next()?;
        let clock = |offset: Offset| {
            offset
                .to_datetime(change.timestamp())
                .time()
                .strftime("%H:%M")
                .to_string()
        };
        Some((clock(before), clock(change.offset())))
    }
}

/// `-05:00`
fn shown(offset: Offset) -> String {
    let minutes = offset.seconds().abs() / 60;
    let sign = if offset.seconds() < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
