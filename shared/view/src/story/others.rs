//! Operators' requests, and further requests under the same id.

use wallet_contract::reason::Refusal;
use wallet_contract::request::Order;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use super::Teller;
use crate::content::Content;
use crate::steps::Step;
use crate::text::time;

impl Teller<'_> {
    pub(super) fn operator(&self) -> Vec<String> {
        let (account, started) = (&self.flow.payer, self.started());
        let code = self.flow.currency.as_ref();
        let code = code.map_or_else(String::new, |code| format!(" in {code}"));
        let done = match self.flow.first_verb() {
            Some(Verb::Open) => "opened",
            Some(Verb::Freeze) => "frozen",
            Some(Verb::Unfreeze) => "unfrozen",
            Some(Verb::Close) => "closed",
            Some(Verb::Transfer | Verb::Reserve | Verb::Confirm | Verb::Cancel | Verb::Reverse) | None => {
                self.flow.verb.as_str()
            }
        };
        match self.flow.status {
            Status::Done | Status::Settled => vec![format!(
                "{account} was {done}{code}: requested at {started}, done after {}.",
                self.took()
            )],
            Status::Running | Status::Reserved => {
                vec![format!("{account} is being {done}{code}, since {started}.")]
            }
            Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => vec![format!(
                "{account} was not {done}{code}: requested at {started}, refused after {}: {}.",
                self.took(),
                self.why()
            )],
        }
    }

    /// Later requests under the same id that changed nothing.
    pub(super) fn later_requests(&self) -> Vec<String> {
        let again = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.root > 0 && step.parent.is_none());
        again.map(|(index, step)| self.again(index, step)).collect()
    }

    fn again(&self, index: usize, step: &Step) -> String {
        let at = self.flow.events[step.event].recorded_at;
        let what = match &step.content {
            Content::Requested(verb, Some(Order::Transfer(m) | Order::Reserve(m, _) | Order::Reverse(m))) => {
                format!("a {} of {} to {}", verb.token(), m.money, m.payee)
            }
            Content::Requested(Verb::Confirm, Some(Order::Confirm(Some(money)))) => {
                format!("a confirm of {money}")
            }
            Content::Requested(verb, _) => format!("a {}", verb.token()),
            Content::Decided(fact) => format!("a {}", fact.kind().short()),
            Content::Unknown => "something".to_owned(),
        };
        let answer = self.steps.iter().find(|answer| answer.parent == Some(index));
        let refusal = answer.and_then(|answer| answer.content.fact()?.refusal());
        let end = match (refusal, answer) {
            (Some(Refusal { detail, .. }), _) => format!("it was refused and changed nothing: {detail}"),
            (None, Some(answer)) => format!("the answer was: {}", answer.words),
            (None, None) => "it has not been answered".to_owned(),
        };
        format!("At {} UTC {what} arrived under the same id; {end}.", time(at))
    }
}
