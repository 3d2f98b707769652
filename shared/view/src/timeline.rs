//! A time axis on which idle stretches are shortened.
//!
//! A flow takes milliseconds, but may wait days for its payer. Where nothing happens for much longer than everything else takes
//! together, the axis is cut: that stretch gets a fixed width and is labelled with its length.

use crate::flow::Flow;
use crate::steps::Step;

/// A stretch is cut if it is longer than this multiple of all shorter ones together.
const MUCH_LONGER: i64 = 3;
/// Stretches shorter than this many microseconds are never cut.
const WORTH_CUTTING_US: i64 = 20_000;

/// A stretch of the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its start, in microseconds since the flow's first request.
    pub from_us: i64,
    /// Its end.
    pub to_us: i64,
    /// Whether it is cut.
    pub cut: bool,
}

/// The boundaries of a step's bar, in microseconds since the flow's first request. They are clamped to the order held, wait,
/// work, publish; nothing is shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// When the reservation began to wait for its payer, if it waited until [`Self::caused_us`]; otherwise equal to that.
    pub held_us: i64,
    /// When its cause was stored in the log; for a release on expiry, when the reservation expired.
    pub caused_us: i64,
    /// When the service took it up.
    pub taken_us: i64,
    /// When it was decided.
    pub decided_us: i64,
    /// When it was stored in the log.
    pub recorded_us: i64,
}

/// The bar of a step; a request's bar is a single moment.
pub fn bar(flow: &Flow, steps: &[Step], step: &Step) -> Bar {
    let recorded_us = step.at_us;
    let event = &flow.events[step.event];
    if step.times.is_none() {
        return Bar {
            held_us: recorded_us.saturating_sub(step.held_us),
            caused_us: recorded_us,
            taken_us: recorded_us,
            decided_us: recorded_us,
            recorded_us,
        };
    }
    let start_us = event.recorded_us().saturating_sub(recorded_us);
    let decided_us = event
        .time
        .as_microsecond()
        .saturating_sub(start_us)
        .min(recorded_us);
    let caused_us = step.parent.map_or(decided_us, |parent| steps[parent].at_us);
    let decided_us = decided_us.max(caused_us);
    let taken_us = decided_us.saturating_sub(event.work_us.max(0)).max(caused_us);
    let caused_us = if step.held_us > 0 { taken_us } else { caused_us };
    let recorded_us = recorded_us.max(decided_us);
    Bar {
        held_us: caused_us.saturating_sub(step.held_us),
        caused_us,
        taken_us,
        decided_us,
        recorded_us,
    }
}

/// The axis through these moments.
pub fn line(mut moments: Vec<i64>) -> Vec<Stretch> {
    moments.sort_unstable();
    moments.dedup();
    let mut lengths: Vec<i64> = moments
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    lengths.sort_unstable();
    let (mut shorter, mut limit) = (0_i64, i64::MAX);
    for length in lengths {
        if length > WORTH_CUTTING_US && length > shorter.saturating_mul(MUCH_LONGER) && shorter > 0 {
            limit = length;
            break;
        }
        shorter = shorter.saturating_add(length);
    }
    let stretch = |pair: &[i64]| Stretch {
        from_us: pair[0],
        to_us: pair[1],
        cut: pair[1].saturating_sub(pair[0]) >= limit,
    };
    moments.windows(2).map(stretch).collect()
}

/// The position of a moment on an axis of this width, in which each cut takes `cut_width`.
pub fn place(line: &[Stretch], at_us: i64, width: i64, cut_width: i64) -> i64 {
    let length = |stretch: &Stretch| stretch.to_us.saturating_sub(stretch.from_us);
    let cuts = i64::try_from(line.iter().filter(|stretch| stretch.cut).count()).unwrap_or(0);
    let all: i64 = line
        .iter()
        .filter(|stretch| !stretch.cut)
        .map(length)
        .fold(0, i64::saturating_add);
    let room = width.saturating_sub(cuts.saturating_mul(cut_width)).max(0);
    // i128, so that no two times can overflow.
    let scaled = |us: i64| i128::from(us) * i128::from(room) / i128::from(all.max(1));
    let mut x: i128 = 0;
    for stretch in line {
        let within = at_us
            .clamp(stretch.from_us, stretch.to_us)
            .saturating_sub(stretch.from_us);
        x += if stretch.cut {
            i128::from(within) * i128::from(cut_width) / i128::from(length(stretch).max(1))
        } else {
            scaled(within)
        };
    }
    i64::try_from(x).unwrap_or(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparable_stretches_are_not_cut() {
        let whole = line(vec![0, 2_000, 4_000, 9_000]);
        assert!(whole.iter().all(|stretch| !stretch.cut));
        assert_eq!(
            [0, 2_000, 4_500, 9_000].map(|us| place(&whole, us, 900, 40)),
            [0, 200, 450, 900]
        );
    }

    #[test]
    fn a_day_between_milliseconds_is_cut() {
        let day = 86_400_000_000;
        let cut = line(vec![0, 2_000, 4_000, 4_000 + day, 6_000 + day]);
        let cuts: Vec<bool> = cut.iter().map(|stretch| stretch.cut).collect();
        assert_eq!(cuts, [false, false, true, false]);
        let places = [0, 2_000, 4_000, 4_000 + day, 6_000 + day].map(|us| place(&cut, us, 340, 40));
        assert_eq!(places, [0, 100, 200, 240, 340]);
    }

    #[test]
    fn one_moment_is_a_line_without_length() {
        assert!(line(vec![7]).is_empty());
        assert_eq!(place(&[], 7, 900, 40), 0);
    }
}
