//! Spans in OTLP form: grouped by service, since a service is a resource.

use std::collections::BTreeMap;

use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{self as otlp, ResourceSpans, ScopeSpans};
use wallet_view::span::{Kind, Span, Value};

/// W3C trace flags: all flows are exported.
const SAMPLED: u32 = 1;

/// One message with these spans.
pub fn message(spans: &[Span]) -> ExportTraceServiceRequest {
    let mut services: BTreeMap<&'static str, Vec<otlp::Span>> = BTreeMap::new();
    for span in spans {
        services.entry(span.service).or_default().push(written(span));
    }
    ExportTraceServiceRequest {
        resource_spans: services.into_iter().map(of_service).collect(),
    }
}

fn of_service((service, spans): (&'static str, Vec<otlp::Span>)) -> ResourceSpans {
    let version = env!("CARGO_PKG_VERSION");
    let resource = Resource {
        attributes: vec![
            attribute("service.name", text(service)),
            attribute("service.namespace", text("wallet")),
            attribute("service.version", text(version)),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "wallet".to_owned(),
        version: version.to_owned(),
        ..InstrumentationScope::default()
    };
    ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope),
            spans,
            schema_url: String::new(),
        }],
        schema_url: String::new(),
    }
}

fn written(span: &Span) -> otlp::Span {
    let kind = match span.kind {
        Kind::Producer => SpanKind::Producer,
        Kind::Consumer => SpanKind::Consumer,
    };
    let attributes = span.attributes.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(value) => text(value),
            Value::Int(value) => any_value::Value::IntValue(*value),
        };
        attribute(name, value)
    });
    let events = span.events.iter().map(|event| Event {
        time_unix_nano: nanoseconds(event.at),
        name: event.name.to_owned(),
        ..Event::default()
    });
    otlp::Span {
        trace_id: span.trace.as_uuid().into_bytes().to_vec(),
        span_id: span.id.to_vec(),
        parent_span_id: span.parent.map(|id| id.to_vec()).unwrap_or_default(),
        flags: SAMPLED,
        name: span.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanoseconds(span.start),
        end_time_unix_nano: nanoseconds(span.end),
        attributes: attributes.collect(),
        events: events.collect(),
        status: span.error.as_ref().map(|message| otlp::Status {
            message: message.clone(),
            code: StatusCode::Error.into(),
        }),
        ..otlp::Span::default()
    }
}

fn text(value: &str) -> any_value::Value {
    any_value::Value::StringValue(value.to_owned())
}

fn attribute(name: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// OTLP counts unsigned nanoseconds from 1970.
fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use wallet_contract::trace::TraceId;
    use wallet_view::span::SpanEvent;

    use super::*;

    fn span(service: &'static str, id: u8, parent: Option<u8>) -> Span {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Span {
            trace: "0af7651916cd43dd8448eb211c80319c".parse::<TraceId>().unwrap(),
            id: [0, 0, 0, 0, 0, 0, 0, id],
            parent: parent.map(|id| [0, 0, 0, 0, 0, 0, 0, id]),
            service,
            name: "process transfer.requested".to_owned(),
            kind: if parent.is_some() {
                Kind::Consumer
            } else {
                Kind::Producer
            },
            start: at("2026-01-31T12:00:00.000001Z"),
            end: at("2026-01-31T12:00:00.002Z"),
            attributes: vec![
                ("messaging.system", Value::Text("nats".to_owned())),
                ("wallet.shard", Value::Int(1)),
            ],
            events: vec![SpanEvent {
                name: "decided",
                at: at("2026-01-31T12:00:00.001Z"),
            }],
            error: None,
        }
    }

    #[test]
    fn spans_are_grouped_by_service_and_keep_their_ids() {
        let spans = [
            span("client", 1, None),
            span("debit-svc", 2, Some(1)),
            span("credit-svc", 3, Some(2)),
            span("debit-svc", 4, Some(3)),
        ];
        let message = message(&spans);
        let found: Vec<(String, Vec<u8>)> = message
            .resource_spans
            .iter()
            .map(|resource| {
                let name = resource.resource.as_ref().unwrap().attributes[0]
                    .value
                    .clone()
                    .unwrap();
                let Some(any_value::Value::StringValue(name)) = name.value else {
                    panic!("a text")
                };
                (
                    name,
                    resource.scope_spans[0]
                        .spans
                        .iter()
                        .map(|span| span.span_id[7])
                        .collect(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("client".to_owned(), vec![1]),
                ("credit-svc".to_owned(), vec![3]),
                ("debit-svc".to_owned(), vec![2, 4])
            ]
        );
        let debit = &message.resource_spans[2].scope_spans[0].spans[0];
        assert_eq!(
            debit.trace_id,
            0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()
        );
        assert_eq!(debit.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(debit.end_time_unix_nano - debit.start_time_unix_nano, 1_999_000);
        assert_eq!((debit.kind(), debit.status.clone()), (SpanKind::Consumer, None));
        assert!(
            message.resource_spans[0].scope_spans[0].spans[0]
                .parent_span_id
                .is_empty()
        );
    }

    #[test]
    fn only_failures_that_need_attention_are_errors() {
        let parked = Span {
            error: Some("not JSON".to_owned()),
            ..span("debit-svc", 2, Some(1))
        };
        let message = message(&[parked]);
        let status = message.resource_spans[0].scope_spans[0].spans[0]
            .status
            .clone()
            .unwrap();
        assert_eq!((status.code(), &*status.message), (StatusCode::Error, "not JSON"));
    }
}
