//! Facts: what can be decided, what each is about, and where it must be heard.

mod kind;

pub use self::kind::{Copies, Kind};

use crate::event::{Failure, Movement, Overdraft, Parked, Resolved, Terms};
use crate::id::AccountId;
use crate::money::Currency;
use crate::reason::Refusal;
use crate::shard::{Shard, Shards};
use crate::subject::Verb;

/// What has been decided. Past tense, immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An account can receive, and pay what it has.
    AccountOpened(AccountId, Currency, Overdraft),
    /// It neither pays nor receives for now.
    AccountFrozen(AccountId),
    /// It does again.
    AccountUnfrozen(AccountId),
    /// It no longer receives; debit-svc must say whether it is at zero.
    AccountClosing(AccountId),
    /// It is at zero and no longer pays.
    ClosureAccepted(AccountId),
    /// It still holds, owes or moves money and stays open.
    ClosureRefused(AccountId, Refusal),
    /// It is closed for good.
    AccountClosed(AccountId),
    /// The payer has paid; the money is in transit.
    AccountDebited(Movement),
    /// The payer does not pay. The movement is there if the request was sound, and the terms if it was to be reserved.
    DebitRefused(AccountId, Option<Movement>, Option<Box<Terms>>, Refusal),
    /// The payer got the money back.
    DebitReversed(Movement, Refusal),
    /// The payee has received.
    AccountCredited(Movement),
    /// The payee does not receive.
    CreditRefused(Movement, Refusal),
    /// The payer's money is held for the payee.
    FundsReserved(Movement, Terms),
    /// The payee will receive what is reserved, whatever becomes of its account until then.
    CreditPromised(Movement, Terms),
    /// What is reserved is confirmed, and moves when the payee's side has promised. `money` is what was confirmed.
    ConfirmationDeferred(Movement),
    /// What was held is the payer's again: how the transfer fails, and why.
    ReservationReleased(Movement, Failure, Refusal),
    /// A reservation was cancelled before it was heard of; it will be refused.
    ReservationBarred(AccountId),
    /// An account may give back what it has received.
    ReversalGranted(Movement),
    /// It may not. The movement is there if the request was sound.
    ReversalDenied(AccountId, Option<Movement>, Refusal),
    /// The transfer has ended well.
    TransferSettled(Movement),
    /// The transfer has ended, the payer whole.
    TransferFailed(AccountId, Option<Movement>, Failure, Refusal),
    /// A request that is no transfer's first has been refused.
    RequestRefused(AccountId, Verb, Refusal),
    /// A request does not stand in the log as its client wrote it; this stands for it. The broker has lost it, or an operator's
    /// instruction, with this sequence in the same log, says what it asks. The movement is there if the request, or what was decided
    /// on it, has one.
    RequestRecalled(AccountId, Verb, Option<Movement>, Option<u64>),
    /// A message was set aside.
    MessageParked(Parked),
    /// Somebody has seen to it.
    MessageResolved(Resolved),
}

impl Fact {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::AccountOpened(..) => Kind::AccountOpened,
            Self::AccountFrozen(..) => Kind::AccountFrozen,
            Self::AccountUnfrozen(..) => Kind::AccountUnfrozen,
            Self::AccountClosing(..) => Kind::AccountClosing,
            Self::ClosureAccepted(..) => Kind::ClosureAccepted,
            Self::ClosureRefused(..) => Kind::ClosureRefused,
            Self::AccountClosed(..) => Kind::AccountClosed,
            Self::AccountDebited(..) => Kind::AccountDebited,
            Self::DebitRefused(..) => Kind::DebitRefused,
            Self::DebitReversed(..) => Kind::DebitReversed,
            Self::AccountCredited(..) => Kind::AccountCredited,
            Self::CreditRefused(..) => Kind::CreditRefused,
            Self::FundsReserved(..) => Kind::FundsReserved,
            Self::CreditPromised(..) => Kind::CreditPromised,
            Self::ConfirmationDeferred(..) => Kind::ConfirmationDeferred,
            Self::ReservationReleased(..) => Kind::ReservationReleased,
            Self::ReservationBarred(..) => Kind::ReservationBarred,
            Self::ReversalGranted(..) => Kind::ReversalGranted,
            Self::ReversalDenied(..) => Kind::ReversalDenied,
            Self::TransferSettled(..) => Kind::TransferSettled,
            Self::TransferFailed(..) => Kind::TransferFailed,
            Self::RequestRefused(..) => Kind::RequestRefused,
            Self::RequestRecalled(..) => Kind::RequestRecalled,
            Self::MessageParked(..) => Kind::MessageParked,
            Self::MessageResolved(..) => Kind::MessageResolved,
        }
    }

    /// The account under whose authority it came about: the payer, or the account an operator acted on.
    pub fn account(&self) -> AccountId {
        match self {
            Self::AccountOpened(account, ..)
            | Self::AccountFrozen(account)
            | Self::AccountUnfrozen(account)
            | Self::AccountClosing(account)
            | Self::ClosureAccepted(account)
            | Self::ClosureRefused(account, _)
            | Self::AccountClosed(account)
            | Self::DebitRefused(account, ..)
            | Self::ReservationBarred(account)
            | Self::ReversalDenied(account, ..)
            | Self::TransferFailed(account, ..)
            | Self::RequestRefused(account, ..)
            | Self::RequestRecalled(account, ..) => account.clone(),
            Self::AccountDebited(movement)
            | Self::DebitReversed(movement, _)
            | Self::AccountCredited(movement)
            | Self::CreditRefused(movement, _)
            | Self::FundsReserved(movement, _)
            | Self::CreditPromised(movement, _)
            | Self::ConfirmationDeferred(movement)
            | Self::ReservationReleased(movement, ..)
            | Self::ReversalGranted(movement)
            | Self::TransferSettled(movement) => movement.payer.clone(),
            Self::MessageParked(_) | Self::MessageResolved(_) => AccountId::world(),
        }
    }

    /// The account whose standing it tells, if it tells one. What is said of that must be heard in order, whichever request it answers.
    pub fn stands(&self) -> Option<&AccountId> {
        match self {
            Self::AccountOpened(account, ..)
            | Self::AccountFrozen(account)
            | Self::AccountUnfrozen(account)
            | Self::AccountClosing(account)
            | Self::ClosureAccepted(account)
            | Self::ClosureRefused(account, _)
            | Self::AccountClosed(account) => Some(account),
            Self::AccountDebited(_)
            | Self::DebitRefused(..)
            | Self::DebitReversed(..)
            | Self::AccountCredited(_)
            | Self::CreditRefused(..)
            | Self::FundsReserved(..)
            | Self::CreditPromised(..)
            | Self::ConfirmationDeferred(_)
            | Self::ReservationReleased(..)
            | Self::ReservationBarred(_)
            | Self::ReversalGranted(_)
            | Self::ReversalDenied(..)
            | Self::TransferSettled(_)
            | Self::TransferFailed(..)
            | Self::RequestRefused(..)
            | Self::RequestRecalled(..)
            | Self::MessageParked(_)
            | Self::MessageResolved(_) => None,
        }
    }

    /// The movement it is about, where there is one.
    pub fn movement(&self) -> Option<&Movement> {
        match self {
            Self::AccountDebited(movement)
            | Self::DebitReversed(movement, _)
            | Self::AccountCredited(movement)
            | Self::CreditRefused(movement, _)
            | Self::FundsReserved(movement, _)
            | Self::CreditPromised(movement, _)
            | Self::ConfirmationDeferred(movement)
            | Self::ReservationReleased(movement, ..)
            | Self::ReversalGranted(movement)
            | Self::TransferSettled(movement) => Some(movement),
            Self::DebitRefused(_, movement, ..)
            | Self::ReversalDenied(_, movement, _)
            | Self::TransferFailed(_, movement, ..)
            | Self::RequestRecalled(_, _, movement, _) => movement.as_ref(),
            Self::AccountOpened(..)
            | Self::AccountFrozen(_)
            | Self::AccountUnfrozen(_)
            | Self::AccountClosing(_)
            | Self::ClosureAccepted(_)
            | Self::ClosureRefused(..)
            | Self::AccountClosed(_)
            | Self::ReservationBarred(_)
            | Self::RequestRefused(..)
            | Self::MessageParked(_)
            | Self::MessageResolved(_) => None,
        }
    }

    /// Why, where something was refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::DebitRefused(.., refusal)
            | Self::DebitReversed(_, refusal)
            | Self::CreditRefused(_, refusal)
            | Self::ReservationReleased(.., refusal)
            | Self::ReversalDenied(.., refusal)
            | Self::TransferFailed(.., refusal)
            | Self::RequestRefused(.., refusal)
            | Self::ClosureRefused(_, refusal) => Some(refusal),
            Self::AccountOpened(..)
            | Self::AccountFrozen(_)
            | Self::AccountUnfrozen(_)
            | Self::AccountClosing(_)
            | Self::ClosureAccepted(_)
            | Self::AccountClosed(_)
            | Self::AccountDebited(_)
            | Self::AccountCredited(_)
            | Self::FundsReserved(..)
            | Self::CreditPromised(..)
            | Self::ConfirmationDeferred(_)
            | Self::ReservationBarred(_)
            | Self::ReversalGranted(_)
            | Self::TransferSettled(_)
            | Self::RequestRecalled(..)
            | Self::MessageParked(_)
            | Self::MessageResolved(_) => None,
        }
    }

    /// The streams that must hold it, decided on shard `here`: first this one, and once that is durable, then that one.
    ///
    /// The first copy goes where somebody builds on it, the other where the flow must be whole. `account.debited` goes
    /// home first, so that in the home's log it stands before everything it leads to; `account.credited` goes to the payee
    /// first, so that who has seen a transfer settle can spend it at once.
    pub fn destinations(&self, here: Shard, shards: Shards) -> (Shard, Option<Shard>) {
        let here_then = |other: Shard| (here, (other != here).then_some(other));
        match (self.kind().copies(), self.movement()) {
            (Copies::HereThenPayee, Some(movement)) => here_then(shards.of(&movement.payee)),
            (Copies::HereThenPayer, Some(movement)) => here_then(shards.of(&movement.payer)),
            (Copies::Payer, Some(movement)) => (shards.of(&movement.payer), None),
            (Copies::Here, _) | (_, None) => (here, None),
        }
    }
}
