//! The statements in the services' sources: every string that is SQL, whether it is a whole statement or a part of a longer one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::LitStr;

/// Where they are.
const PARTS: [&str; 5] = [
    "shared/db/src",
    "shared/runtime/src",
    "debit-svc/src",
    "credit-svc/src",
    "ledger-svc/src",
];
/// Words with which a statement begins, or that occur in a part of one.
const BEGINS: [&str; 5] = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
const WITHIN: [&str; 3] = [" FROM ", " WHERE ", " ORDER BY "];

/// A string of SQL.
pub(super) struct Statement {
    /// File and beginning, as a failure shows it.
    pub(super) name: String,
    /// The text between its placeholders, such as `{HEAD}`.
    parts: Vec<String>,
}

impl Statement {
    /// Whether a statement that ran is this one or contains it.
    pub(super) fn is_in(&self, ran: &str) -> bool {
        let mut rest = ran;
        self.parts
            .iter()
            .all(|part| rest.split_once(&**part).map(|(_, after)| rest = after).is_some())
    }
}

/// Puts a statement on one line.
pub(super) fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All of them.
pub(super) fn all() -> Result<Vec<Statement>> {
    let root = e2e::repository();
    let mut found = Vec::new();
    for part in PARTS {
        for file in sources(&root.join(part))? {
            let name = file.strip_prefix(&root)?.display().to_string();
            let text = fs::read_to_string(&file)?;
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let Ok(tokens) = text.parse::<TokenStream>() else {
                bail!("{name} can't be parsed");
            };
            strings(tokens, &mut |sql| found.extend(statement(&name, &sql)))?;
        }
    }
    ensure!(
        found.len() > 80,
        "too few statements in the sources: {}",
        found.len()
    );
    Ok(found)
}

fn sources(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn strings(tokens: TokenStream, found: &mut impl FnMut(String)) -> Result<()> {
    let mut is_attribute = false;
    for token in tokens {
        // Attributes, including doc comments, hold no statements.
        let begins = is(&token, '#') || is_attribute && is(&token, '!');
        match token {
            TokenTree::Group(_) if is_attribute => {}
            TokenTree::Group(group) => strings(group.stream(), found)?,
            TokenTree::Literal(literal) => string(literal).into_iter().for_each(&mut *found),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        is_attribute = begins;
    }
    Ok(())
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn string(literal: Literal) -> Option<String> {
    let tokens = TokenStream::from(TokenTree::Literal(literal));
    syn::parse2::<LitStr>(tokens).ok().map(|text| text.value())
}

fn statement(file: &str, text: &str) -> Option<Statement> {
    let sql = on_one_line(text);
    let is_sql =
        BEGINS.iter().any(|word| sql.starts_with(word)) || WITHIN.iter().any(|word| text.contains(word));
    let parts = sql.split('{').enumerate().filter_map(|(number, part)| {
        let after = if number == 0 {
            Some(part)
        } else {
            part.split_once('}').map(|(_, after)| after)
        };
        after.map(str::trim).filter(|part| !part.is_empty())
    });
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    let beginning: String = sql.chars().take(120).collect();
    is_sql.then(|| Statement {
        name: format!("{file}: {beginning}"),
        parts,
    })
}
