//! Blank fields.

use anyhow::{Result, ensure};
use e2e::World;

/// The list's query fields.
const LIST: [&str; 13] = [
    "account",
    "status",
    "reason",
    "currency",
    "min",
    "max",
    "lasted_ms",
    "from",
    "to",
    "ended_from",
    "ended_to",
    "before",
    "limit",
];
/// The query fields of a flow's pages.
const FLOW: [&str; 3] = ["payer", "tab", "step"];
/// Every field of every query, for programs and for pages.
const FIELDS: [(&str, &[&str]); 21] = [
    ("/v1/accounts", &["after", "limit"]),
    ("/v1/accounts/alice", &["at"]),
    ("/v1/accounts/alice/statement", &["currency", "before", "limit"]),
    ("/v1/transfers", &LIST),
    ("/v1/transfers/0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f", &["payer"]),
    ("/v1/parked", &["all", "before", "limit"]),
    ("/v1/traces/0190b1c47a2e8c3d9f005a3c1e8b2d4f", &["after", "limit"]),
    ("/v1/health", &["status"]),
    ("/v1/log", &["shard", "after", "limit"]),
    ("/v1/store/events", &["shard", "after", "limit"]),
    ("/", &LIST),
    ("/live", &LIST),
    ("/find", &["q"]),
    ("/accounts", &["q", "after", "limit"]),
    ("/parked", &["before", "limit"]),
    ("/accounts/alice", &["at", "currency", "before", "limit"]),
    ("/flows/0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f", &FLOW),
    ("/flows/0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f/live", &FLOW),
    ("/flows/0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f/export.html", &FLOW),
    (
        "/traces/0190b1c47a2e8c3d9f005a3c1e8b2d4f",
        &["after", "limit", "tab", "step"],
    ),
    ("/login", &["next"]),
];
/// A space, a tab, a no-break space, a zero-width space.
const BLANKS: [&str; 4] = ["%20", "%09", "%C2%A0", "%E2%80%8B"];

/// A blank field is named in the error, wherever it is sent.
pub(super) async fn are_rejected_by_name(world: &World, http: &reqwest::Client) -> Result<()> {
    for (path, fields) in FIELDS {
        for field in fields {
            for blank in BLANKS {
                let query = format!("{path}?{field}={blank}");
                let answer = http
                    .get(format!("{}{query}", world.stack.api_url()))
                    .send()
                    .await?;
                let (status, text) = (answer.status(), answer.text().await?);
                ensure!(
                    status == 400
                        && text.contains(&format!("{field} is blank: give it a value, or leave it out")),
                    "{query}: {status} {text}"
                );
            }
        }
    }
    Ok(())
}
