//! Flows as OpenTelemetry spans, on their way to a receiver.
//!
//! | part | does |
//! |---|---|
//! | [`settings`] | where to send them and how, in the words of the OpenTelemetry specification |
//! | [`message`] | spans of a flow as an OTLP message; pure |
//! | [`exporter`] | sends one message over gRPC, or over HTTP as protobuf |
//! | [`answer`] | what a receiver's answer asks for: to wait, to send less at once, or to leave it |
//! | [`outlet`] | sends flows, as many in a message as the receiver takes |
//!
//! What the spans of a flow are is `wallet_view::span`. Their ids are those of the log, so a span that is sent again is the same
//! span again.

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
