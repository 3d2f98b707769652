//! The pages of flows over HTTP, as steps of `viewer`: each kind of flow under each tab, downloads, hostile texts, missing flows.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::wait::until;
use e2e::{World, id, steps, transfer};
use serde_json::{Value, json};
use wallet_client::api::Api;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::subject::{Service, Verb};
use wallet_view::{phases, steps};

const TABS: [&str; 6] = ["sequence", "timeline", "causes", "money", "phases", "events"];
/// How long a flow's page may take; here the ledger is small, and the machine is shared.
const SOON: Duration = Duration::from_millis(500);

struct Answer {
    status: u16,
    kind: String,
    text: String,
}

async fn get(world: &World, path: &str) -> Result<Answer> {
    let answer = reqwest::get(format!("{}{path}", world.stack.api_url())).await?;
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Ok(Answer {
        status: answer.status().as_u16(),
        kind: header("content-type"),
        text: answer.text().await?,
    })
}

/// An existing page.
async fn page(world: &World, path: &str) -> Result<String> {
    let answer = get(world, path).await?;
    ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text);
    ensure!(answer.kind.starts_with("text/html"), "{path}: {}", answer.kind);
    Ok(answer.text)
}

/// Sends a request of alice's and returns the transfer's id.
async fn ask(world: &World, verb: Verb, account: &str, body: Value) -> Result<String> {
    let id = body["id"].as_str().context("an id")?.to_owned();
    world.ask(verb, account, body).await?;
    Ok(id)
}

/// All of this on one stack, on which alice has not been opened yet.
pub(crate) async fn pages(world: &mut World) -> Result<()> {
    steps!((world):
        each_kind_of_flow_has_its_pages_and_files,
        commit_and_publish_times_are_separate,
        client_text_is_escaped,
        an_unknown_flow_gets_an_error_page,
        flows_with_the_same_id_or_trace_are_listed,
        an_unfinished_flow_shows_what_is_expected_and_is_updated,
    );
    Ok(())
}

async fn commit_and_publish_times_are_separate(world: &World) -> Result<()> {
    let transfer = ask(world, Verb::Transfer, "alice", transfer("bob", "12.50")).await?;
    let id = transfer.parse()?;
    let read = async || {
        let flow = world.api.transfer(id, None).await?;
        Ok(steps::of(&flow.context("it is known")?))
    };
    // The caller hears the outcome before the last event is in the log.
    let steps = until("all steps are there", read, |steps| steps.len() == 4).await?;
    for step in steps.iter().filter(|step| step.parent.is_some()) {
        let times = step.times.context("its cause is unknown")?;
        ensure!(times.publish_us > 0, "{}: {times:?}", step.words);
    }
    Ok(())
}

/// A flow of each kind, and what its story says.
async fn flows(world: &World) -> Result<Vec<(String, &'static str, &'static str)>> {
    world.open(&["alice", "bob", "frank"]).await?;
    ask(world, Verb::Freeze, "frank", json!({ "id": id() })).await?;
    let pay = async |to, amount| ask(world, Verb::Transfer, "alice", transfer(to, amount)).await;
    let settled = pay("bob", "12.50").await?;
    let refused = pay("bob", "1000.00").await?;
    let compensated = pay("frank", "5.00").await?;
    let reserve = async || {
        let body =
            json!({ "id": id(), "to": "bob", "amount": "20.00", "currency": "USD", "expires_in": 600 });
        ask(world, Verb::Reserve, "alice", body).await
    };
    let (held, confirmed, cancelled) = (reserve().await?, reserve().await?, reserve().await?);
    let part = json!({ "id": confirmed, "amount": "7.50", "currency": "USD" });
    ask(world, Verb::Confirm, "alice", part).await?;
    ask(world, Verb::Cancel, "alice", json!({ "id": cancelled })).await?;
    let back = json!({ "id": id(), "to": "alice", "amount": "2.50", "currency": "USD", "reverses": settled });
    let reversal = ask(world, Verb::Reverse, "bob", back).await?;
    Ok(vec![
        (settled, "alice", "alice paid 12.50 USD to bob at "),
        (
            refused,
            "alice",
            "alice wanted to pay 1\u{202f}000.00 USD to bob at ",
        ),
        (
            compensated,
            "alice",
            "frank is frozen, so the credit was refused, and alice got the money back ",
        ),
        (held, "alice", "It waits for alice to confirm or cancel"),
        (
            confirmed,
            "alice",
            "until alice confirmed it: 7.50 of 20.00 USD went to bob, and 12.50 USD was available to alice again at once",
        ),
        (cancelled, "alice", "until alice cancelled it"),
        (reversal, "bob", "bob gave back 2.50 USD to alice at "),
    ])
}

async fn each_kind_of_flow_has_its_pages_and_files(world: &World) -> Result<()> {
    let flows = flows(world).await?;
    for (id, payer, story) in &flows {
        let url = format!("/flows/{id}?payer={payer}");
        let story = story.replace("&#39;", "'");
        for tab in TABS {
            let began = Instant::now();
            let text = page(world, &format!("{url}&tab={tab}&step=2")).await?;
            ensure!(began.elapsed() < SOON, "{tab} took {:?}", began.elapsed());
            ensure!(text.contains(&story), "{tab} of {id}: no {story:?} in {text}");
            ensure!(
                text.contains("Step 2 of "),
                "{tab} of {id}: the second step is not selected"
            );
            ensure!(
                text.contains(&format!("tab={tab}&amp;step=1")),
                "{tab} of {id}: no link to the first"
            );
        }
        files(world, id, payer, &story).await?;
        same_phases(world, id, payer).await?;
    }
    adds_up(world, &flows[4].0).await
}

/// Each download has the type it claims.
async fn files(world: &World, id: &str, payer: &str, story: &str) -> Result<()> {
    let file = |name: &str| format!("/flows/{id}/export.{name}?payer={payer}");
    let spans = get(world, &file("otlp.json")).await?;
    let spans: Value = serde_json::from_str(&spans.text)?;
    let flow = world
        .api
        .transfer(id.parse()?, Some(&payer.parse()?))
        .await?
        .context("the flow")?;
    let resources = spans["resourceSpans"].as_array().context("resources")?;
    let all = resources
        .iter()
        .filter_map(|resource| resource["scopeSpans"][0]["spans"].as_array());
    let all: Vec<&Value> = all.flatten().collect();
    assert_eq!(all.len(), flow.events.len());
    assert!(
        all.iter()
            .all(|span| span["traceId"] == flow.trace.as_str() && span["status"] == json!({}))
    );

    let diagram = get(world, &file("mmd")).await?.text;
    ensure!(
        diagram.contains("\nsequenceDiagram\n    participant C as client\n"),
        "{diagram}"
    );

    let html = page(world, &file("html")).await?;
    ensure!(
        html.contains(story) && html.contains("<svg") && html.contains("<style>"),
        "{html}"
    );
    for elsewhere in ["<script", "src=", "href=\"/", "href=\"http", "@import", "url("] {
        ensure!(!html.contains(elsewhere), "{elsewhere} in the file of {id}");
    }
    Ok(())
}

/// The phases that the ledger derives from the events are those of debit-svc.
async fn same_phases(world: &World, id: &str, payer: &str) -> Result<()> {
    let (id, payer): (TransferId, AccountId) = (id.parse()?, payer.parse()?);
    let flow = world.api.transfer(id, Some(&payer)).await?.context("the flow")?;
    let debit = Api::debit(&world.stack.service_url(Service::Debit))?;
    let known = debit.phases(id, Some(&payer)).await?;
    let visits = phases::of(&flow, &steps::of(&flow));
    let phase = visits
        .last()
        .and_then(|visit| visit.after)
        .map(phases::Phase::word);
    assert_eq!(
        phase,
        known.phases.first().map(|known| known.phase.as_str()),
        "{id}"
    );
    Ok(())
}

/// The money of the partly confirmed reservation.
async fn adds_up(world: &World, id: &str) -> Result<()> {
    let flow = world.api.transfer(id.parse()?, None).await?.context("the flow")?;
    assert_eq!(flow.bookings.len(), 3, "{:?}", flow.bookings);
    let text = page(world, &format!("/flows/{id}?tab=money")).await?;
    // Of 100.00, 12.50 were paid; three reservations of 20.00 were held, of which this is one.
    for cell in [
        "27.50 → 40.00",
        "60.00 → 40.00",
        "0.00 → 7.50",
        "7.50 → 0.00",
        "0.00 ✓",
    ] {
        ensure!(text.contains(cell), "no {cell} in {text}");
    }
    Ok(())
}

async fn client_text_is_escaped(world: &World) -> Result<()> {
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{202e}\r\n</style></svg>";
    let mut body = transfer("bob", "1.00");
    body["memo"] = json!(hostile);
    let id = ask(world, Verb::Transfer, "alice", body).await?;
    for path in TABS
        .map(|tab| format!("?tab={tab}&step=1"))
        .into_iter()
        .chain(["/export.html".to_owned()])
    {
        let text = page(world, &format!("/flows/{id}{path}")).await?;
        let body = visible(text.split_once("<main").context("a page has a main part")?.1);
        for raw in ["<script", "<img", "</style>", "\u{202e}"] {
            ensure!(!body.contains(raw), "{raw} in {path}");
        }
        ensure!(body.contains("&lt;script&gt;alert(1)"), "no memo in {path}");
    }
    let diagram = get(world, &format!("/flows/{id}/export.mmd")).await?.text;
    ensure!(!diagram.contains("<script"), "{diagram}");
    Ok(())
}

/// A page without the text that its buttons copy, which is verbatim.
fn visible(page: &str) -> String {
    let mut parts = page.split("data-copy=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('"').map_or("", |(_, rest)| rest)
    })
}

async fn an_unknown_flow_gets_an_error_page(world: &World) -> Result<()> {
    let unknown = id();
    for (path, status, says) in [
        (format!("/flows/{unknown}"), 404, "no request with id"),
        (format!("/flows/{unknown}/export.html"), 404, "no request with id"),
        (
            format!("/traces/{}", unknown.replace('-', "")),
            404,
            "no flow has the trace",
        ),
        ("/flows/7".to_owned(), 400, "transfer &quot;7&quot;"),
        (format!("/flows/{unknown}?tab_=x"), 400, "unknown field"),
    ] {
        let answer = get(world, &path).await?;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        ensure!(
            answer.kind.starts_with("text/html") && answer.text.contains(says),
            "{path}: {}",
            answer.text
        );
    }
    let for_programs = get(world, &format!("/v1/transfers/{unknown}")).await?;
    assert_eq!(
        (for_programs.status, for_programs.kind.as_str()),
        (404, "application/problem+json")
    );
    Ok(())
}

async fn flows_with_the_same_id_or_trace_are_listed(world: &World) -> Result<()> {
    let first = transfer("bob", "1.00");
    let mut second = first.clone();
    second["to"] = json!("alice");
    let id = ask(world, Verb::Transfer, "alice", first).await?;
    ask(world, Verb::Transfer, "bob", second).await?;
    let list = page(world, &format!("/flows/{id}")).await?;
    for payer in ["alice", "bob"] {
        ensure!(list.contains(&format!("/flows/{id}?payer={payer}\"")), "{list}");
        let one = page(world, &format!("/flows/{id}?payer={payer}")).await?;
        ensure!(one.contains(&format!("{payer} paid 1.00 USD to ")), "{one}");
    }

    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let alice: AccountId = "alice".parse()?;
    for (bodies, says) in [
        (1, "alice paid 2.00 USD to bob at "),
        (2, "These flows have the trace"),
    ] {
        let body = transfer("bob", "2.00");
        let id: TransferId = body["id"].as_str().context("an id")?.parse()?;
        world
            .nats
            .request(Verb::Transfer, &alice, body.to_string(), Some(&parent))
            .await?;
        let ended = async || Ok(world.api.transfer(id, None).await?.and_then(|flow| flow.ended_at));
        until("it has ended", ended, Option::is_some).await?;
        let text = page(world, &format!("/traces/{trace}")).await?;
        ensure!(text.contains(says), "{bodies}: {text}");
        // The page of the trace's only flow links to no other.
        let flow = page(world, &format!("/flows/{id}?payer=alice")).await?;
        assert_eq!(flow.contains("flows of this trace"), bodies > 1);
    }
    Ok(())
}

async fn an_unfinished_flow_shows_what_is_expected_and_is_updated(world: &mut World) -> Result<()> {
    world.pay("alice", "bob", "1.00").await?;
    world.stack.kill(Service::Credit).await?;
    let body = transfer("bob", "3.00");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body.to_string(), None)
        .await?;
    let url = format!("/flows/{id}");
    let shows = |page: &String| page.contains("account.debited for ");
    until("it waits", async || page(world, &url).await, shows).await?;
    let waiting = page(world, &url).await?;
    for says in [
        "the money has left alice and is in transit",
        "credit-svc of shard 0 has not reacted to account.debited for ",
        "; usually ",
        "expected: account.credited or credit.refused",
        &format!("data-live=\"..{url}/live?payer=alice&amp;tab=sequence\""),
    ] {
        ensure!(waiting.contains(says), "no {says:?} in {waiting}");
    }

    let mut live = reqwest::get(format!("{}{url}/live", world.stack.api_url())).await?;
    world.stack.start_service(Service::Credit).await?;
    let mut sent = String::new();
    while let Some(part) = tokio::time::timeout(e2e::PATIENCE, live.chunk()).await?? {
        sent.push_str(&String::from_utf8_lossy(&part));
    }
    ensure!(
        sent.contains("event: fill\n") && sent.contains("bob received it "),
        "{sent}"
    );
    ensure!(sent.ends_with("event: end\ndata: over\n\n"), "{sent}");
    let over = get(world, &format!("{url}/live")).await?.text;
    ensure!(
        over.contains("bob received it ") && over.ends_with("event: end\ndata: over\n\n"),
        "a repeated request must get the flow once, then the end: {over}"
    );
    ensure!(
        !page(world, &url).await?.contains("data-live"),
        "the page of an ended flow must not be live"
    );
    Ok(())
}
