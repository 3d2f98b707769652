//! What the ledger records.

use wallet_contract::request::{self, Context, Request};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Subject, Verb};
use wallet_contract::testing::{ONE, TWO, name, pays};

use super::{event, plain, with};

/// What the ledger records is published again after a loss, with the transfer's id in a header.
#[test]
fn a_recorded_refusal_is_refused_again_with_the_same_id() {
    let alice = name("alice");
    let data = format!("{{{}}}", pays("bob", "1.00"));
    let pay = Subject::read("wallet.1.cmd.pay.alice", Shard(1)).unwrap();
    let transfers = Subject::Request(Verb::Transfer, alice.clone());
    let latin = [
        with("\"memo\":\"caf").trim_end_matches('}').as_bytes(),
        b"\xe9\"}",
    ]
    .concat();
    let traced =
        with(r#""traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","memo":"\ud83c""#);
    for (subject, event_id, body) in [
        (&transfers, None, latin),
        (&transfers, None, traced.into_bytes()),
        (
            &transfers,
            None,
            plain(ONE).replace("\"1.00\"", "1e999").into_bytes(),
        ),
        (&transfers, None, with(r#""memo":null"#).into_bytes()),
        (&transfers, None, format!("{} x", plain(ONE)).into_bytes()),
        (
            &transfers,
            None,
            format!("{},{}", plain(ONE), plain(TWO)).into_bytes(),
        ),
        (&transfers, None, format!("[[{}]]", plain(ONE)).into_bytes()),
        (&transfers, Some(TWO), plain(ONE).into_bytes()),
        (&transfers, Some(ONE), format!("[{data},{data}]").into_bytes()),
        (&transfers, Some(ONE), Vec::new()),
        (
            &transfers,
            None,
            event(TWO, &format!(r#""data":{}"#, plain(ONE))).into_bytes(),
        ),
        (&transfers, None, event(ONE, r#""data":null"#).into_bytes()),
        (
            &transfers,
            None,
            event(ONE, r#""data":{"to":"bob","memo":"\ud83c"}"#).into_bytes(),
        ),
        (&transfers, None, event(ONE, r#""data":"nonsense""#).into_bytes()),
        (&pay, None, plain(ONE).into_bytes()),
        (
            &Subject::Bulk,
            None,
            with(r#""from":"alice","verb":"cancel","memo":"\ud83c""#).into_bytes(),
        ),
    ] {
        let (context, against) = Context::of(subject, None, event_id).unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        let elements = request::elements(&body, context, against).unwrap();
        assert!(!elements.is_empty());
        for element in elements {
            let Ok(first) = element.request else { continue };
            let raw: serde_json::Value = serde_json::from_str(&element.raw).expect("everybody can read it");
            assert!(raw.is_object() && first.order.is_err(), "{text}: {raw}");
            let transfer = first.transfer.to_string();
            let context = Context {
                verb: first.verb,
                account: Some(&alice),
                traceparent: None,
                event_id: Some(&transfer),
            };
            let again = request::elements(element.raw.as_bytes(), context, None).unwrap();
            let again: Vec<Request> = again
                .into_iter()
                .map(|element| element.request.unwrap())
                .collect();
            let same = again.iter().find(|request| request.id == first.id);
            assert_eq!(same, Some(&first), "{text}: {raw}: {again:?}");
        }
    }
}

#[test]
fn a_refused_request_keeps_its_id_wherever_it_is_cut_from() {
    let json = format!(
        r#"{{"id":"{ONE}",{},"traceparent":"00-zz"}}"#,
        pays("bob", "1.00")
    );
    let alice = name("alice");
    let ids = |message: &str, event_id| {
        let context = Context {
            verb: Verb::Transfer,
            account: Some(&alice),
            traceparent: None,
            event_id,
        };
        let elements = request::elements(message.as_bytes(), context, None).unwrap();
        let ids = elements.into_iter().map(|element| element.request.unwrap().id);
        ids.collect::<Vec<_>>()
    };
    let id = ids(&json, None);
    assert_eq!(ids(&format!(" \r\n\t{json}\n"), None), id, "alone");
    assert_eq!(ids(&format!("{json}\n"), Some(ONE)), id, "with a header");
    assert_eq!(ids(&format!("[ {json} ]"), None), id, "in an array");
}
