//! Exports flows as OpenTelemetry spans to a receiver.
//!
//! | part | does |
//! |---|---|
//! | [`settings`] | destination and protocol, named as in the OpenTelemetry specification |
//! | [`message`] | a flow's spans as an OTLP message; pure |
//! | [`exporter`] | sends one message over gRPC, or over HTTP as protobuf |
//! | [`answer`] | what a receiver's response asks for: to wait, to send less at once, or to give up |
//! | [`outlet`] | sends flows, as many per message as the receiver accepts |
//!
//! `wallet_view::span` defines a flow's spans. Their ids are those of the log, so a span that is sent again is the same span.

pub mod answer;
mod checked;
pub mod exporter;
pub mod message;
pub mod outlet;
pub mod settings;

pub use answer::Failed;
pub use exporter::{Exporter, Sent};
pub use outlet::{Done, Later, Outlet};
pub use settings::{BadSetting, Protocol, Settings};
