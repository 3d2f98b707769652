//! The order in a body of the right shape, verb by verb, or a refusal that names the invalid field.

use super::fields::{Body, Text, text};
use super::{EXPIRES_IN, Hold, MAX_EXPIRES_IN, MAX_MEMO_BYTES, Order};
use crate::event::{Movement, Overdraft};
use crate::id::{AccountId, TransferId};
use crate::money::{Currency, Money};
use crate::reason::{Reason, Refusal};
use crate::subject::Verb;

pub(super) fn read(body: &Body<'_>, account: &AccountId, verb: Verb) -> Result<Order, Refusal> {
    only_meant(body, verb)?;
    if let Some(from) = text(&body.from).filter(|from| *from != account.as_str()) {
        let detail = format!("the body is from {from:?}, the subject's account is {account}");
        return Err(Refusal::new(Reason::NotThePayer, detail));
    }
    match verb {
        Verb::Transfer => movement(body, account, verb).map(Order::Transfer),
        Verb::Reserve => Ok(Order::Reserve(movement(body, account, verb)?, hold(body)?)),
        Verb::Confirm => confirm(body).map(Order::Confirm),
        Verb::Cancel => Ok(Order::Cancel),
        Verb::Reverse => {
            let reverses = reverses(body)?;
            let movement = movement(body, account, verb)?;
            Ok(Order::Reverse(Movement {
                reverses: Some(reverses),
                ..movement
            }))
        }
        Verb::Open => open(body, account),
        Verb::Freeze => Ok(Order::Freeze),
        Verb::Unfreeze => Ok(Order::Unfreeze),
        Verb::Close => Ok(Order::Close),
    }
}

/// Refuses a field that has no meaning for the verb: the client expects something that would not happen.
fn only_meant(body: &Body<'_>, verb: Verb) -> Result<(), Refusal> {
    let meant: &[&str] = match verb {
        Verb::Transfer => &["to", "amount", "currency", "memo"],
        Verb::Reserve => &["to", "amount", "currency", "memo", "expires_in", "auto_confirm"],
        Verb::Confirm => &["amount", "currency"],
        Verb::Reverse => &["to", "amount", "currency", "memo", "reverses"],
        Verb::Open => &["currency", "overdraft"],
        Verb::Cancel | Verb::Freeze | Verb::Unfreeze | Verb::Close => &[],
    };
    let given = [
        ("to", body.to.is_some()),
        ("amount", body.amount.is_some()),
        ("currency", body.currency.is_some()),
        ("overdraft", body.overdraft.is_some()),
        ("memo", body.memo.is_some()),
        ("reverses", body.reverses.is_some()),
        ("expires_in", body.expires_in.is_some()),
        ("auto_confirm", body.auto_confirm.is_some()),
    ];
    match given.iter().find(|(name, given)| *given && !meant.contains(name)) {
        Some((name, _)) => {
            let detail = format!("field {name:?} does not apply to {}", verb.token());
            Err(Refusal::new(Reason::InvalidRequest, detail))
        }
        None => Ok(()),
    }
}

fn needed<'t>(name: &str, field: &'t Option<Text<'_>>, verb: Verb) -> Result<&'t str, Refusal> {
    let missing = || {
        Refusal::new(
            Reason::InvalidRequest,
            format!("{} needs field {name:?}", verb.token()),
        )
    };
    text(field).ok_or_else(missing)
}

fn currency(body: &Body<'_>, verb: Verb) -> Result<Currency, Refusal> {
    let code = needed("currency", &body.currency, verb)?;
    code.parse()
        .map_err(|bad| Refusal::new(Reason::UnknownCurrency, bad))
}

fn money(body: &Body<'_>, verb: Verb) -> Result<Money, Refusal> {
    let amount = needed("amount", &body.amount, verb)?;
    let money = Money::parse(amount, currency(body, verb)?);
    money.map_err(|bad| Refusal::new(Reason::InvalidAmount, bad))
}

fn movement(body: &Body<'_>, payer: &AccountId, verb: Verb) -> Result<Movement, Refusal> {
    let payee = needed("to", &body.to, verb)?.parse::<AccountId>();
    let payee =
        payee.map_err(|bad| Refusal::new(Reason::InvalidAccount, format_args!("field \"to\": {bad}")))?;
    let money = money(body, verb)?;
    if let Some(account) = [&payee, payer].into_iter().find(|account| account.is_reserved()) {
        let detail = format!("{account} is internal to the books: it can neither pay nor be paid");
        return Err(Refusal::new(Reason::InvalidAccount, detail));
    }
    if payee == *payer {
        return Err(Refusal::new(
            Reason::SameAccount,
            format!("{payer} can't pay itself"),
        ));
    }
    let memo = text(&body.memo).map(str::to_owned);
    if let Some(memo) = memo.as_ref().filter(|memo| memo.len() > MAX_MEMO_BYTES) {
        let detail = format!("a memo of {} bytes: the limit is {MAX_MEMO_BYTES}", memo.len());
        return Err(Refusal::new(Reason::InvalidRequest, detail));
    }
    // Not every database accepts a zero byte.
    if memo.as_ref().is_some_and(|memo| memo.contains('\0')) {
        let detail = "a memo with a zero byte: use a line of text";
        return Err(Refusal::new(Reason::InvalidRequest, detail));
    }
    Ok(Movement {
        payer: payer.clone(),
        payee,
        money,
        memo,
        reserved: None,
        reverses: None,
    })
}

fn hold(body: &Body<'_>) -> Result<Hold, Refusal> {
    let seconds = body.expires_in.unwrap_or(EXPIRES_IN.into());
    let expires_in = u32::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=MAX_EXPIRES_IN).contains(seconds));
    let wrong = || {
        let detail = format!("expires_in {seconds}: use 1 to {MAX_EXPIRES_IN} seconds");
        Refusal::new(Reason::InvalidRequest, detail)
    };
    Ok(Hold {
        expires_in: expires_in.ok_or_else(wrong)?,
        auto_confirm: body.auto_confirm.unwrap_or(false),
    })
}

/// The amount to confirm: all that is held if none is given; otherwise with its currency, which determines the number of decimals.
fn confirm(body: &Body<'_>) -> Result<Option<Money>, Refusal> {
    match (&body.amount, &body.currency) {
        (None, None) => Ok(None),
        (Some(_), _) | (_, Some(_)) => money(body, Verb::Confirm).map(Some),
    }
}

fn reverses(body: &Body<'_>) -> Result<TransferId, Refusal> {
    let id = needed("reverses", &body.reverses, Verb::Reverse)?;
    let bad = |_| {
        let detail = format!("reverses {id:?}: use the id of the transfer to give back, a UUID");
        Refusal::new(Reason::InvalidRequest, detail)
    };
    id.parse().map_err(bad)
}

fn open(body: &Body<'_>, account: &AccountId) -> Result<Order, Refusal> {
    let currency = currency(body, Verb::Open)?;
    if account.is_reserved() || account.is_world() {
        let detail = format!("{account} always exists and can't be opened");
        return Err(Refusal::new(Reason::InvalidAccount, detail));
    }
    let overdraft =
        text(&body.overdraft).map_or(Ok(Overdraft::NONE), |text| Overdraft::parse(text, currency));
    Ok(Order::Open(
        currency,
        overdraft
            .map_err(|bad| Refusal::new(Reason::InvalidAmount, format_args!("field \"overdraft\": {bad}")))?,
    ))
}
