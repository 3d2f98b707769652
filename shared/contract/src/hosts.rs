//! URLs that list several servers: `postgres://user:password@one:5432,other/wallet`, as in libpq.

/// One URL for each server in `url`, in the same order; `url` itself if it lists only one.
///
/// Login, path and query apply to all of them. A comma in a password must be written as `%2C` only if no `@` follows it.
pub fn each(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return vec![url.to_owned()];
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (format!("{login}@"), hosts),
        None => (String::new(), authority),
    };
    let of = |host: &str| format!("{scheme}://{login}{host}{path}");
    hosts.split(',').map(str::trim).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_gets_a_url_with_the_shared_parts() {
        let check = |url: &str, expected: &[&str]| assert_eq!(each(url), expected, "{url}");
        check("postgres://a:b@one/db", &["postgres://a:b@one/db"]);
        check(
            "postgres://a:b@one:5432,other:5433, third/db?sslmode=require",
            &[
                "postgres://a:b@one:5432/db?sslmode=require",
                "postgres://a:b@other:5433/db?sslmode=require",
                "postgres://a:b@third/db?sslmode=require",
            ],
        );
        check("postgres://one,other", &["postgres://one", "postgres://other"]);
        check("postgres://a:b,c@one/db", &["postgres://a:b,c@one/db"]);
        check(
            "postgres://[::1]:5432,[::2]/db",
            &["postgres://[::1]:5432/db", "postgres://[::2]/db"],
        );
        check("sqlite:///data/a,b.db", &["sqlite:///data/a,b.db"]);
        check("no url", &["no url"]);
    }
}
