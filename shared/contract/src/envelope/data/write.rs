//! Which fields each kind of fact has.

use super::{Data, borrowed, owned};
use crate::event::{Fact, Resolution, Terms};

fn how(how: &Resolution) -> Data<'_> {
    match how {
        Resolution::Retried => Data::default(),
        Resolution::Replaced(by) => Data {
            replacement: Some(*by),
            ..Data::default()
        },
        Resolution::Discarded(reason) => Data {
            detail: Some(borrowed(reason)),
            ..Data::default()
        },
    }
}

fn to_terms(terms: &Terms) -> Data<'_> {
    Data {
        expires_at: Some(terms.expires),
        auto_confirm: terms.auto_confirm.then_some(true),
        ..Data::default()
    }
}

pub(in crate::envelope) fn to_data(fact: &Fact) -> Data<'_> {
    let account = |name| Data {
        account: Some(borrowed(name)),
        ..Data::default()
    };
    let mut data = match fact {
        Fact::AccountOpened(name, currency, overdraft) => Data {
            currency: Some(borrowed(currency.code())),
            overdraft: Some(owned(overdraft.format(*currency))),
            ..account(name.as_str())
        },
        Fact::AccountFrozen(name)
        | Fact::AccountUnfrozen(name)
        | Fact::AccountClosing(name)
        | Fact::ClosureAccepted(name)
        | Fact::ClosureRefused(name, _)
        | Fact::AccountClosed(name) => account(name.as_str()),
        Fact::RequestRefused(name, verb, _) => Data {
            verb: Some(borrowed(verb.token())),
            ..account(name.as_str())
        },
        Fact::RequestRecalled(name, verb, _, instruction) => Data {
            verb: Some(borrowed(verb.token())),
            instruction: *instruction,
            ..account(name.as_str())
        },
        Fact::MessageParked(parked) => Data {
            sequence: Some(parked.sequence),
            index: parked.index,
            subject: Some(borrowed(&parked.subject)),
            detail: Some(borrowed(&parked.detail)),
            transfer: parked.transfer.map(|transfer| transfer.0),
            ..Data::default()
        },
        Fact::MessageResolved(resolved) => Data {
            sequence: Some(resolved.sequence),
            index: resolved.index,
            outcome: Some(borrowed(resolved.how.word())),
            instruction: Some(resolved.instruction),
            ..how(&resolved.how)
        },
        Fact::ReservationBarred(payer) | Fact::ReversalDenied(payer, ..) => Data {
            payer: Some(borrowed(payer.as_str())),
            ..Data::default()
        },
        Fact::DebitRefused(payer, _, terms, _) => Data {
            payer: Some(borrowed(payer.as_str())),
            ..terms.as_deref().map(to_terms).unwrap_or_default()
        },
        Fact::FundsReserved(_, terms) | Fact::CreditPromised(_, terms) => to_terms(terms),
        Fact::ReservationReleased(_, failure, _) => Data {
            outcome: Some(borrowed(failure.word())),
            ..Data::default()
        },
        Fact::TransferFailed(payer, _, failure, _) => Data {
            payer: Some(borrowed(payer.as_str())),
            outcome: Some(borrowed(failure.word())),
            ..Data::default()
        },
        Fact::AccountDebited(_)
        | Fact::DebitReversed(..)
        | Fact::AccountCredited(_)
        | Fact::CreditRefused(..)
        | Fact::ConfirmationDeferred(_)
        | Fact::ReversalGranted(_)
        | Fact::TransferSettled(_) => Data::default(),
    };
    if let Some(movement) = fact.movement() {
        data.payer = Some(borrowed(movement.payer.as_str()));
        data.payee = Some(borrowed(movement.payee.as_str()));
        data.amount = Some(owned(movement.money.decimal()));
        data.currency = Some(borrowed(movement.money.currency.code()));
        data.memo = movement.memo.as_deref().map(borrowed);
        let currency = movement.money.currency;
        data.reserved = movement
            .reserved
            .map(|amount| owned(currency.format_minor(amount.minor())));
        data.reverses = movement.reverses.map(|id| id.0);
    }
    if let Some(refusal) = fact.refusal() {
        data.reason = Some(borrowed(refusal.reason.code()));
        data.detail = Some(borrowed(&refusal.detail));
    }
    data
}
