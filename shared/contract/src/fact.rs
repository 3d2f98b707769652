//! Facts: everything that a service can decide.
//!
//! A fact is about an account, a movement of money, a request, or a parked message. The first level holds the fields that all facts
//! of a group share; the second is the decision itself. One table declares all of them: see [`Kind`].

#[macro_use]
mod declare;

pub use self::declare::Copies;
use crate::id::AccountId;
use crate::money::Currency;
use crate::parts::{Failure, Movement, Overdraft, Parked, Resolved, Terms};
use crate::reason::Refusal;
use crate::shard::{Shard, Shards};
use crate::subject::Verb;

/// A decision: past tense, immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// About the standing of an account.
    Account(AccountId, AccountFact),
    /// About money that moves, or may move, from a payer to a payee.
    Movement(Movement, MovementFact),
    /// About a request that moved nothing, or a transfer that failed. The account is that of the requester.
    Request(AccountId, RequestFact),
    /// About a message in the log that could not be handled.
    Message(MessageFact),
}

facts! {
    /// Decisions about an account.
    AccountFact {
        /// It may receive in this currency, and pay from its balance and this overdraft.
        AccountOpened(Currency, Overdraft) "account.opened" 1, by [Credit], to Here;
        /// It may neither pay nor receive for now.
        AccountFrozen "account.frozen" 1, by [Credit], to Here;
        /// It may pay and receive again.
        AccountUnfrozen "account.unfrozen" 1, by [Credit], to Here;
        /// It no longer receives. debit-svc must decide whether its balance is zero.
        AccountClosing "account.closing" 1, by [Credit], to Here;
        /// Its balance is zero, and it no longer pays.
        ClosureAccepted "closure.accepted" 1, by [Debit], to Here;
        /// It still holds, owes or moves money, and stays open.
        ClosureRefused(Refusal) "closure.refused" 1, by [Debit], to Here;
        /// It is closed for good.
        AccountClosed "account.closed" 1, by [Credit], to Here;
    }

    /// Decisions about a movement.
    MovementFact {
        /// The payer has paid; the money is in transit.
        AccountDebited "account.debited" 1, by [Debit], to HereThenPayee;
        /// The payer has the money back.
        DebitReversed(Refusal) "debit.reversed" 1, by [Debit], to Here;
        /// The payee has been credited.
        AccountCredited "account.credited" 1, by [Credit], to HereThenPayer;
        /// The payee is not credited.
        CreditRefused(Refusal) "credit.refused" 1, by [Credit], to HereThenPayer;
        /// The payer's money is held for the payee.
        FundsReserved(Terms) "funds.reserved" 1, by [Debit], to HereThenPayee;
        /// The payee will be credited with the reserved amount, whatever happens to its account until then.
        CreditPromised(Terms) "credit.promised" 1, by [Credit], to HereThenPayer;
        /// The reservation is confirmed, and moves once the payee's side has promised. The movement is the confirmed part.
        ConfirmationDeferred "confirmation.deferred" 1, by [Debit], to Here;
        /// The held money is available to the payer again; with how the transfer fails, and why.
        ReservationReleased(Failure, Refusal) "reservation.released" 1, by [Debit], to HereThenPayee;
        /// The payer may give back money that it has received.
        ReversalGranted "reversal.granted" 1, by [Credit], to Here;
        /// The transfer has ended successfully.
        TransferSettled "transfer.settled" 1, by [Ledger], to Here;
    }

    /// Decisions about a request. The movement is present if the request was valid.
    RequestFact {
        /// The payer is not debited. The terms are present if the money was to be reserved.
        DebitRefused(Option<Movement>, Option<Box<Terms>>, Refusal) "debit.refused" 1, by [Debit], to Here;
        /// A reservation was cancelled before it was requested; the request will be refused.
        ReservationBarred "reservation.barred" 1, by [Debit], to Here;
        /// The account may not give back the requested amount.
        ReversalDenied(Option<Movement>, Refusal) "reversal.denied" 1, by [Credit], to Here;
        /// The transfer has ended, and the payer has lost nothing.
        TransferFailed(Option<Movement>, Failure, Refusal) "transfer.failed" 1, by [Ledger], to Here;
        /// A request that is not the first of its transfer was refused.
        RequestRefused(Verb, Refusal) "request.refused" 1, by [Debit, Credit], to Here;
        /// Stands for a request that is not in the log as its client wrote it: either the broker has lost it, or it was replaced by an
        /// operator's instruction, which has this sequence in the same log.
        RequestRecalled(Verb, Option<Movement>, Option<u64>) "request.recalled" 1, by [Debit, Credit], to Here;
    }

    /// Decisions about a message.
    MessageFact {
        /// It was parked.
        MessageParked(Parked) "message.parked" 1, by [Debit, Credit, Ledger], to Here;
        /// It was retried, replaced or discarded.
        MessageResolved(Resolved) "message.resolved" 1, by [Debit, Credit, Ledger], to Here;
    }
}

impl Fact {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Account(_, fact) => fact.kind(),
            Self::Movement(_, fact) => fact.kind(),
            Self::Request(_, fact) => fact.kind(),
            Self::Message(fact) => fact.kind(),
        }
    }

    /// The account under whose authority it was decided: the payer, or the account that an operator acted on.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Account(account, _) | Self::Request(account, _) => account.clone(),
            Self::Movement(movement, _) => movement.payer.clone(),
            Self::Message(_) => AccountId::world(),
        }
    }

    /// The account whose standing it reports, if any. Such facts must be handled in order, whichever requests they answer.
    pub fn account_with_standing(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account, _) => Some(account),
            Self::Movement(..) | Self::Request(..) | Self::Message(_) => None,
        }
    }

    /// The movement that it is about, if any.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::Movement(movement, _) => Some(movement),
            Self::Request(_, fact) => fact.movement(),
            Self::Account(..) | Self::Message(_) => None,
        }
    }

    /// The reason, if something was refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Account(_, fact) => fact.refusal(),
            Self::Movement(_, fact) => fact.refusal(),
            Self::Request(_, fact) => fact.refusal(),
            Self::Message(_) => None,
        }
    }

    /// The shards whose streams must hold it if it was decided on shard `here`: `here`, and another one once the first copy is durable.
    ///
    /// The log of the shard that decided it holds everything that the shard has decided. So `account.debited` precedes everything that
    /// follows from it at the payer's, and a payee who sees a transfer settled can spend the money at once.
    pub fn destinations(&self, here: Shard, shards: Shards) -> (Shard, Option<Shard>) {
        let here_then = |other: Shard| (here, (other != here).then_some(other));
        match (self.kind().copies(), self.movement()) {
            (Copies::HereThenPayee, Some(movement)) => here_then(shards.of(&movement.payee)),
            (Copies::HereThenPayer, Some(movement)) => here_then(shards.of(&movement.payer)),
            (Copies::Here, _) | (_, None) => (here, None),
        }
    }
}

impl AccountFact {
    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::ClosureRefused(refusal) => Some(refusal),
            Self::AccountOpened(..)
            | Self::AccountFrozen
            | Self::AccountUnfrozen
            | Self::AccountClosing
            | Self::ClosureAccepted
            | Self::AccountClosed => None,
        }
    }
}

impl MovementFact {
    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::DebitReversed(refusal)
            | Self::CreditRefused(refusal)
            | Self::ReservationReleased(_, refusal) => Some(refusal),
            Self::AccountDebited
            | Self::AccountCredited
            | Self::FundsReserved(_)
            | Self::CreditPromised(_)
            | Self::ConfirmationDeferred
            | Self::ReversalGranted
            | Self::TransferSettled => None,
        }
    }
}

impl RequestFact {
    fn movement(&self) -> Option<&Movement> {
        match self {
            Self::DebitRefused(movement, ..)
            | Self::ReversalDenied(movement, _)
            | Self::TransferFailed(movement, ..)
            | Self::RequestRecalled(_, movement, _) => movement.as_ref(),
            Self::ReservationBarred | Self::RequestRefused(..) => None,
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::DebitRefused(.., refusal)
            | Self::ReversalDenied(_, refusal)
            | Self::TransferFailed(.., refusal)
            | Self::RequestRefused(_, refusal) => Some(refusal),
            Self::ReservationBarred | Self::RequestRecalled(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_parsed_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            assert!(kind.name().starts_with(&format!("wallet.{}.v", kind.short())));
        }
        for name in [
            "",
            "wallet.account.debited.v2",
            "account.debited",
            "wallet.transfer.requested.v1",
        ] {
            assert_eq!(Kind::parse(name), None, "{name}");
        }
    }
}
