//! Which fields each kind of fact needs, and what they mean.

use super::{Data, Text};
use crate::envelope::Unreadable;
use crate::event::{Fact, Failure, Movement, Overdraft, Parked, Resolution, Resolved, Terms};
use crate::id::{AccountId, TransferId};
use crate::money::{Currency, Money};
use crate::reason::Refusal;
use crate::subject::Verb;

/// Reads the fields of one kind of fact, and says which one is missing or wrong.
struct Fields<'d, 'a> {
    kind: &'d str,
    data: &'d Data<'a>,
}

impl Fields<'_, '_> {
    fn parse<T: std::str::FromStr<Err: ToString>>(
        &self,
        name: &'static str,
        field: &Option<Text<'_>>,
    ) -> Result<T, Unreadable> {
        let bad = |detail: String| Unreadable::Attribute {
            kind: self.kind.to_owned(),
            name,
            detail,
        };
        let text = field.as_ref().ok_or_else(|| bad("is missing".to_owned()))?;
        text.0.parse().map_err(|error: T::Err| bad(error.to_string()))
    }

    fn bad<E: ToString>(&self, name: &'static str) -> impl Fn(E) -> Unreadable {
        move |error| Unreadable::Attribute {
            kind: self.kind.to_owned(),
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

    /// The movement, where the request that was refused had a sound one.
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
        failure.ok_or_else(|| self.bad("outcome")(format!("{word:?} is no way to fail")))
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

    fn resolved(&self) -> Result<Resolved, Unreadable> {
        let how = match self.data.outcome.as_ref().map_or("", |text| &*text.0) {
            "retried" => Resolution::Retried,
            "replaced" => Resolution::Replaced(self.number("replacement", self.data.replacement)?),
            "discarded" => Resolution::Discarded(self.parse("detail", &self.data.detail)?),
            word => {
                return Err(self.bad("outcome")(format!(
                    "{word:?} is no way to see to a message"
                )));
            }
        };
        Ok(Resolved {
            sequence: self.number("sequence", self.data.sequence)?,
            index: self.data.index,
            how,
            instruction: self.number("instruction", self.data.instruction)?,
        })
    }

    fn parked(&self) -> Result<Parked, Unreadable> {
        Ok(Parked {
            sequence: self.number("sequence", self.data.sequence)?,
            index: self.data.index,
            subject: self.parse("subject", &self.data.subject)?,
            detail: self.parse("detail", &self.data.detail)?,
            transfer: self.data.transfer.map(TransferId),
        })
    }
}

pub(in crate::envelope) fn to_fact(kind: &str, data: &Data<'_>) -> Result<Fact, Unreadable> {
    let fields = Fields { kind, data };
    Ok(match kind {
        "wallet.account.opened.v1" => {
            let currency = fields.parse("currency", &data.currency)?;
            Fact::AccountOpened(fields.account()?, currency, fields.overdraft(currency)?)
        }
        "wallet.account.frozen.v1" => Fact::AccountFrozen(fields.account()?),
        "wallet.account.unfrozen.v1" => Fact::AccountUnfrozen(fields.account()?),
        "wallet.account.closing.v1" => Fact::AccountClosing(fields.account()?),
        "wallet.closure.accepted.v1" => Fact::ClosureAccepted(fields.account()?),
        "wallet.closure.refused.v1" => Fact::ClosureRefused(fields.account()?, fields.refusal()?),
        "wallet.account.closed.v1" => Fact::AccountClosed(fields.account()?),
        "wallet.account.debited.v1" => Fact::AccountDebited(fields.movement()?),
        "wallet.debit.refused.v1" => {
            let terms = data.expires_at.map(|_| fields.terms()).transpose()?;
            Fact::DebitRefused(
                fields.payer()?,
                fields.wanted()?,
                terms.map(Box::new),
                fields.refusal()?,
            )
        }
        "wallet.debit.reversed.v1" => Fact::DebitReversed(fields.movement()?, fields.refusal()?),
        "wallet.account.credited.v1" => Fact::AccountCredited(fields.movement()?),
        "wallet.credit.refused.v1" => Fact::CreditRefused(fields.movement()?, fields.refusal()?),
        "wallet.funds.reserved.v1" => Fact::FundsReserved(fields.movement()?, fields.terms()?),
        "wallet.credit.promised.v1" => Fact::CreditPromised(fields.movement()?, fields.terms()?),
        "wallet.confirmation.deferred.v1" => Fact::ConfirmationDeferred(fields.movement()?),
        "wallet.reservation.released.v1" => {
            Fact::ReservationReleased(fields.movement()?, fields.failure()?, fields.refusal()?)
        }
        "wallet.reservation.barred.v1" => Fact::ReservationBarred(fields.payer()?),
        "wallet.reversal.granted.v1" => Fact::ReversalGranted(fields.movement()?),
        "wallet.reversal.denied.v1" => {
            Fact::ReversalDenied(fields.payer()?, fields.wanted()?, fields.refusal()?)
        }
        "wallet.transfer.settled.v1" => Fact::TransferSettled(fields.movement()?),
        "wallet.transfer.failed.v1" => Fact::TransferFailed(
            fields.payer()?,
            fields.wanted()?,
            fields.failure()?,
            fields.refusal()?,
        ),
        "wallet.request.refused.v1" => {
            Fact::RequestRefused(fields.account()?, fields.verb()?, fields.refusal()?)
        }
        "wallet.request.recalled.v1" => Fact::RequestRecalled(
            fields.account()?,
            fields.verb()?,
            fields.wanted()?,
            fields.data.instruction,
        ),
        "wallet.message.parked.v1" => Fact::MessageParked(fields.parked()?),
        "wallet.message.resolved.v1" => Fact::MessageResolved(fields.resolved()?),
        unknown => return Err(Unreadable::Type(unknown.to_owned())),
    })
}
