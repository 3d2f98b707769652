//! Transfers from their request to their end.

use wallet_contract::event::{AccountFact, Cause, Fact, Failure, MovementFact, Overdraft, RequestFact};
use wallet_contract::subject::{Service, Verb};

use super::script::{Script, account, movement, refusal, usd};

impl Script {
    /// alice and bob with 100.00 from outside, and one transfer of each kind.
    pub(super) fn valid() -> Self {
        let mut script = Self::new();
        script.open("alice");
        script.open("bob");
        script.settle("@world", "alice", "100.00");
        script.settle("alice", "bob", "30.00");
        script.refuse("bob", "alice", "99.00");
        script.compensate("alice", "bob", "5.00");
        script
    }

    fn open(&mut self, name: &str) {
        let cause = self.ask(Verb::Open, name, r#","currency":"USD""#);
        let opened = Fact::Account(account(name), AccountFact::AccountOpened(usd(), Overdraft::NONE));
        self.decide(Service::Credit, name, opened, cause);
    }

    pub(super) fn settle(&mut self, from: &str, to: &str, amount: &str) -> Cause {
        let asked = self.ask_transfer(from, to, amount);
        let debited = self.debit(from, to, amount, asked);
        let moved = movement(from, to, amount);
        let credited = self.decide(
            Service::Credit,
            to,
            Fact::Movement(moved.clone(), MovementFact::AccountCredited),
            debited,
        );
        self.decide(
            Service::Ledger,
            from,
            Fact::Movement(moved, MovementFact::TransferSettled),
            credited,
        )
    }

    /// A transfer that its payer's side refuses.
    fn refuse(&mut self, from: &str, to: &str, amount: &str) {
        let asked = self.ask_transfer(from, to, amount);
        let moved = Some(movement(from, to, amount));
        let fact = Fact::Request(
            account(from),
            RequestFact::DebitRefused(moved.clone(), None, refusal()),
        );
        let refused = self.decide(Service::Debit, from, fact, asked);
        let failed = Fact::Request(
            account(from),
            RequestFact::TransferFailed(moved, Failure::Refused, refusal()),
        );
        self.decide(Service::Ledger, from, failed, refused);
    }

    /// A transfer that its payee's side refuses.
    fn compensate(&mut self, from: &str, to: &str, amount: &str) {
        let asked = self.ask_transfer(from, to, amount);
        let debited = self.debit(from, to, amount, asked);
        let moved = movement(from, to, amount);
        let fact = Fact::Movement(moved.clone(), MovementFact::CreditRefused(refusal()));
        let refused = self.decide(Service::Credit, to, fact, debited);
        let fact = Fact::Movement(moved.clone(), MovementFact::DebitReversed(refusal()));
        let reversed = self.decide(Service::Debit, from, fact, refused);
        let failed = Fact::Request(
            account(from),
            RequestFact::TransferFailed(Some(moved), Failure::Compensated, refusal()),
        );
        self.decide(Service::Ledger, from, failed, reversed);
    }

    pub(super) fn ask_transfer(&mut self, from: &str, to: &str, amount: &str) -> Cause {
        let fields = format!(r#","to":"{to}","amount":"{amount}","currency":"USD""#);
        self.ask(Verb::Transfer, from, &fields)
    }

    pub(super) fn debit(&mut self, from: &str, to: &str, amount: &str, cause: Cause) -> Cause {
        let debited = Fact::Movement(movement(from, to, amount), MovementFact::AccountDebited);
        self.decide(Service::Debit, from, debited, cause)
    }
}
