//! A list, page by page: as JSON for programs, as HTML for people.

use anyhow::{Context as _, Result, bail, ensure};
use e2e::World;
use reqwest::{Client, Url};
use serde_json::Value;

use super::table::{Kind, List};

/// More pages than any list of these tests has.
const PAGES: usize = 5_000;
/// The most rows that one answer may have.
const ALL: usize = 1_000;

/// A list that is read page by page.
pub(super) struct Walk<'l> {
    http: Client,
    /// The base address.
    base: String,
    list: &'l List,
    next: Next,
}

/// Where it continues.
#[derive(Clone, Debug)]
enum Next {
    Begin,
    /// The value of `next`, or the address of the next page.
    At(String),
    End,
}

/// The whole list, requested at once.
pub(super) async fn whole(world: &World, list: &List) -> Result<Vec<String>> {
    let mut walk = Walk::begin(world, list);
    let all = walk.page(ALL).await?;
    ensure!(
        matches!(walk.next, Next::End),
        "there is more than {} items: {:?}",
        all.len(),
        walk.next
    );
    Ok(all)
}

impl<'l> Walk<'l> {
    pub(super) fn begin(world: &World, list: &'l List) -> Self {
        Self {
            http: Client::new(),
            base: world.stack.service_url(list.service),
            list,
            next: Next::Begin,
        }
    }

    /// One page, which has no more rows than requested.
    pub(super) async fn page(&mut self, limit: usize) -> Result<Vec<String>> {
        let base = &self.base;
        let separator = if self.list.url.contains('?') { '&' } else { '?' };
        let first = format!("{base}{}{separator}limit={limit}", self.list.url);
        let (items, next) = match &self.list.kind {
            Kind::Json { rows, key, cursor } => {
                let url = match &self.next {
                    Next::Begin => first,
                    Next::At(at) => format!("{first}&{cursor}={at}"),
                    Next::End => bail!("the list has ended"),
                };
                json(&self.http, &url, rows, key).await?
            }
            Kind::Page => {
                let url = match &self.next {
                    Next::Begin => first,
                    Next::At(at) => at.clone(),
                    Next::End => bail!("the list has ended"),
                };
                page(&self.http, &url).await?
            }
        };
        ensure!(items.len() <= limit, "more than {limit} items: {items:?}");
        self.next = next.map_or(Next::End, Next::At);
        Ok(items)
    }

    /// The rest of the list.
    pub(super) async fn rest(&mut self, limit: usize) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for _ in 0..PAGES {
            if matches!(self.next, Next::End) {
                return Ok(all);
            }
            all.extend(self.page(limit).await?);
        }
        bail!("it does not end within {PAGES} pages: {all:?}")
    }
}

async fn get(http: &Client, url: &str) -> Result<String> {
    let answer = http.get(url).send().await?;
    let (status, text) = (answer.status().as_u16(), answer.text().await?);
    ensure!(status == 200, "{url}: {status} {text}");
    Ok(text)
}

async fn json(http: &Client, url: &str, rows: &str, key: &[&str]) -> Result<(Vec<String>, Option<String>)> {
    let answer: Value = serde_json::from_str(&get(http, url).await?)?;
    let found = answer[rows]
        .as_array()
        .with_context(|| format!("{rows} of {answer}"))?;
    let item = |row: &Value| {
        let parts: Vec<String> = key.iter().map(|name| row[name].to_string()).collect();
        parts.join("/")
    };
    let number = || answer["next"].as_i64().map(|next| next.to_string());
    let next = answer["next"].as_str().map(str::to_owned).or_else(number);
    Ok((found.iter().map(item).collect(), next))
}

/// The rows of a page, as they are shown, and the address of its "more" link.
async fn page(http: &Client, url: &str) -> Result<(Vec<String>, Option<String>)> {
    let text = get(http, url).await?;
    let rows = ["<tr data-row", "<li data-row"]
        .into_iter()
        .flat_map(|row| text.split(row).skip(1));
    let rows = rows.map(|row| row.split("</tr>").next().unwrap_or_default());
    let rows = rows.map(|row| row.split("</li>").next().unwrap_or_default());
    let next = text.split("rel=\"next\" href=\"").nth(1);
    let next = next.and_then(|rest| rest.split('"').next());
    // Pages refer to each other by relative addresses.
    let next = next.map(|next| Url::parse(url)?.join(&next.replace("&amp;", "&")));
    let next = next.transpose()?.map(|next| next.to_string());
    Ok((rows.map(item).collect(), next))
}

/// What identifies a row. Most rows name what they show. A booking is identified by its transfer, time and kind, because its
/// columns depend on the other rows of its page.
fn item(row: &str) -> String {
    let attribute = |name: &str| {
        let at = row.split(&format!("{name}=\"")).nth(1)?;
        at.split('"').next().map(str::to_owned)
    };
    let kind = row.split("data-label=\"booking\">").nth(1);
    if let Some(kind) = kind.and_then(|rest| rest.split('<').next()) {
        let parts = [attribute("data-id"), attribute("datetime"), Some(kind.to_owned())];
        return parts.map(Option::unwrap_or_default).join("/");
    }
    let named = attribute("data-key").or_else(|| attribute("data-id"));
    named.unwrap_or_else(|| row.to_owned())
}
