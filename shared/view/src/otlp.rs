//! Spans as OTLP JSON: the file format that trace viewers import.
//!
//! It follows opentelemetry-proto's JSON mapping: ids in lower-case hex, 64-bit numbers as strings.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::span::{Kind, Span, Value};

/// The instrumentation scope.
const SCOPE: &str = "wallet-view";

/// The document, with one resource for each participating service.
pub fn json(spans: &[Span]) -> Json {
    let mut services: Vec<&str> = Vec::new();
    for span in spans {
        if !services.contains(&span.service) {
            services.push(span.service);
        }
    }
    let resources = services.into_iter().map(|service| {
        let own: Vec<Json> = spans
            .iter()
            .filter(|span| span.service == service)
            .map(one)
            .collect();
        let about = [
            attribute("service.name", &Value::Text(service.to_owned())),
            attribute("service.namespace", &Value::Text("wallet".to_owned())),
        ];
        json!({
            "resource": { "attributes": about },
            "scopeSpans": [{ "scope": { "name": SCOPE }, "spans": own }],
        })
    });
    json!({ "resourceSpans": resources.collect::<Vec<_>>() })
}

fn one(span: &Span) -> Json {
    let attributes = span.attributes.iter().map(|(name, value)| attribute(name, value));
    let events = span
        .events
        .iter()
        .map(|event| json!({ "name": event.name, "timeUnixNano": nanos(event.at) }));
    let mut one = json!({
        "traceId": span.trace.to_string(),
        "spanId": hex(span.id),
        "name": span.name,
        "kind": match span.kind { Kind::Producer => 4, Kind::Consumer => 5 },
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "status": {},
    });
    if let Some(parent) = span.parent {
        one["parentSpanId"] = json!(hex(parent));
    }
    if let Some(error) = &span.error {
        one["status"] = json!({ "code": 2, "message": error });
    }
    one
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Int(number) => json!({ "intValue": number.to_string() }),
    };
    json!({ "key": name, "value": value })
}

fn nanos(at: Timestamp) -> String {
    at.as_nanosecond().max(0).to_string()
}

fn hex(id: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(id))
}
