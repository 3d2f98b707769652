//! Written times, and the periods that they denote.

use jiff::Timestamp;
use wallet_view::moment::Moment;
use wallet_view::text;

use crate::stage::{NOON_US, at};

fn read(text: &str) -> Result<Moment, String> {
    Moment::read(text, at(0)).map_err(|bad| bad.to_string())
}

/// The denoted period, as RFC 3339.
#[track_caller]
fn names(text: &str, first: &str, last: &str) {
    let moment = read(text).unwrap_or_else(|bad| panic!("{text}: {bad}"));
    let found = (text::exact(moment.first()), text::exact(moment.last()));
    assert_eq!(found, (first.to_owned(), last.to_owned()), "{text}");
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(read(text).unwrap_err(), expected, "{text}");
}

#[test]
fn a_time_covers_the_whole_of_its_smallest_written_unit() {
    names(
        "2026-01-31",
        "2026-01-31T00:00:00.000000Z",
        "2026-01-31T23:59:59.999999Z",
    );
    names(
        "2026-01-31T12:00",
        "2026-01-31T12:00:00.000000Z",
        "2026-01-31T12:00:59.999999Z",
    );
    names(
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000000Z",
        "2026-01-31T12:00:00.999999Z",
    );
    names(
        "2026-01-31T12:00:00.5Z",
        "2026-01-31T12:00:00.500000Z",
        "2026-01-31T12:00:00.599999Z",
    );
    names(
        "2026-01-31 12:00:00.245",
        "2026-01-31T12:00:00.245000Z",
        "2026-01-31T12:00:00.245999Z",
    );
    for exact in [
        "2026-01-31T12:00:00.245897Z",
        "2026-01-31t12:00:00.245897z",
        "2026-01-31T12:00:00.245897123Z",
    ] {
        names(
            exact,
            "2026-01-31T12:00:00.245897Z",
            "2026-01-31T12:00:00.245897Z",
        );
    }
    names(
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:59:59.000000Z",
        "1969-12-31T23:59:59.999999Z",
    );
    names(
        "1h 30m ago",
        "2026-01-31T10:30:00.000000Z",
        "2026-01-31T10:30:00.000000Z",
    );
}

/// As JSON, tables, stories, pages and the slider print it.
#[test]
fn every_printed_time_is_parsed_and_covers_the_original() {
    for us in [0, 1, 100_000, 245_897, 500_000, 999_999] {
        let printed = at(us);
        let forms = [
            text::exact(printed),
            printed.to_string(),
            text::time(printed),
            format!("{} UTC", text::time(printed)),
            format!("{} (UTC)", text::time(printed)),
            text::time(printed)[..16].to_owned(),
            text::time(printed)[..10].to_owned(),
            format!("{printed:.3}"),
            format!("{printed:.3}").replace('T', " ").replace('Z', ""),
        ];
        for form in forms {
            let moment = read(&form).unwrap_or_else(|bad| panic!("{form}: {bad}"));
            let covered = moment.first_us..=moment.last_us;
            assert!(covered.contains(&(NOON_US + us)), "{form} does not cover {us}");
        }
        let exact = read(&text::exact(printed)).unwrap();
        assert_eq!((exact.first_us, exact.last_us), (NOON_US + us, NOON_US + us));
    }
}

#[test]
fn a_time_is_local_to_its_zone() {
    names(
        "2026-11-30T05:02:29[America/New_York]",
        "2026-11-30T10:02:29.000000Z",
        "2026-11-30T10:02:29.999999Z",
    );
    names(
        "2026-06-01T00:00+02:00[Europe/Berlin]",
        "2026-05-31T22:00:00.000000Z",
        "2026-05-31T22:00:59.999999Z",
    );
    for same in [
        "2026-06-01T00:00+02",
        "2026-06-01 00:00+0200",
        "2026-06-01T00:00[+02:00]",
        "2026-06-01T00:00[europe/berlin]",
    ] {
        assert_eq!(read(same), read("2026-05-31T22:00Z"), "{same}");
    }
    // With Z, an offset can't contradict the zone.
    assert_eq!(
        read("2026-06-01T00:00Z[Europe/Berlin]"),
        read("2026-06-01T00:00Z")
    );
    // A day is as long as it is in that zone.
    names(
        "2026-11-01[America/New_York]",
        "2026-11-01T04:00:00.000000Z",
        "2026-11-02T04:59:59.999999Z",
    );
    names(
        "2026-03-08[!America/New_York]",
        "2026-03-08T05:00:00.000000Z",
        "2026-03-09T03:59:59.999999Z",
    );
    names(
        "2026-09-06[America/Santiago]",
        "2026-09-06T04:00:00.000000Z",
        "2026-09-07T02:59:59.999999Z",
    );
}

#[test]
fn ambiguous_and_nonexistent_times_are_rejected() {
    refused(
        "2026-06-01T00:00+06[Europe/Berlin]",
        "Europe/Berlin was at +02:00 then, not at +06:00: leave one of the two out",
    );
    refused(
        "2026-06-01T00:00+06[+02:00]",
        "+02:00 was at +02:00 then, not at +06:00: leave one of the two out",
    );
    refused(
        "2026-11-01T01:30[America/New_York]",
        "clocks in America/New_York showed that twice: add -04:00 for the first time, -05:00 for the second",
    );
    names(
        "2026-11-01T01:30-04:00[America/New_York]",
        "2026-11-01T05:30:00.000000Z",
        "2026-11-01T05:30:59.999999Z",
    );
    names(
        "2026-11-01T01:30-05:00[America/New_York]",
        "2026-11-01T06:30:00.000000Z",
        "2026-11-01T06:30:59.999999Z",
    );
    for never in [
        "2026-03-08T02:30[America/New_York]",
        "2026-03-08T02:30-05:00[America/New_York]",
    ] {
        refused(
            never,
            "clocks in America/New_York never showed that: they went from 02:00 to 03:00",
        );
    }
    for zone in ["Nowhere/Zone", "EST5", "Etc/Unknown", "u-ca=japanese", ""] {
        refused(
            &format!("2026-06-01T00:00[{zone}]"),
            &format!(
                "unknown time zone {zone:?}: use a name such as America/New_York, or an offset such as -05:00"
            ),
        );
    }
    refused(
        "2026-06-01T00:00Z[Nowhere/Zone]",
        &read("2026-06-01T00:00[Nowhere/Zone]").unwrap_err(),
    );
}

#[test]
fn an_invalid_time_is_rejected() {
    let form =
        "use a time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00[Europe/Berlin], a day, or \"10m ago\"";
    for text in [
        "",
        "now",
        "yesterday",
        "10m",
        "-10m ago",
        "ago",
        "1mo ago",
        "12:00:00",
        "2026",
        "2026-01",
        "20260131T120000Z",
        "2026-01-31T",
        "2026-01-31T12",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.0000000001Z",
        "2026-01-31T12:00:00 EST",
        "2026-01-31  12:00",
        "2026-01-31T12:00:00ZZ",
        "2026-01-31T12:00:00+1",
        "2026-01-31T12:00:00+01:60",
        "2026-01-31+01:00",
        "2026-01-31T12:00[Europe/Berlin",
        "99999-01-01T00:00:00Z",
        "+002026-01-31T12:00Z",
        "1769860800",
        "２０２６-01-31",
        "é",
    ] {
        refused(text, form);
    }
    for (text, what) in [
        ("2026-02-30T12:00:00Z", "2026-02-30"),
        ("2026-13-01", "2026-13-01"),
        ("2026-01-31T24:00", "24:00"),
        ("2026-01-31T12:60", "12:60"),
        ("2026-01-31T23:59:60Z", "23:59:60"),
    ] {
        refused(text, &format!("{what} is not on any calendar or clock"));
    }
    refused(
        "2026-01-31T12:00:00 01:00",
        "a + in a URL means a space: write %2B",
    );
    refused(
        "2026-06-01T00:00 02:00[Europe/Berlin]",
        "a + in a URL means a space: write %2B",
    );
    refused("9999-12-31", "that is out of range");
    refused("19999y ago", form);
    refused("175307616h ago", "that is out of range");
    assert_eq!(
        Moment::read("1s ago", Timestamp::MIN).map_err(|bad| bad.to_string()),
        Err("that is out of range".to_owned())
    );
}
