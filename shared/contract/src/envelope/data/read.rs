//! The fields that each kind of fact requires, and their meaning.

use super::{Data, Text};
use crate::envelope::Unreadable;
use crate::event::{
    AccountFact, Fact, Failure, Kind, MessageFact, Movement, MovementFact, Overdraft, Parked, RequestFact,
    Resolution, Resolved, Terms,
};
use crate::id::{AccountId, TransferId};
use crate::log::LogPlace;
use crate::money::{Currency, Money};
use crate::reason::Refusal;
use crate::subject::Verb;

/// Reads the fields of one kind of fact; an error names the one that is missing or wrong.
struct Fields<'d, 'a> {
    kind: Kind,
    data: &'d Data<'a>,
}

impl Fields<'_, '_> {
    fn parse<T: std::str::FromStr<Err: ToString>>(
        &self,
        name: &'static str,
        field: &Option<Text<'_>>,
    ) -> Result<T, Unreadable> {
        let bad = |detail: String| Unreadable::Attribute {
            kind: self.kind.to_string(),
            name,
            detail,
        };
        let text = field.as_ref().ok_or_else(|| bad("is missing".to_owned()))?;
        text.0.parse().map_err(|error: T::Err| bad(error.to_string()))
    }

    fn bad<E: ToString>(&self, name: &'static str) -> impl Fn(E) -> Unreadable {
        move |error| Unreadable::Attribute {
            kind: self.kind.to_string(),
            name,
            detail: error.to_string(),
        }
    }

    fn account(&self) -> Result<AccountId, Unreadable> {
        self.parse("account", &self.data.account)
    }

    fn payer(&self) -> Result<AccountId, Unreadable> {
        self.parse("payer", &self.data.payer)
    }

    fn movement(&self) -> Result<Movement, Unreadable> {
        let currency: Currency = self.parse("currency", &self.data.currency)?;
        let amount = self.data.amount.as_ref().map_or("", |text| &*text.0);
        let reserved = self.data.reserved.as_ref();
        let reserved = reserved.map(|text| Money::parse(&text.0, currency).map_err(self.bad("reserved")));
        Ok(Movement {
            payer: self.payer()?,
            payee: self.parse("payee", &self.data.payee)?,
            money: Money::parse(amount, currency).map_err(self.bad("amount"))?,
            memo: self.data.memo.as_ref().map(|memo| memo.0.to_string()),
            reserved: reserved.transpose()?.map(|money| money.amount),
            reverses: self.data.reverses.map(TransferId),
        })
    }

    /// The movement, if the refused request had a valid one.
    fn wanted(&self) -> Result<Option<Movement>, Unreadable> {
        self.data.payee.as_ref().map(|_| self.movement()).transpose()
    }

    fn refusal(&self) -> Result<Refusal, Unreadable> {
        let reason = self.parse("reason", &self.data.reason)?;
        Ok(Refusal {
            reason,
            detail: self.parse("detail", &self.data.detail)?,
        })
    }

    fn failure(&self) -> Result<Failure, Unreadable> {
        let word = self.data.outcome.as_ref().map_or("", |text| &*text.0);
        let failure = Failure::ALL.into_iter().find(|failure| failure.word() == word);
        failure.ok_or_else(|| self.bad("outcome")(format!("{word:?} is not a known outcome")))
    }

    fn terms(&self) -> Result<Terms, Unreadable> {
        let expires = self.data.expires_at.ok_or("is missing");
        Ok(Terms {
            expires: expires.map_err(self.bad("expires_at"))?,
            auto_confirm: self.data.auto_confirm.unwrap_or(false),
        })
    }

    fn verb(&self) -> Result<Verb, Unreadable> {
        let token: String = self.parse("verb", &self.data.verb)?;
        let verb = Verb::ALL.into_iter().find(|verb| verb.token() == token);
        verb.ok_or_else(|| self.bad("verb")(format!("unknown verb {token:?}")))
    }

    fn overdraft(&self, currency: Currency) -> Result<Overdraft, Unreadable> {
        let text = self.data.overdraft.as_ref().map_or("", |text| &*text.0);
        Overdraft::parse(text, currency).map_err(self.bad("overdraft"))
    }

    fn number(&self, name: &'static str, number: Option<u64>) -> Result<u64, Unreadable> {
        number.ok_or("is missing").map_err(self.bad(name))
    }

    fn place(&self) -> Result<LogPlace, Unreadable> {
        Ok(LogPlace {
            sequence: self.number("sequence", self.data.sequence)?,
            element: self.data.index,
        })
    }

    fn resolved(&self) -> Result<Resolved, Unreadable> {
        let how = match self.data.outcome.as_ref().map_or("", |text| &*text.0) {
            "retried" => Resolution::Retried,
            "replaced" => Resolution::Replaced(self.number("replacement", self.data.replacement)?),
            "discarded" => Resolution::Discarded(self.parse("detail", &self.data.detail)?),
            word => {
                return Err(self.bad("outcome")(format!("{word:?} is not a known resolution")));
            }
        };
        Ok(Resolved {
            place: self.place()?,
            how,
            instruction: self.number("instruction", self.data.instruction)?,
        })
    }

    fn parked(&self) -> Result<Parked, Unreadable> {
        Ok(Parked {
            place: self.place()?,
            subject: self.parse("subject", &self.data.subject)?,
            detail: self.parse("detail", &self.data.detail)?,
            transfer: self.data.transfer.map(TransferId),
        })
    }
}

pub(in crate::envelope) fn to_fact(name: &str, data: &Data<'_>) -> Result<Fact, Unreadable> {
    let kind = Kind::parse(name).ok_or_else(|| Unreadable::Type(name.to_owned()))?;
    let fields = Fields { kind, data };
    let account = || fields.account();
    let payer = || fields.payer();
    let movement = || fields.movement();
    let refusal = || fields.refusal();
    Ok(match kind {
        Kind::AccountOpened => {
            let currency = fields.parse("currency", &data.currency)?;
            Fact::Account(
                account()?,
                AccountFact::AccountOpened(currency, fields.overdraft(currency)?),
            )
        }
        Kind::AccountFrozen => Fact::Account(account()?, AccountFact::AccountFrozen),
        Kind::AccountUnfrozen => Fact::Account(account()?, AccountFact::AccountUnfrozen),
        Kind::AccountClosing => Fact::Account(account()?, AccountFact::AccountClosing),
        Kind::ClosureAccepted => Fact::Account(account()?, AccountFact::ClosureAccepted),
        Kind::ClosureRefused => Fact::Account(account()?, AccountFact::ClosureRefused(refusal()?)),
        Kind::AccountClosed => Fact::Account(account()?, AccountFact::AccountClosed),
        Kind::AccountDebited => Fact::Movement(movement()?, MovementFact::AccountDebited),
        Kind::DebitReversed => Fact::Movement(movement()?, MovementFact::DebitReversed(refusal()?)),
        Kind::AccountCredited => Fact::Movement(movement()?, MovementFact::AccountCredited),
        Kind::CreditRefused => Fact::Movement(movement()?, MovementFact::CreditRefused(refusal()?)),
        Kind::FundsReserved => Fact::Movement(movement()?, MovementFact::FundsReserved(fields.terms()?)),
        Kind::CreditPromised => Fact::Movement(movement()?, MovementFact::CreditPromised(fields.terms()?)),
        Kind::ConfirmationDeferred => Fact::Movement(movement()?, MovementFact::ConfirmationDeferred),
        Kind::ReservationReleased => {
            let movement = movement()?;
            Fact::Movement(
                movement,
                MovementFact::ReservationReleased(fields.failure()?, refusal()?),
            )
        }
        Kind::ReversalGranted => Fact::Movement(movement()?, MovementFact::ReversalGranted),
        Kind::TransferSettled => Fact::Movement(movement()?, MovementFact::TransferSettled),
        Kind::DebitRefused => {
            let terms = data.expires_at.map(|_| fields.terms()).transpose()?;
            let (payer, movement) = (payer()?, fields.wanted()?);
            Fact::Request(
                payer,
                RequestFact::DebitRefused(movement, terms.map(Box::new), refusal()?),
            )
        }
        Kind::ReservationBarred => Fact::Request(payer()?, RequestFact::ReservationBarred),
        Kind::ReversalDenied => Fact::Request(
            payer()?,
            RequestFact::ReversalDenied(fields.wanted()?, refusal()?),
        ),
        Kind::TransferFailed => {
            let (payer, movement) = (payer()?, fields.wanted()?);
            Fact::Request(
                payer,
                RequestFact::TransferFailed(movement, fields.failure()?, refusal()?),
            )
        }
        Kind::RequestRefused => Fact::Request(
            account()?,
            RequestFact::RequestRefused(fields.verb()?, refusal()?),
        ),
        Kind::RequestRecalled => {
            let (account, verb) = (account()?, fields.verb()?);
            Fact::Request(
                account,
                RequestFact::RequestRecalled(verb, fields.wanted()?, data.instruction),
            )
        }
        Kind::MessageParked => Fact::Message(MessageFact::MessageParked(fields.parked()?)),
        Kind::MessageResolved => Fact::Message(MessageFact::MessageResolved(fields.resolved()?)),
    })
}
