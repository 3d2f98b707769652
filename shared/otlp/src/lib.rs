//! Flows as OpenTelemetry spans.
