//! Converts OpenMetrics text into Prometheus text 0.0.4, which the library does not write.
//!
//! The samples are the same. The metadata differs: text names a counter after its samples, and has no units, exemplars or end
//! marker.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The same metrics as Prometheus text.
pub(super) fn plain(open: &str) -> String {
    let types = open.lines().filter_map(|line| about(line, "# TYPE "));
    let types: BTreeMap<&str, &str> = types.collect();
    let name = |family: &str| format!("{family}{}", suffix(types.get(family).copied()));
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        let written = if let Some((family, help)) = about(line, "# HELP ") {
            writeln!(text, "# HELP {} {help}", name(family))
        } else if let Some((family, kind)) = about(line, "# TYPE ") {
            writeln!(text, "# TYPE {} {}", name(family), known(kind))
        } else if line.starts_with('#') {
            Ok(())
        } else {
            writeln!(text, "{}", without_exemplar(line))
        };
        written.expect("a string takes all that is written");
    }
    text
}

/// The family name and the rest of a metadata line of this kind.
fn about<'l>(line: &'l str, what: &str) -> Option<(&'l str, &'l str)> {
    line.strip_prefix(what)?.split_once(' ')
}

/// The suffix that OpenMetrics adds to the family name only in samples, and text in the metadata too.
fn suffix(kind: Option<&str>) -> &'static str {
    match kind {
        Some("counter") => "_total",
        Some("info") => "_info",
        Some(_) | None => "",
    }
}

/// The type as Prometheus text names it.
fn known(kind: &str) -> &str {
    match kind {
        "counter" | "gauge" | "histogram" | "summary" => kind,
        "info" | "stateset" => "gauge",
        _ => "untyped",
    }
}

/// A sample without its exemplar: name, labels and value.
fn without_exemplar(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'#' if !quoted => return line[..at].trim_end(),
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_the_same_samples() {
        let open = "\
# HELP wallet_inputs Requests and events handled.
# TYPE wallet_inputs counter
wallet_inputs_total{shard=\"0\"} 3 # {trace_id=\"7 # x\"} 1.0 1700000000.5
wallet_inputs_total{shard=\"a \\\" # {\\\\\"} 4
# HELP wallet_lag_seconds How far behind.
# TYPE wallet_lag_seconds gauge
# UNIT wallet_lag_seconds seconds
wallet_lag_seconds NaN
# HELP wallet_build What was built.
# TYPE wallet_build info
wallet_build_info{version=\"1\"} 1
# HELP wallet_odd Anything.
# TYPE wallet_odd unknown
wallet_odd inf
# HELP wallet_step_seconds A step.
# TYPE wallet_step_seconds histogram
wallet_step_seconds_sum 0.5
wallet_step_seconds_count 1
wallet_step_seconds_bucket{le=\"1.0\"} 1 # {trace_id=\"9\"} 0.5
wallet_step_seconds_bucket{le=\"+Inf\"} 1
# EOF
";
        let text = "\
# HELP wallet_inputs_total Requests and events handled.
# TYPE wallet_inputs_total counter
wallet_inputs_total{shard=\"0\"} 3
wallet_inputs_total{shard=\"a \\\" # {\\\\\"} 4
# HELP wallet_lag_seconds How far behind.
# TYPE wallet_lag_seconds gauge
wallet_lag_seconds NaN
# HELP wallet_build_info What was built.
# TYPE wallet_build_info gauge
wallet_build_info{version=\"1\"} 1
# HELP wallet_odd Anything.
# TYPE wallet_odd untyped
wallet_odd inf
# HELP wallet_step_seconds A step.
# TYPE wallet_step_seconds histogram
wallet_step_seconds_sum 0.5
wallet_step_seconds_count 1
wallet_step_seconds_bucket{le=\"1.0\"} 1
wallet_step_seconds_bucket{le=\"+Inf\"} 1
";
        assert_eq!(plain(open), text);
    }
}
