//! All lists, and the routes and commands that are not lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Result;
use wallet_contract::subject::Service;

use super::filled::Filled;

/// A list, and how to request it.
pub(super) struct List {
    pub(super) service: Service,
    /// The route that answers.
    pub(super) route: &'static str,
    /// Path and query.
    pub(super) url: String,
    pub(super) kind: Kind,
}

impl List {
    /// Whether it goes back in time, and so contains only what existed when it was begun.
    pub(super) fn is_newest_first(&self) -> bool {
        let is_back = matches!(
            self.route,
            "/" | "/parked"
                | "/accounts/{id}"
                | "/v1/transfers"
                | "/v1/parked"
                | "/v1/accounts/{id}/statement"
        );
        is_back && !self.url.contains("stuck")
    }
}

/// The form of a list.
pub(super) enum Kind {
    /// JSON: the field with the rows, the fields that identify a row, and the query field for the next page.
    Json {
        rows: &'static str,
        key: &'static [&'static str],
        cursor: &'static str,
    },
    /// A page for people.
    Page,
}

/// How a route or a command returns its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paging {
    /// A list that has pages: it is walked.
    Walked,
    /// A list that is returned as a whole because it is short, for this reason.
    Whole(&'static str),
    /// No list.
    NotAList,
}

const ROUTES: &[(&str, Paging)] = &[
    ("/", Paging::Walked),
    ("/accounts", Paging::Walked),
    ("/accounts/{id}", Paging::Walked),
    ("/assets/icon.svg", Paging::NotAList),
    ("/assets/viewer.css", Paging::NotAList),
    ("/assets/viewer.js", Paging::NotAList),
    ("/find", Paging::NotAList),
    (
        "/flows/{id}",
        Paging::Whole("the events of one flow; or the payers who used its id"),
    ),
    ("/flows/{id}/export.html", Paging::Whole("the same")),
    ("/flows/{id}/export.mmd", Paging::Whole("the same")),
    ("/flows/{id}/export.otlp.json", Paging::Whole("the same")),
    ("/flows/{id}/live", Paging::Whole("the same")),
    (
        "/health",
        Paging::Whole(
            "shards and currencies; the first stuck transfers and parked messages, with a link to all",
        ),
    ),
    ("/live", Paging::NotAList),
    ("/livez", Paging::NotAList),
    ("/metrics", Paging::NotAList),
    ("/parked", Paging::Walked),
    ("/readyz", Paging::Whole("the shards")),
    ("/traces/{id}", Paging::Walked),
    ("/v1/accounts", Paging::Walked),
    ("/v1/accounts/{id}", Paging::Whole("an account's currencies")),
    ("/v1/accounts/{id}/statement", Paging::Walked),
    ("/v1/health", Paging::Whole("the services, each with its shards")),
    ("/v1/log", Paging::Walked),
    ("/v1/parked", Paging::Walked),
    ("/v1/phases/{id}", Paging::Whole("the payers who used one id")),
    ("/v1/stats", Paging::Whole("the shards, and counts")),
    ("/v1/store", Paging::Whole("the shards")),
    ("/v1/store/events", Paging::Walked),
    ("/v1/store/position", Paging::NotAList),
    ("/v1/store/pause", Paging::NotAList),
    ("/v1/store/publish", Paging::NotAList),
    ("/v1/store/resume", Paging::NotAList),
    ("/v1/store/reach", Paging::NotAList),
    ("/v1/traces/{id}", Paging::Walked),
    ("/v1/transfers", Paging::Walked),
    ("/v1/transfers/{id}", Paging::Whole("the events of one flow")),
    ("/v1/transfers/known", Paging::Whole("the given ids")),
];

/// Queries for transfers in the API for programs.
const TRANSFERS: &[&str] = &[
    "",
    "?account=alice",
    "?account=bob",
    "?account=@world",
    "?account=bob&status=reserved",
    "?account=bob&status=settled",
    "?account=alice&status=refused",
    "?account=alice&status=cancelled",
    "?account=Zed&status=compensated",
    "?account=bob&from=2020-01-01T00:00:00Z",
    "?status=reserved",
    "?status=settled&currency=USD&min=1.00&from=2020-01-01T00:00:00Z",
    "?reason=insufficient_funds",
    "?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z",
    "?status=parked",
    "?status=parked&account=alice",
    "?ended_from=2020-01-01T00:00:00Z",
    "?ended_from=2020-01-01T00:00:00Z&ended_to=2100-01-01T00:00:00Z&account=bob",
    "?ended_to=2100-01-01T00:00:00Z&status=refused",
];
/// Queries for the page, which shows the same lists.
const PAGES: &[&str] = &[
    "",
    "?account=bob",
    "?account=bob&status=reserved",
    "?status=parked",
    "?ended_from=2020-01-01T00:00:00Z&account=alice",
];

/// The lists that have items while all services run. The longest come first, because all of them grow.
pub(super) fn lists(filled: &Filled) -> Vec<List> {
    let trace = &filled.trace;
    let mut lists = Vec::new();
    for shard in filled.shards.all() {
        let url = format!("/v1/log?shard={shard}");
        lists.push(json("/v1/log", &url, "records", &["sequence", "index"], "after"));
    }
    for service in Service::ALL {
        let events = json(
            "/v1/store/events",
            "/v1/store/events?shard=0",
            "events",
            &["no"],
            "after",
        );
        lists.push(List { service, ..events });
    }
    for account in ["alice", "@world"] {
        lists.push(statement(&format!("/v1/accounts/{account}/statement")));
    }
    lists.push(statement("/v1/accounts/alice/statement?currency=USD"));
    lists.push(page("/accounts/{id}", "/accounts/alice?currency=USD"));
    lists.extend(TRANSFERS.iter().map(|query| transfers(query)));
    lists.extend(PAGES.iter().map(|query| page("/", &format!("/{query}"))));
    lists.push(json(
        "/v1/accounts",
        "/v1/accounts",
        "accounts",
        &["account"],
        "after",
    ));
    for query in ["", "?q=M", "?q=a"] {
        lists.push(page("/accounts", &format!("/accounts{query}")));
    }
    let url = format!("/v1/traces/{trace}");
    lists.push(json(
        "/v1/traces/{id}",
        &url,
        "transfers",
        &["transfer", "payer"],
        "after",
    ));
    lists.push(page("/traces/{id}", &format!("/traces/{trace}")));
    for query in ["", "?all=true"] {
        let url = format!("/v1/parked{query}");
        lists.push(json("/v1/parked", &url, "parked", &["id"], "before"));
    }
    lists.push(page("/parked", "/parked"));
    lists
}

/// The lists that have items while credit-svc is down.
pub(super) fn stuck_lists() -> Vec<List> {
    let queries = [
        "?status=stuck",
        "?status=stuck&account=alice",
        "?status=stuck&account=bob",
        "?status=running&account=bob",
    ];
    let lists = queries
        .into_iter()
        .flat_map(|query| [transfers(query), page("/", &format!("/{query}"))]);
    lists.collect()
}

/// The transfers of an account, which settle while they are listed.
pub(super) fn transfers_of(account: &str) -> List {
    transfers(&format!("?account={account}"))
}

fn transfers(query: &str) -> List {
    let key = &["transfer", "payer", "verb"];
    json(
        "/v1/transfers",
        &format!("/v1/transfers{query}"),
        "transfers",
        key,
        "before",
    )
}

fn statement(url: &str) -> List {
    let key = &["sequence", "transfer", "kind", "currency", "balance"];
    json("/v1/accounts/{id}/statement", url, "lines", key, "before")
}

fn json(
    route: &'static str,
    url: &str,
    rows: &'static str,
    key: &'static [&'static str],
    cursor: &'static str,
) -> List {
    List {
        service: Service::Ledger,
        route,
        url: url.to_owned(),
        kind: Kind::Json { rows, key, cursor },
    }
}

fn page(route: &'static str, url: &str) -> List {
    List {
        kind: Kind::Page,
        ..json(route, url, "", &[], "")
    }
}

/// The routes named in the sources.
fn routes(dir: &Path, found: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            routes(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            let named = text.split(".route(").skip(1);
            let named = named.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
            found.extend(named.map(str::to_owned));
        }
    }
    Ok(())
}

#[test]
fn every_route_is_walked_or_known_to_have_no_pages() -> Result<()> {
    let root = e2e::repository();
    let mut found = BTreeSet::new();
    for part in [
        "shared/runtime/src",
        "ledger-svc/src",
        "debit-svc/src",
        "credit-svc/src",
    ] {
        routes(&root.join(part), &mut found)?;
    }
    let known: BTreeSet<String> = ROUTES.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(found, known, "a new route: if it is a list, walk it in `lists`");
    let filled = Filled::empty()?;
    let walked: BTreeSet<&str> = lists(&filled).iter().map(|list| list.route).collect();
    let expected = ROUTES
        .iter()
        .filter(|(_, paging)| *paging == Paging::Walked)
        .map(|(route, _)| *route);
    assert_eq!(walked, expected.collect());
    Ok(())
}
