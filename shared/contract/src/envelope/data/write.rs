//! The fields that each kind of fact has.

use super::{Data, borrowed, owned};
use crate::event::{AccountFact, Fact, MessageFact, MovementFact, RequestFact, Resolution, Terms};
use crate::id::AccountId;

pub(in crate::envelope) fn to_data(fact: &Fact) -> Data<'_> {
    let mut data = match fact {
        Fact::Account(account, fact) => about_account(account, fact),
        Fact::Movement(_, fact) => about_movement(fact),
        Fact::Request(account, fact) => about_request(account, fact),
        Fact::Message(fact) => about_message(fact),
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

fn about_account<'f>(account: &'f AccountId, fact: &'f AccountFact) -> Data<'f> {
    let account = Some(borrowed(account.as_str()));
    match fact {
        AccountFact::AccountOpened(currency, overdraft) => Data {
            account,
            currency: Some(borrowed(currency.code())),
            overdraft: Some(owned(overdraft.format(*currency))),
            ..Data::default()
        },
        AccountFact::AccountFrozen
        | AccountFact::AccountUnfrozen
        | AccountFact::AccountClosing
        | AccountFact::ClosureAccepted
        | AccountFact::ClosureRefused(_)
        | AccountFact::AccountClosed => Data {
            account,
            ..Data::default()
        },
    }
}

fn about_movement(fact: &MovementFact) -> Data<'_> {
    match fact {
        MovementFact::FundsReserved(terms) | MovementFact::CreditPromised(terms) => to_terms(terms),
        MovementFact::ReservationReleased(failure, _) => Data {
            outcome: Some(borrowed(failure.word())),
            ..Data::default()
        },
        MovementFact::AccountDebited
        | MovementFact::DebitReversed(_)
        | MovementFact::AccountCredited
        | MovementFact::CreditRefused(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => Data::default(),
    }
}

fn about_request<'f>(name: &'f AccountId, fact: &'f RequestFact) -> Data<'f> {
    let (account, payer) = (Some(borrowed(name.as_str())), Some(borrowed(name.as_str())));
    match fact {
        RequestFact::DebitRefused(_, terms, _) => Data {
            payer,
            ..terms.as_deref().map(to_terms).unwrap_or_default()
        },
        RequestFact::ReservationBarred | RequestFact::ReversalDenied(..) => Data {
            payer,
            ..Data::default()
        },
        RequestFact::TransferFailed(_, failure, _) => Data {
            payer,
            outcome: Some(borrowed(failure.word())),
            ..Data::default()
        },
        RequestFact::RequestRefused(verb, _) => Data {
            account,
            verb: Some(borrowed(verb.token())),
            ..Data::default()
        },
        RequestFact::RequestRecalled(verb, _, instruction) => Data {
            account,
            verb: Some(borrowed(verb.token())),
            instruction: *instruction,
            ..Data::default()
        },
    }
}

fn about_message(fact: &MessageFact) -> Data<'_> {
    match fact {
        MessageFact::MessageParked(parked) => Data {
            sequence: Some(parked.place.sequence),
            index: parked.place.element,
            subject: Some(borrowed(&parked.subject)),
            detail: Some(borrowed(&parked.detail)),
            transfer: parked.transfer.map(|transfer| transfer.0),
            ..Data::default()
        },
        MessageFact::MessageResolved(resolved) => Data {
            sequence: Some(resolved.place.sequence),
            index: resolved.place.element,
            outcome: Some(borrowed(resolved.how.word())),
            instruction: Some(resolved.instruction),
            ..resolution(&resolved.how)
        },
    }
}

fn resolution(how: &Resolution) -> Data<'_> {
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
