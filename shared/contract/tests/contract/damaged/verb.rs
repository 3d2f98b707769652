//! Unknown verbs, and requests of several payers.

use wallet_contract::shard::Shard;
use wallet_contract::subject::Subject;
use wallet_contract::testing::{ONE, TWO, pays};

use super::{plain, refused, results};

#[test]
fn an_unknown_verb_is_refused_with_the_known_ones() {
    let pay = Subject::read("wallet.1.cmd.pay.alice", Shard(1)).unwrap();
    let flaw = "subject \"wallet.1.cmd.pay.alice\" has an unknown verb: use cmd.transfer, cmd.reserve, cmd.confirm, cmd.cancel, \
                cmd.reverse, adm.open, adm.freeze, adm.unfreeze, adm.close";
    assert_eq!(results(&pay, &[], plain(ONE).as_bytes()), [refused(flaw)]);
    let both = format!("[{},{}]", plain(ONE), plain(TWO));
    let two = format!("alice transfer two: invalid_request: {flaw}");
    assert_eq!(results(&pay, &[], both.as_bytes()), [refused(flaw), two]);
    assert_eq!(results(&pay, &[], b"{}"), [format!("nobody: {flaw}")]);
    let melt = Subject::read("wallet.1.adm.melt.alice", Shard(1)).unwrap();
    let results = results(&melt, &[], plain(ONE).as_bytes());
    assert!(
        results[0].starts_with("alice open one: invalid_request: subject \"wallet.1.adm.melt.alice\""),
        "{results:?}"
    );
}

#[test]
fn a_bulk_request_needs_its_payer() {
    let bulk = |body: &str| results(&Subject::Bulk, &[], body.as_bytes());
    let of = |from: &str, more: &str| {
        format!(
            r#"{{"id":"{ONE}","from":"{from}",{}{more}}}"#,
            pays("bob", "1.00")
        )
    };
    let memo = "field \"memo\" is null: use a string, or leave it out";
    assert_eq!(
        bulk(&of("carol", r#","memo":null"#)),
        [format!("carol transfer one: invalid_request: {memo}")]
    );
    assert_eq!(
        bulk(&of("carol", r#","verb":"confirm","memo":null"#)),
        [format!("carol confirm one: invalid_request: {memo}")]
    );
    assert_eq!(
        bulk(&of(" carol ", r#","memo":"\ud83c""#)),
        [
            r#"carol transfer one: invalid_request: field "memo" is "\ud83c": half of a surrogate pair is not a character"#
        ]
    );
    let nobody = "nobody: no payer: a bulk request needs \"from\", the payer's account";
    assert_eq!(bulk(&plain(ONE)), [nobody]);
    assert_eq!(bulk(&of("c.arol", r#","memo":null"#)).len(), 1);
}
