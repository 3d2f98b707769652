//! Flows sent to receivers that refuse in every possible way, over both protocols.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

mod receiver;

use std::collections::BTreeSet;
use std::time::Duration;

use receiver::{Mood, Receiver};
use wallet_otlp::exporter::SPANS;
use wallet_otlp::{Done, Exporter, Later, Outlet, Protocol, Sent, Settings};
use wallet_view::span::{Kind, Span, Value};

const PROTOCOLS: [Protocol; 2] = [Protocol::HttpProtobuf, Protocol::Grpc];
/// Spans per flow.
const EACH: usize = 8;

/// A flow whose span ids contain this number, with a text of this many bytes.
fn flow(number: u16, bytes: usize) -> Vec<Span> {
    let [high, low] = number.to_be_bytes();
    let at = "2026-01-31T12:00:00Z".parse().unwrap();
    let span = |index: usize| Span {
        trace: "0af7651916cd43dd8448eb211c80319c".parse().unwrap(),
        id: [0, 0, 0, 0, 0, high, low, u8::try_from(index).unwrap()],
        parent: None,
        service: "debit-svc",
        name: "process transfer.requested".to_owned(),
        kind: Kind::Consumer,
        start: at,
        end: at,
        attributes: vec![("wallet.payer", Value::Text("x".repeat(bytes)))],
        events: Vec::new(),
        error: None,
    };
    (0..EACH).map(span).collect()
}

fn flows(count: u16) -> Vec<Vec<Span>> {
    (0..count).map(|number| flow(number, 100)).collect()
}

fn ids(flows: &[Vec<Span>]) -> Vec<Vec<u8>> {
    flows.iter().flatten().map(|span| span.id.to_vec()).collect()
}

fn outlet(receiver: &Receiver, protocol: Protocol) -> Outlet {
    let settings = Settings::at(&receiver.url, protocol).unwrap();
    let settings = settings.within(Duration::from_secs(5));
    Outlet::new(Exporter::new(settings).unwrap())
}

/// Sends all flows and returns the results.
async fn all(outlet: &mut Outlet, mut flows: &[Vec<Span>]) -> Result<Vec<Done>, Later> {
    let mut became = Vec::new();
    while !flows.is_empty() {
        let done = outlet.send(flows).await?;
        flows = &flows[done.flows()..];
        became.push(done);
    }
    Ok(became)
}

fn is_sent(done: &Done) -> bool {
    matches!(done, Done::Sent { .. })
}

#[tokio::test]
async fn a_receiver_with_a_size_limit_gets_everything_in_smaller_messages() {
    for mood in [Mood::Limit, Mood::LimitAsTonic] {
        for protocol in PROTOCOLS {
            // About a quarter of a full message.
            let receiver = Receiver::start(protocol, mood, SPANS * 280 / 4).await;
            let sent = flows(500);
            let done = all(&mut outlet(&receiver, protocol), &sent).await.unwrap();
            assert!(done.iter().all(is_sent), "{protocol} {mood:?}: {done:?}");
            assert_eq!(receiver.taken(), ids(&sent), "each once, in their order");
            let (requests, taken) = (receiver.requests(), done.len());
            assert!(
                requests <= taken + taken / 8 + 4,
                "{protocol} {mood:?}: {requests} messages for {taken}"
            );
        }
    }
}

#[tokio::test]
async fn a_flow_too_large_for_one_message_is_left_out_and_messages_grow_back() {
    for mood in [Mood::Limit, Mood::LimitAsTonic] {
        for protocol in PROTOCOLS {
            let receiver = Receiver::start(protocol, mood, 512 * 1024).await;
            let mut sent = flows(400);
            sent[100] = flow(100, 100_000);
            let done = all(&mut outlet(&receiver, protocol), &sent).await.unwrap();
            let left_out: Vec<&Done> = done.iter().filter(|done| !is_sent(done)).collect();
            assert!(
                matches!(left_out[..], [Done::TooLarge { spans: EACH, why }] if why.contains("limit")),
                "{protocol} {mood:?}: {left_out:?}"
            );
            sent.remove(100);
            assert_eq!(
                receiver.taken(),
                ids(&sent),
                "all others, each once, in their order"
            );
            assert_eq!(receiver.largest_of_the_last(8), SPANS, "{protocol}");
        }
    }
}

#[tokio::test]
async fn a_permanent_rejection_is_not_retried() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(protocol, Mood::Bad, 0).await;
        let mut outlet = outlet(&receiver, protocol);
        let done = all(&mut outlet, &flows(100)).await.unwrap();
        let refused = done.iter().map(|done| match done {
            Done::Refused { spans, why, .. } if why.contains("no such tenant") => *spans,
            other @ (Done::Sent { .. } | Done::Refused { .. } | Done::TooLarge { .. }) => panic!("{other:?}"),
        });
        assert_eq!(refused.sum::<usize>(), 100 * EACH, "{protocol}");
        assert_eq!(receiver.requests(), 2, "no message is sent again");

        for (mood, rejected, why) in [
            (Mood::Partial, 3, "three are too old"),
            (Mood::Warning, 0, "use another path"),
        ] {
            receiver.set(mood);
            let done = all(&mut outlet, &flows(10)).await.unwrap();
            let sent = Sent {
                spans: 10 * EACH - rejected,
                rejected,
                why: why.to_owned(),
            };
            assert_eq!(done, [Done::Sent { flows: 10, sent }], "{protocol}");
        }
    }
}

#[tokio::test]
async fn a_busy_receiver_is_left_alone_as_long_as_it_asks_within_a_limit() {
    for protocol in PROTOCOLS {
        let delay = Duration::from_secs(7);
        let receiver = Receiver::start(protocol, Mood::Busy(Some(delay)), usize::MAX).await;
        let (mut outlet, sent) = (outlet(&receiver, protocol), flows(100));
        let later = all(&mut outlet, &sent).await.unwrap_err();
        assert_eq!(
            (later.after, later.answered),
            (Some(delay), true),
            "{protocol}: {later}"
        );
        receiver.set(Mood::Busy(None));
        let later = all(&mut outlet, &sent).await.unwrap_err();
        assert_eq!((later.after, later.answered), (None, true), "{protocol}: {later}");
        receiver.set(Mood::Limit);
        all(&mut outlet, &sent).await.unwrap();
        assert_eq!(receiver.taken(), ids(&sent), "nothing was lost meanwhile");

        receiver.set(Mood::Busy(None));
        let mut outlet = outlet.keeping_for(Duration::ZERO);
        let done = all(&mut outlet, &sent).await.unwrap();
        let refused = |done: &Done| matches!(done, Done::Refused { .. });
        assert!(done.iter().all(refused), "{protocol}: {done:?}");
    }
}

#[tokio::test]
async fn an_unreachable_receiver_is_retried_with_smaller_messages() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(protocol, Mood::Limit, usize::MAX).await;
        let (outlet, sent) = (outlet(&receiver, protocol), flows(100));
        let mut outlet = outlet.keeping_for(Duration::ZERO);
        let address = receiver.stop().await;
        for _ in 0..12 {
            let later = all(&mut outlet, &sent).await.unwrap_err();
            assert!(!later.answered && later.after.is_none(), "{protocol}: {later}");
        }
        let receiver = Receiver::start_at(address, protocol, Mood::Limit, usize::MAX).await;
        let done = all(&mut outlet, &sent).await.unwrap();
        let sizes: Vec<usize> = done.iter().map(Done::flows).collect();
        assert_eq!(sizes[0], 1, "{protocol}: {sizes:?}");
        assert!(sizes.len() < 12, "{protocol}: {sizes:?}");
        let taken: BTreeSet<Vec<u8>> = receiver.taken().into_iter().collect();
        assert_eq!(taken, ids(&sent).into_iter().collect(), "{protocol}");
    }
}

#[tokio::test]
async fn a_proxys_http_error_is_understood_over_both_protocols() {
    for protocol in PROTOCOLS {
        let delay = Some(Duration::from_secs(7));
        let receiver = Receiver::start(protocol, Mood::Proxy(503, delay), usize::MAX).await;
        let (mut outlet, sent) = (outlet(&receiver, protocol), flows(4));
        for (status, delay) in [(503, delay), (429, delay), (502, None), (504, None)] {
            receiver.set(Mood::Proxy(status, delay));
            let later = all(&mut outlet, &sent).await.unwrap_err();
            assert_eq!(
                (later.after, later.answered),
                (delay, true),
                "{protocol} {status}: {later}"
            );
            assert!(later.why.contains(&status.to_string()), "{protocol}: {later}");
        }
        receiver.set(Mood::Proxy(413, None));
        let done = all(&mut outlet, &sent).await.unwrap();
        let too_large = |done: &Done| matches!(done, Done::TooLarge { spans: EACH, .. });
        assert!(
            done.len() == 4 && done.iter().all(too_large),
            "{protocol}: {done:?}"
        );
        receiver.set(Mood::Proxy(401, None));
        let done = all(&mut outlet, &sent).await.unwrap();
        let refused = |done: &Done| matches!(done, Done::Refused { why, .. } if why.contains("401"));
        assert!(done.iter().all(refused), "{protocol}: {done:?}");
        receiver.set(Mood::Limit);
        all(&mut outlet, &sent).await.unwrap();
        assert_eq!(receiver.taken(), ids(&sent), "{protocol}");
    }
}
