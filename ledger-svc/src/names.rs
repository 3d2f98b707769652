//! The spellings of ids under which clients wait for their outcomes.
//!
//! An outcome is published under the transfer's id as we write it, and NATS compares subjects byte by byte. A client that writes
//! ids in capitals, in braces or as URNs waits under its own spelling. The outcome is published there too.
//!
//! The names are kept in memory, and all are dropped when there are too many: a client that hears nothing repeats its request, and
//! the repeat brings the name back.

use std::collections::BTreeMap;

use wallet_contract::subject;
use wallet_engine::bus::Notice;
use wallet_kernel::{Heard, Input};

/// How many names are kept.
const KEPT: usize = 10_000;

/// The other names: from the subject on which an outcome is published to the one on which its client waits.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Remembers how the ids in these inputs were written.
    pub(crate) fn hear(&mut self, heard: &[Heard<'_>]) {
        for heard in heard {
            let Input::Request(request) = &heard.input else {
                continue;
            };
            if let Some(written) = &request.written {
                if self.0.len() >= KEPT {
                    self.0.clear();
                }
                let plain = subject::outcome(&request.account, request.transfer);
                self.0.insert(plain, subject::outcome(&request.account, written));
            }
        }
    }

    /// Adds a copy of each notice whose client waits under another name.
    pub(crate) fn add_copies(&self, notices: &mut Vec<Notice>) {
        if self.0.is_empty() {
            return;
        }
        let also = notices.iter().filter_map(|notice| {
            Some(Notice {
                subject: self.0.get(&notice.subject)?.clone(),
                payload: notice.payload.clone(),
            })
        });
        let also: Vec<Notice> = also.collect();
        notices.extend(also);
    }
}

#[cfg(test)]
mod tests {
    use wallet_contract::log::LogPlace;
    use wallet_contract::request::{self, Context};
    use wallet_contract::subject::Verb;

    use super::*;

    #[test]
    fn an_id_in_another_spelling_also_gets_its_outcome_there() {
        const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";
        let mut names = Names::default();
        let alice = "alice".parse().unwrap();
        let mut notified = |id: &str| {
            let context = Context {
                verb: Verb::Cancel,
                account: Some(&alice),
                traceparent: None,
                event_id: None,
            };
            let json = format!(r#"{{"id":"{id}"}}"#);
            names.hear(&[Heard {
                input: Input::Request(request::read(&json, context).unwrap()),
                raw: json.into(),
                place: LogPlace::element(1, 0),
                at_us: 0,
            }]);
            let notice = |id: &str| Notice {
                subject: format!("wallet.outcome.alice.{id}"),
                payload: id.to_owned(),
            };
            let mut notices = vec![notice(ID), notice("another")];
            names.add_copies(&mut notices);
            let subjects = notices
                .into_iter()
                .map(|notice| format!("{}: {}", notice.subject, notice.payload));
            subjects.collect::<Vec<_>>()
        };
        let plain = [
            format!("wallet.outcome.alice.{ID}: {ID}"),
            "wallet.outcome.alice.another: another".to_owned(),
        ];
        assert_eq!(notified(ID), plain);
        for id in [
            ID.to_uppercase(),
            format!("{{{ID}}}"),
            format!("urn:uuid:{ID}"),
            ID.replace('-', ""),
        ] {
            let also = format!("wallet.outcome.alice.{id}: {ID}");
            assert_eq!(notified(&id), [&plain[..], &[also]].concat());
        }
    }
}
