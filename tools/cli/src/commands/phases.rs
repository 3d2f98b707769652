//! `wallet phases`: the phase table of debit-svc.

use anyhow::Result;
use wallet_client::api::{Api, Phases, neighbour};
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Paint, Side, Table, clean, precise, time};

use crate::args::{self, Common};

/// Shows a transfer's row in debit-svc.
pub async fn run(args: &args::Phases, common: &Common) -> Result<Exit> {
    let adjacent = || neighbour(&common.api, 1);
    let Some(url) = args.debit.clone().or_else(adjacent) else {
        return Err(Usage::new("the address of debit-svc is unknown: give --debit URL").into());
    };
    let page = Api::debit(&url)?
        .with_token(common.api_token.as_ref())?
        .phases(args.id, args.payer.as_ref())
        .await?;
    if common.json {
        output::json(&page)?;
        return Ok(Exit::Ok);
    }
    let paint = Paint::for_stdout();
    let texts: Vec<String> = page.phases.iter().map(|phases| text(phases, paint)).collect();
    output::line(&texts.join("\n\n"))?;
    Ok(Exit::Ok)
}

fn text(phases: &Phases, paint: Paint) -> String {
    let mut head = vec![format!("{} of {}", phases.transfer, clean(&phases.payer))];
    if let (Some(payee), Some(amount), Some(currency)) = (&phases.payee, &phases.amount, &phases.currency) {
        head.push(format!("{amount} {currency} for {}", clean(payee)));
    }
    let mut phase = format!("phase     {}", paint.strong(&clean(&phases.phase)));
    if let (Some(confirmed), Some(currency)) = (&phases.confirmed, &phases.currency) {
        phase = format!("{phase}, {confirmed} {currency} confirmed");
    }
    let mut lines = vec![head.join("  "), String::new(), phase];
    if let Some(expires) = phases.expires_at {
        let auto = if phases.auto_confirm == Some(true) {
            ", confirmed automatically once promised"
        } else {
            ""
        };
        lines.push(format!("expires   {} UTC{auto}", time(expires)));
    }
    lines.push(String::new());
    let mut table = Table::new(&[
        ("time (UTC)", Side::Left),
        ("from", Side::Left),
        ("received", Side::Left),
    ]);
    for word in &phases.heard {
        table.row([&*precise(word.time), &word.from, &word.what]);
    }
    lines.push(table.draw(paint));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_in_the_common_format() {
        let phases = serde_json::from_value(json!({
            "transfer": "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f", "shard": 1, "payer": "alice", "payee": "bob",
            "amount": "20.00", "currency": "USD", "phase": "promised", "two_phase": true,
            "expires_at": "2026-11-30T18:16:57.976782Z",
            "heard": [{ "from": "client", "what": "reserve", "time": "2026-11-30T18:01:57.976782Z" }],
        }))
        .unwrap();
        let drawn = text(&phases, Paint::Plain);
        assert!(drawn.contains("expires   2026-11-30 18:16:57 UTC"), "{drawn}");
        assert!(
            drawn.contains("time (UTC)") && drawn.contains("2026-11-30 18:01:57.976782  client"),
            "{drawn}"
        );
    }
}
