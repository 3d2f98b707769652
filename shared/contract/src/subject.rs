//! NATS subjects. Permissions on them determine who may publish what.
//!
//! | subject | who publishes | what |
//! |---|---|---|
//! | `wallet.cmd.<verb>.<account>`, `wallet.adm.<verb>.<account>` | clients, operators | a request; the server's mapping inserts the shard |
//! | `wallet.<shard>.cmd.<verb>.<account>` | the mapping | a payer's request |
//! | `wallet.<shard>.adm.<verb>.<account>` | the mapping | an operator's request |
//! | `wallet.<shard>.bulk` | trusted gateways | requests of many payers of one shard |
//! | `wallet.<shard>.evt.<service>.<from>` | the services | an envelope of events that the service decided on shard `<from>` |
//! | `wallet.<shard>.healed.<service>.<from>` | the services | such an envelope again, after the broker had lost it |
//! | `wallet.<shard>.fill` | the services | nothing: it takes the place of a message that the broker has lost |
//! | `wallet.<shard>.skipped.<service>` | the services | which messages the service has skipped, because they came after a loss and were repeated ([`crate::skip`]) |
//! | `wallet.<shard>.park.<service>` | operators | an instruction about a message that the service has parked |
//! | `wallet.outcome.<account>.<transfer id>` | ledger-svc, core NATS | the outcome of a request, for waiting clients |
//! | `wallet.ready` | ledger-svc, core NATS | a roll call: each instance of each service answers with its state ([`crate::ready`]) |

use std::fmt;

use crate::event::Source;
use crate::id::{AccountId, BadAccountId};
pub use crate::service::Service;
use crate::shard::Shard;
pub use crate::verb::Verb;

/// The subject on which the outcome of `transfer` is sent to waiting clients.
pub fn outcome(account: &AccountId, transfer: impl fmt::Display) -> String {
    format!("wallet.outcome.{account}.{transfer}")
}

/// The subject, in `shard`'s log, of the envelopes with the decisions of `service` on shard `from`.
pub fn envelopes(shard: Shard, service: Service, from: Shard) -> String {
    format!("wallet.{shard}.evt.{}.{from}", service.token())
}

/// The subject, in `shard`'s log, of the restored decisions of `service` on shard `from`. Not the one of [`envelopes`]: that one is a
/// chain, in the order of the decisions.
pub fn healed(shard: Shard, service: Service, from: Shard) -> String {
    format!("wallet.{shard}.healed.{}.{from}", service.token())
}

/// The subject, in `shard`'s log, of messages that take the place of lost ones.
pub fn fill(shard: Shard) -> String {
    format!("wallet.{shard}.fill")
}

/// The subject, in `shard`'s log, on which `service` says which messages it has skipped: see [`crate::skip`].
pub fn skipped(shard: Shard, service: Service) -> String {
    format!("wallet.{shard}.skipped.{}", service.token())
}

/// Whether this is a subject of [`healed`].
pub fn is_healed(subject: &str) -> bool {
    subject.split('.').nth(2) == Some("healed")
}

/// Whether a message on this subject comes from a service: it is an envelope, or it takes the place of a lost message.
pub fn is_a_services(subject: &str) -> bool {
    matches!(
        subject.split('.').nth(2),
        Some("evt" | "healed" | "fill" | "skipped")
    )
}

/// The subject of bulk requests to `shard`.
pub fn bulk(shard: Shard) -> String {
    format!("wallet.{shard}.bulk")
}

/// The subject of instructions to `service` about messages that it has parked in `shard`'s log.
pub fn parking(shard: Shard, service: Service) -> String {
    format!("wallet.{shard}.park.{}", service.token())
}

/// The meaning of a subject in a shard's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A request with the authority of one account.
    Request(Verb, AccountId),
    /// Something other than a known verb, with the authority of one account, and what is wrong with it. The client gets a refusal
    /// under this verb, the first of its realm.
    Unknown(Verb, AccountId, String),
    /// Requests of many payers.
    Bulk,
    /// An envelope of events that a service decided on a shard.
    Events(Source),
    /// About the log itself, for nobody to decide on: it takes the place of a lost message, or says what was skipped.
    Fill,
    /// An instruction to this service about a message that it has parked.
    Parking(Service),
}

impl Subject {
    /// Whether `service` reads messages on this subject.
    pub fn heard_by(&self, service: Service) -> bool {
        match (service, self) {
            (_, Self::Parking(addressee)) => *addressee == service,
            (_, Self::Fill) => false,
            (Service::Ledger, _) => true,
            (Service::Debit | Service::Credit, Self::Request(verb, _) | Self::Unknown(verb, ..)) => {
                verb.decided_by() == service
            }
            (Service::Debit | Service::Credit, Self::Bulk) => service == Service::Debit,
            (Service::Debit, Self::Events(from)) => from.service == Service::Credit,
            (Service::Credit, Self::Events(from)) => from.service == Service::Debit,
        }
    }
}

/// A subject in a shard's log that is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSubject {
    /// None of the forms above.
    #[error("subject {0:?} is not one of the wallet's")]
    Form(String),
    /// It names another shard than the one whose log it is in.
    #[error("subject {subject:?} is in the log of shard {here}")]
    Shard {
        /// The subject.
        subject: String,
        /// The shard whose log it is in.
        here: Shard,
    },
    /// The account name is invalid.
    #[error("subject {subject:?} names no account")]
    Account {
        /// The subject.
        subject: String,
        /// What is wrong with the name.
        source: BadAccountId,
    },
}

impl Subject {
    /// Reads the subject of a message in the log of shard `here`.
    ///
    /// NATS stores a message that arrives as a reply under any subject of the stream, so the shard is checked.
    pub fn read(subject: &str, here: Shard) -> Result<Self, BadSubject> {
        let form = || BadSubject::Form(subject.to_owned());
        let mut tokens = subject.split('.');
        let mut token = || tokens.next();
        let service = |name| Service::ALL.into_iter().find(|service| service.token() == name);
        if token() != Some("wallet") {
            return Err(form());
        }
        if token() != Some(here.to_string().as_str()) {
            return Err(BadSubject::Shard {
                subject: subject.to_owned(),
                here,
            });
        }
        match (token(), token(), token(), token()) {
            (Some("bulk"), None, None, None) => Ok(Self::Bulk),
            (Some("fill"), None, None, None) => Ok(Self::Fill),
            (Some("skipped"), Some(name), None, None) => service(name).map(|_| Self::Fill).ok_or_else(form),
            (Some("evt" | "healed"), Some(name), Some(from), None) => {
                let shard = from.parse().map(Shard).ok();
                let shard = shard.filter(|shard| shard.to_string() == from).ok_or_else(form)?;
                let service = service(name).ok_or_else(form)?;
                Ok(Self::Events(Source { service, shard }))
            }
            (Some("park"), Some(name), None, None) => service(name).map(Self::Parking).ok_or_else(form),
            (Some(realm @ ("cmd" | "adm")), Some(verb), Some(account), None) => {
                let account = account.parse();
                let account = account.map_err(|source| BadSubject::Account {
                    subject: subject.to_owned(),
                    source,
                })?;
                let mut verbs = Verb::ALL.into_iter().filter(|verb| verb.realm() == realm);
                match verbs.clone().find(|known| known.token() == verb) {
                    Some(verb) => Ok(Self::Request(verb, account)),
                    None => {
                        let first = verbs.next().ok_or_else(form)?;
                        Ok(Self::Unknown(first, account, unknown(subject)))
                    }
                }
            }
            _ => Err(form()),
        }
    }
}

fn unknown(subject: &str) -> String {
    let verbs = Verb::ALL.map(|verb| format!("{}.{}", verb.realm(), verb.token()));
    format!(
        "subject {subject:?} has an unknown verb: use {}",
        verbs.join(", ")
    )
}

/// The service that must park an unreadable message on `subject`; the ledger takes those that no other service owns.
pub fn owner(subject: &str) -> Service {
    let mut tokens = subject.split('.').skip(2);
    match tokens.next() {
        Some("park") => {
            let name = tokens.next();
            let addressee = Service::ALL
                .into_iter()
                .find(|service| Some(service.token()) == name);
            addressee.unwrap_or(Service::Ledger)
        }
        Some("cmd" | "bulk") => Service::Debit,
        Some("adm") => Service::Credit,
        _ => Service::Ledger,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_round_trips() {
        let alice: AccountId = "alice".parse().unwrap();
        for verb in Verb::ALL {
            let subject = verb.subject(Shard(1), &alice);
            assert_eq!(
                Subject::read(&subject, Shard(1)),
                Ok(Subject::Request(verb, alice.clone())),
                "{subject}"
            );
        }
        for service in Service::ALL {
            let source = Source {
                service,
                shard: Shard(12),
            };
            assert_eq!(
                Subject::read(&envelopes(Shard(0), service, Shard(12)), Shard(0)),
                Ok(Subject::Events(source))
            );
            let subject = healed(Shard(0), service, Shard(12));
            assert_eq!(Subject::read(&subject, Shard(0)), Ok(Subject::Events(source)));
            let subject = parking(Shard(0), service);
            assert_eq!(Subject::read(&subject, Shard(0)), Ok(Subject::Parking(service)));
            assert_eq!(owner(&subject), service);
        }
        assert_eq!(Subject::read(&bulk(Shard(3)), Shard(3)), Ok(Subject::Bulk));
        assert_eq!(Subject::read(&fill(Shard(3)), Shard(3)), Ok(Subject::Fill));
        for service in Service::ALL {
            let subject = skipped(Shard(3), service);
            assert_eq!(Subject::read(&subject, Shard(3)), Ok(Subject::Fill));
        }
    }

    #[test]
    fn a_foreign_subject_is_rejected_with_the_reason() {
        let check = |subject: &str, expected: &str, parked_by: Service| {
            assert_eq!(
                Subject::read(subject, Shard(0)).unwrap_err().to_string(),
                expected
            );
            assert_eq!(owner(subject), parked_by, "{subject}");
        };
        let elsewhere = "subject \"wallet.1.evt.debit.0\" is in the log of shard 0";
        check("wallet.1.evt.debit.0", elsewhere, Service::Ledger);
        for form in [
            "wallet.0.evt.debit",
            "wallet.0.evt.debit.00",
            "wallet.0.evt.debit.x",
            "wallet.0.evt.debit.0.0",
        ] {
            check(
                form,
                &format!("subject {form:?} is not one of the wallet's"),
                Service::Ledger,
            );
        }
        check(
            "wallet.0.x",
            "subject \"wallet.0.x\" is not one of the wallet's",
            Service::Ledger,
        );
        check(
            "wallet.0.evt.x.0",
            "subject \"wallet.0.evt.x.0\" is not one of the wallet's",
            Service::Ledger,
        );
        check(
            "purse.0.bulk",
            "subject \"purse.0.bulk\" is not one of the wallet's",
            Service::Debit,
        );
        check(
            "wallet.0.cmd.transfer.b€",
            "subject \"wallet.0.cmd.transfer.b€\" names no account",
            Service::Debit,
        );
    }

    #[test]
    fn an_unknown_verb_can_be_answered_with_the_known_ones() {
        for (realm, verb, first) in [
            ("cmd", "pay", Verb::Transfer),
            ("cmd", "open", Verb::Transfer),
            ("adm", "pay", Verb::Open),
        ] {
            let subject = format!("wallet.0.{realm}.{verb}.bob");
            let flaw = format!(
                "subject {subject:?} has an unknown verb: use cmd.transfer, cmd.reserve, cmd.confirm, cmd.cancel, cmd.reverse, \
                 adm.open, adm.freeze, adm.unfreeze, adm.close"
            );
            let read = Subject::read(&subject, Shard(0)).unwrap();
            assert_eq!(read, Subject::Unknown(first, "bob".parse().unwrap(), flaw));
            let heard: Vec<Service> = Service::ALL
                .into_iter()
                .filter(|service| read.heard_by(*service))
                .collect();
            assert_eq!(heard, [owner(&subject), Service::Ledger]);
        }
    }
}
