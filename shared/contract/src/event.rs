//! What the services have decided: facts, and the event that carries one.
//!
//! The meaning ([`Fact`]) is apart from its wire form (`envelope`). An event is immutable; a new meaning is a new version.

use jiff::Timestamp;

use crate::id::{AccountId, EventId, TransferId};
use crate::money::{Amount, BadAmount, Currency, Money};
use crate::reason::{Reason, Refusal};
use crate::shard::{Shard, Shards};
use crate::subject::{Service, Verb};
use crate::trace::TraceId;

/// One movement of money that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// From whom.
    pub payer: AccountId,
    /// To whom.
    pub payee: AccountId,
    /// How much of what.
    pub money: Money,
    /// A line for the statement.
    pub memo: Option<String>,
    /// How much had been reserved for it, if it is what was confirmed of a reservation.
    pub reserved: Option<Amount>,
    /// The transfer that this one gives back, in whole or in part: the same two accounts, the other way.
    pub reverses: Option<TransferId>,
}

impl Movement {
    /// How much leaves what is held; nothing if nothing was.
    pub fn held(&self) -> i64 {
        self.reserved.map_or(0, Amount::minor)
    }
}

/// For how long a reservation holds, and whether it waits for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From when on it may be released although nobody cancelled it.
    pub expires: Timestamp,
    /// Whether the payee's promise confirms it.
    pub auto_confirm: bool,
}

/// How far below zero an account may go, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdraft {
    /// This far; zero for most.
    Limit(i64),
    /// As far as can be counted.
    Unlimited,
}

impl Overdraft {
    /// No overdraft at all.
    pub const NONE: Self = Self::Limit(0);

    /// Reads `"unlimited"` or a decimal string.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, BadAmount> {
        if text == "unlimited" {
            Ok(Self::Unlimited)
        } else {
            currency.parse_minor(text).map(Self::Limit)
        }
    }

    /// Writes what [`Overdraft::parse`] reads.
    pub fn format(self, currency: Currency) -> String {
        match self {
            Self::Limit(minor) => currency.format_minor(minor),
            Self::Unlimited => "unlimited".to_owned(),
        }
    }
}

/// How a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was ever debited.
    Refused,
    /// It was debited, not credited, and given back.
    Compensated,
    /// It was reserved, or was to be, and cancelled.
    Cancelled,
    /// It was reserved and not confirmed in time.
    Expired,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Compensated, Self::Cancelled, Self::Expired];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Where a message that nobody could read stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of it, counted from 0; the whole message if it can't be cut into elements.
    pub index: Option<u32>,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
}

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
    /// The payer does not pay. The movement is there if the request was sound.
    DebitRefused(AccountId, Option<Movement>, Refusal),
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
    /// A message was set aside.
    MessageParked(Parked),
}

impl Fact {
    /// The CloudEvents `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AccountOpened(..) => "wallet.account.opened.v1",
            Self::AccountFrozen(..) => "wallet.account.frozen.v1",
            Self::AccountUnfrozen(..) => "wallet.account.unfrozen.v1",
            Self::AccountClosing(..) => "wallet.account.closing.v1",
            Self::ClosureAccepted(..) => "wallet.closure.accepted.v1",
            Self::ClosureRefused(..) => "wallet.closure.refused.v1",
            Self::AccountClosed(..) => "wallet.account.closed.v1",
            Self::AccountDebited(..) => "wallet.account.debited.v1",
            Self::DebitRefused(..) => "wallet.debit.refused.v1",
            Self::DebitReversed(..) => "wallet.debit.reversed.v1",
            Self::AccountCredited(..) => "wallet.account.credited.v1",
            Self::CreditRefused(..) => "wallet.credit.refused.v1",
            Self::FundsReserved(..) => "wallet.funds.reserved.v1",
            Self::CreditPromised(..) => "wallet.credit.promised.v1",
            Self::ConfirmationDeferred(..) => "wallet.confirmation.deferred.v1",
            Self::ReservationReleased(..) => "wallet.reservation.released.v1",
            Self::ReservationBarred(..) => "wallet.reservation.barred.v1",
            Self::ReversalGranted(..) => "wallet.reversal.granted.v1",
            Self::ReversalDenied(..) => "wallet.reversal.denied.v1",
            Self::TransferSettled(..) => "wallet.transfer.settled.v1",
            Self::TransferFailed(..) => "wallet.transfer.failed.v1",
            Self::RequestRefused(..) => "wallet.request.refused.v1",
            Self::MessageParked(..) => "wallet.message.parked.v1",
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
            | Self::RequestRefused(account, ..) => account.clone(),
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
            Self::MessageParked(_) => AccountId::world(),
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
            Self::DebitRefused(_, movement, _)
            | Self::ReversalDenied(_, movement, _)
            | Self::TransferFailed(_, movement, ..) => movement.as_ref(),
            Self::AccountOpened(..)
            | Self::AccountFrozen(_)
            | Self::AccountUnfrozen(_)
            | Self::AccountClosing(_)
            | Self::ClosureAccepted(_)
            | Self::ClosureRefused(..)
            | Self::AccountClosed(_)
            | Self::ReservationBarred(_)
            | Self::RequestRefused(..)
            | Self::MessageParked(_) => None,
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
            | Self::MessageParked(_) => None,
        }
    }

    /// The streams that must hold it, decided on shard `here`: first this one, and once that is durable, then that one.
    ///
    /// The first copy goes where somebody builds on it, the other where the flow must be whole. `account.debited` goes
    /// home first, so that in the home's log it stands before everything it leads to; `account.credited` goes to the payee
    /// first, so that who has seen a transfer settle can spend it at once.
    pub fn destinations(&self, here: Shard, shards: Shards) -> (Shard, Option<Shard>) {
        let also = |other: Shard| (here, (other != here).then_some(other));
        match self {
            Self::AccountDebited(movement)
            | Self::FundsReserved(movement, _)
            | Self::ReservationReleased(movement, ..) => also(shards.of(&movement.payee)),
            Self::AccountCredited(movement) => also(shards.of(&movement.payer)),
            Self::CreditRefused(movement, _) | Self::CreditPromised(movement, _) => {
                (shards.of(&movement.payer), None)
            }
            Self::AccountOpened(..)
            | Self::AccountFrozen(_)
            | Self::AccountUnfrozen(_)
            | Self::AccountClosing(_)
            | Self::ClosureAccepted(_)
            | Self::ClosureRefused(..)
            | Self::AccountClosed(_)
            | Self::DebitRefused(..)
            | Self::DebitReversed(..)
            | Self::ConfirmationDeferred(_)
            | Self::ReservationBarred(_)
            | Self::ReversalGranted(_)
            | Self::ReversalDenied(..)
            | Self::TransferSettled(_)
            | Self::TransferFailed(..)
            | Self::RequestRefused(..)
            | Self::MessageParked(_) => (here, None),
        }
    }
}

/// Who said it: a service, and the shard it decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The service.
    pub service: Service,
    /// The shard.
    pub shard: Shard,
}

/// A fact with its place in the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Derived from account, cause and kind: the same decision has the same id for ever.
    pub id: EventId,
    /// The request or event that this is the decision on.
    pub cause: EventId,
    /// Who said it.
    pub source: Source,
    /// When it was decided, by its service's clock; microseconds.
    pub time: Timestamp,
    /// How long the service had been at work on it when it was decided, microseconds.
    pub work_us: u32,
    /// The client's name for the flow.
    pub transfer: TransferId,
    /// The flow's trace.
    pub trace: TraceId,
    /// What was decided.
    pub fact: Fact,
}

/// What a request or event is to those who decide on it: the id to name as cause, and the flow to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub id: EventId,
    /// The client's name for the flow.
    pub transfer: TransferId,
    /// The flow's trace.
    pub trace: TraceId,
}

impl Event {
    /// This event as the cause of another.
    pub fn as_cause(&self) -> Cause {
        Cause {
            id: self.id,
            transfer: self.transfer,
            trace: self.trace,
        }
    }

    /// Puts a fact into its place in the flow.
    pub fn new(fact: Fact, cause: Cause, source: Source, time: Timestamp, work_us: u32) -> Self {
        let id = crate::id::derive(&fact.account(), cause.id.0, &[fact.kind().as_bytes()]);
        Self {
            id,
            cause: cause.id,
            source,
            time,
            work_us,
            transfer: cause.transfer,
            trace: cause.trace,
            fact,
        }
    }
}

/// Refuses a request that came to a shard that does not own its account.
pub fn check_shard(account: &AccountId, here: Shard, shards: Shards) -> Result<(), Refusal> {
    let owner = shards.of(account);
    if owner == here {
        return Ok(());
    }
    let detail = format!(
        "{account} belongs to shard {owner} of {}, this is shard {here}",
        shards.count()
    );
    Err(Refusal::new(Reason::WrongShard, detail))
}
