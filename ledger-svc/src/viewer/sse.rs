//! Server-sent events that reach the browser at once, also through proxies.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};

/// The interval of comments sent while nothing happens: proxies close a connection that has been silent for a minute (nginx's
/// `proxy_read_timeout`), some after half of that.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The new content of the listening element.
pub(super) fn fill(text: &str) -> Event {
    // A carriage return would end the line of the stream, and no page needs one.
    Event::default().event("fill").data(text.replace('\r', " "))
}

/// Says that nothing more will come, so that the listener does not reconnect.
pub(super) fn end() -> Event {
    // Browsers do not dispatch an event without data.
    Event::default().event("end").data("over")
}

/// A response that continues as long as there are events.
pub(super) fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    with_heartbeat(events, HEARTBEAT)
}

fn with_heartbeat(events: impl Stream<Item = Event> + Send + 'static, heartbeat: Duration) -> Response {
    let events = events.map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(heartbeat);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    let headers = response.headers_mut();
    // nginx, and proxies that follow it, would otherwise buffer each update until the next one.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    headers.insert(unbuffered, HeaderValue::from_static("no"));
    // Other proxies buffer what they compress.
    let whole = HeaderValue::from_static("no-store, no-transform");
    headers.insert(header::CACHE_CONTROL, whole);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_stream_passes_through_proxies_and_stays_open_while_idle() {
        let quiet = Duration::from_millis(5);
        let events = stream::once(async move { tokio::time::sleep(quiet * 40).await }).map(|()| end());
        let response = with_heartbeat(events, quiet);
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let sent = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        assert!(
            sent.starts_with(":\n\n") && sent.matches(":\n\n").count() > 1,
            "{sent}"
        );
        assert!(sent.ends_with("event: end\ndata: over\n\n"), "{sent}");
    }

    #[test]
    fn heartbeats_keep_proxies_from_closing_a_quiet_stream() {
        assert!(HEARTBEAT <= Duration::from_secs(20));
    }
}
