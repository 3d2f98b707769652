//! Damaged messages at volume: no bytes make a reader panic, and whatever can be read keeps its meaning when written again.
//!
//! Mutation is applied to the corpus, so that most attempts are almost valid. `WALLET_FUZZ_CASES` sets the number of cases
//! for each test: by default a few seconds' worth, a million with `make fuzz`.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use wallet_contract::envelope;
use wallet_contract::event::Overdraft;
use wallet_contract::headers::Headers;
use wallet_contract::id::{AccountId, EventId};
use wallet_contract::money::{Currency, Money};
use wallet_contract::parking::Instruction;
use wallet_contract::request::{self, Context, Request};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{self, Subject};
use wallet_contract::trace::TraceId;

use crate::damage::{Mutation, damaged, mutations};
use crate::message::{HERE, Message, corpus, fields};
use crate::reading::{Reading, read};

/// The default number of cases for each test.
const CASES: u32 = 20_000;

static CORPUS: LazyLock<Vec<Message>> = LazyLock::new(corpus);

fn config() -> ProptestConfig {
    let cases = std::env::var("WALLET_FUZZ_CASES").ok();
    let cases = cases.map_or(CASES, |cases| {
        cases.parse().expect("WALLET_FUZZ_CASES is a number")
    });
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::with_source_file(file!())
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_message_is_read_or_refused(
        which: prop::sample::Index, other: prop::sample::Index, under: prop::sample::Index,
        mutations in mutations(), elsewhere in prop::bool::weighted(0.2),
    ) {
        let message = which.get(&CORPUS);
        let body = damaged(&message.body, &other.get(&CORPUS).body, &mutations);
        let under = if elsewhere { under.get(&CORPUS) } else { message };
        let subject = Subject::read(&under.subject, HERE).unwrap();
        survives(&subject, &message.headers, &body)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(body: Vec<u8>, under: prop::sample::Index) {
        let subject = Subject::read(&under.get(&CORPUS).subject, HERE).unwrap();
        survives(&subject, &BTreeMap::new(), &body)?;
    }

    #[test]
    fn a_damaged_header_is_read_or_ignored(which: prop::sample::Index, mutations in mutations()) {
        let message = which.get(&CORPUS);
        let damage = |text: &String| text_of(text, &mutations);
        let headers = message.headers.iter().map(|(name, text)| (name.clone(), damage(text))).collect();
        let subject = Subject::read(&message.subject, HERE).unwrap();
        survives(&subject, &headers, &message.body)?;
    }

    #[test]
    fn a_subject_round_trips(which: prop::sample::Index, mutations in mutations()) {
        let text = text_of(&which.get(&CORPUS).subject, &mutations);
        let _ = subject::owner(&text);
        let written = match Subject::read(&text, HERE) {
            Ok(Subject::Bulk) => subject::bulk(HERE),
            Ok(Subject::Events(from)) if text.contains(".healed.") => {
                subject::healed(HERE, from.service, from.shard)
            }
            Ok(Subject::Events(from)) => subject::envelopes(HERE, from.service, from.shard),
            Ok(Subject::Fill) => return Ok(()),
            Ok(Subject::Request(verb, account)) => verb.subject(HERE, &account),
            Ok(Subject::Parking(service)) => subject::parking(HERE, service),
            Ok(Subject::Unknown(..)) | Err(_) => return Ok(()),
        };
        prop_assert_eq!(written, text);
    }

    #[test]
    fn a_trace_round_trips(mutations in mutations(), event: u128) {
        let text = text_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &mutations);
        if let Ok(trace) = TraceId::from_traceparent(&text) {
            let event = EventId(uuid::Uuid::from_u128(event | 1));
            prop_assert_eq!(TraceId::from_traceparent(&trace.traceparent(event)), Ok(trace));
            prop_assert_eq!(trace.to_string().parse(), Ok(trace));
            prop_assert!(text.contains(&trace.to_string()));
        }
    }

    #[test]
    fn money_round_trips(
        text in prop_oneof!["[0-9]{0,22}(\\.[0-9]{0,5})?", "\\PC{0,24}", "[0-9.+-]{0,24}"], mutations in mutations(),
        code in prop::sample::select(vec!["USD", "KRW", "BHD", "CLF", "UYW", "MRU", "JPY"]),
    ) {
        for text in [text_of(&text, &mutations), text] {
            let _ = text.parse::<Currency>().map(|currency| assert_eq!(currency.code(), text));
            let currency: Currency = code.parse().unwrap();
            if let Ok(money) = Money::parse(&text, currency) {
                prop_assert_eq!(Money::parse(&money.decimal(), currency), Ok(money));
                prop_assert!(text.ends_with(&money.decimal()), "{} is read as {}", text, money);
            }
            if let Ok(overdraft) = Overdraft::parse(&text, currency) {
                prop_assert_eq!(Overdraft::parse(&overdraft.format(currency), currency), Ok(overdraft));
            }
        }
    }

    #[test]
    fn an_account_name_round_trips(text in "@?[a-zA-Z0-9_-]{0,70}", mutations in mutations()) {
        for text in [text_of(&text, &mutations), text] {
            if let Ok(account) = text.parse::<AccountId>() {
                prop_assert_eq!(account.as_str(), text);
            }
        }
    }
}

fn text_of(text: &str, mutations: &[Mutation]) -> String {
    String::from_utf8_lossy(&damaged(text.as_bytes(), text.as_bytes(), mutations)).into_owned()
}

/// Reads a body. Whatever can be read must survive being written and read again.
fn survives(subject: &Subject, headers: &BTreeMap<String, String>, body: &[u8]) -> Result<(), TestCaseError> {
    is_refused_again(subject, headers, body)?;
    let mut events = Vec::new();
    for reading in read(subject, headers, body).unwrap_or_default() {
        match reading {
            Ok(Reading::Event(event)) => {
                let written = envelope::write(&event);
                prop_assert_eq!(envelope::read(&written), Ok(event));
                events.push(written);
            }
            Ok(Reading::Request(request)) => means_the_same(&request)?,
            Ok(Reading::Instruction(instruction)) => {
                prop_assert_eq!(Instruction::read(instruction.write().as_bytes()), Ok(instruction));
            }
            Err(_) => {}
        }
    }
    let joined = envelope::join(events.iter().map(String::as_str));
    prop_assert_eq!(envelope::split(&joined).unwrap(), events);
    let _ = Subject::read(&String::from_utf8_lossy(body), Shard(0));
    Ok(())
}

/// What is recorded of a message is valid JSON, and is refused again with the same id wherever it is published again: under its own
/// account, with the transfer's id in a header.
fn is_refused_again(
    subject: &Subject,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<(), TestCaseError> {
    let headers = Headers::read(
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let (traceparent, event_id) = (headers.traceparent.as_deref(), headers.event_id.as_deref());
    let Some((context, against)) = Context::of(subject, traceparent, event_id) else {
        return Ok(());
    };
    for element in request::elements(body, context, against).unwrap_or_default() {
        let Ok(request) = element.request else { continue };
        if request.order.is_ok() {
            continue;
        }
        prop_assert!(
            serde_json::from_str::<serde_json::Value>(&element.raw).is_ok(),
            "{}",
            element.raw
        );
        let transfer = request.transfer.to_string();
        let context = Context {
            verb: request.verb,
            account: Some(&request.account),
            traceparent: None,
            event_id: Some(&transfer),
        };
        let again = request::elements(element.raw.as_bytes(), context, None).unwrap_or_default();
        let mut again = again.into_iter().filter_map(|element| element.request.ok());
        let same = again.find(|again| again.id == request.id);
        prop_assert!(
            same.is_some_and(|again| again.order.is_err()),
            "{:?} under {subject:?}, read again as {context:?}: {}",
            request.order,
            element.raw
        );
    }
    Ok(())
}

/// A valid request that is written again is the same request, with the same id.
fn means_the_same(request: &Request) -> Result<(), TestCaseError> {
    let Ok(order) = &request.order else {
        return Ok(());
    };
    let mut body = fields(order);
    body["id"] = request.transfer.to_string().into();
    body["traceparent"] = request.trace.traceparent(request.id).into();
    let context = Context {
        verb: request.verb,
        account: Some(&request.account),
        traceparent: None,
        event_id: None,
    };
    let again = request::read(&body.to_string(), context);
    let written = request.written.clone();
    prop_assert_eq!(
        again,
        Ok(Request {
            written: None,
            ..request.clone()
        }),
        "{:?}",
        written
    );
    Ok(())
}
