//! Cores with faulty decisions.

use credit_core::Credit;
use debit_core::Debit;
use wallet_contract::event::{Cause, Event, Fact, MovementFact};
use wallet_contract::id::TransferKey;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::Verb;
use wallet_kernel::{Decider, Heard, Input, Phase, Place, Standing};

type State = debit_core::State;

/// A core that delegates to another one for everything but `decide`.
macro_rules! but_for_decide {
    ($(#[$doc:meta])* $name:ident, $core:ty, $decide:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Decider for $name {
            type Keys = <$core as Decider>::Keys;
            type State = <$core as Decider>::State;

            fn concerns(input: &Input, place: Place) -> bool {
                <$core>::concerns(input, place)
            }

            fn touches(input: &Input, place: Place, keys: &mut Self::Keys) {
                <$core>::touches(input, place, keys);
            }

            fn decide(state: &Self::State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
                $decide(state, heard, <$core>::decide(state, heard, place))
            }

            fn cause(state: &Self::State, input: &Input) -> Cause {
                <$core>::cause(state, input)
            }

            fn hear(state: &mut Self::State, heard: &Heard<'_>, place: Place) {
                <$core>::hear(state, heard, place);
            }

            fn evolve(state: &mut Self::State, event: &Event, place: Place) {
                <$core>::evolve(state, event, place);
            }
        }
    };
}

but_for_decide! {
    /// debit-svc without compensation.
    Forgetful, Debit, forget_to_compensate
}
but_for_decide! {
    /// debit-svc that compensates a second time.
    CompensateTwice, Debit, compensate_twice
}
but_for_decide! {
    /// credit-svc that mistakes a reservation for a debit.
    CreditEarly, Credit, credit_early
}
but_for_decide! {
    /// credit-svc that checks the payee's standing again after it has promised.
    BreakPromise, Credit, break_promise
}

fn forget_to_compensate(_: &State, _: &Heard<'_>, decided: Option<Fact>) -> Option<Fact> {
    decided.filter(|fact| !matches!(fact, Fact::Movement(_, MovementFact::DebitReversed(..))))
}

fn compensate_twice(state: &State, heard: &Heard<'_>, decided: Option<Fact>) -> Option<Fact> {
    let Input::Request(request) = &heard.input else {
        return decided;
    };
    let key = TransferKey {
        id: request.transfer,
        payer: request.account.clone(),
    };
    let given_back = state
        .transfers
        .get(&key)
        .filter(|transfer| transfer.phase == Phase::Reversed);
    match given_back.and_then(|transfer| transfer.movement.clone()) {
        Some(movement) if request.verb == Verb::Cancel => {
            let refusal = Refusal::new(Reason::Cancelled, "once more");
            Some(Fact::Movement(movement, MovementFact::DebitReversed(refusal)))
        }
        _ => decided,
    }
}

fn credit_early(_: &credit_core::State, _: &Heard<'_>, decided: Option<Fact>) -> Option<Fact> {
    match decided {
        Some(Fact::Movement(movement, MovementFact::CreditPromised(_))) => {
            Some(Fact::Movement(movement, MovementFact::AccountCredited))
        }
        decided => decided,
    }
}

fn break_promise(state: &credit_core::State, _: &Heard<'_>, decided: Option<Fact>) -> Option<Fact> {
    let Some(Fact::Movement(movement, MovementFact::AccountCredited)) = &decided else {
        return decided;
    };
    let account = state.account(&movement.payee, movement.money.currency);
    let open = account.is_some_and(|account| account.standing == Standing::Open);
    if movement.reserved.is_none() || open {
        return decided;
    }
    let refusal = Refusal::new(Reason::AccountFrozen, "it is frozen by now");
    Some(Fact::Movement(
        movement.clone(),
        MovementFact::CreditRefused(refusal),
    ))
}
