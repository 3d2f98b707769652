//! Parses a list of addresses: `nats://user:password@a:4222,nats://b:4222`.
//!
//! Everything before the last `@` is the login, so that a password may contain anything but a comma; after it may follow several
//! hosts. No error repeats any part of the text, since a misplaced part may be a secret.

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

use crate::login::Login;

/// The servers of a list, and the login that all of them share.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) servers: Vec<ServerAddr>,
    pub(crate) login: Login,
    pub(crate) tls: bool,
}

/// An example of a valid list, for errors.
const FORM: &str = "use nats://host:4222, nats://user:password@host:4222 or nats://TOKEN@host:4222 (tls:// for TLS), with \
                    commas between several";

/// Parses a list.
pub(crate) fn parse(text: &str) -> Result<Addresses, String> {
    read(text).map_err(|why| format!("{why}: {FORM}"))
}

fn read(text: &str) -> Result<Addresses, String> {
    let (mut servers, mut logins, mut schemes) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups(text) {
        let (scheme, rest) = group.split_once("://").unwrap_or(("nats", &group));
        schemes.push(scheme.to_owned());
        let hosts = match rest.rsplit_once('@') {
            Some((login, hosts)) => {
                logins.push(read_login(login)?);
                hosts
            }
            None => rest,
        };
        for host in hosts.split(',') {
            let server =
                read_host(host.trim()).map_err(|why| format!("address {}: {why}", servers.len() + 1))?;
            servers.push(server);
        }
    }
    logins.dedup();
    if logins.len() > 1 {
        return Err("all servers of a list use the same login, and these have different ones".to_owned());
    }
    let tls = one_scheme(&schemes)?;
    let login = logins.pop().unwrap_or(Login::Anonymous);
    Ok(Addresses { servers, login, tls })
}

/// Each scheme with the hosts that belong to it: a host after a comma without a scheme of its own belongs to the scheme before
/// it.
fn groups(text: &str) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for piece in text.split(',') {
        match groups.last_mut() {
            Some(group) if !piece.contains("://") => {
                group.push(',');
                group.push_str(piece);
            }
            Some(_) | None => groups.push(piece.trim().to_owned()),
        }
    }
    groups
}

/// Whether the list uses TLS. Mixed schemes are rejected: TLS to one server does not protect a password that goes to another in
/// the clear.
fn one_scheme(schemes: &[String]) -> Result<bool, String> {
    let known = |scheme: &String| scheme == "nats" || scheme == "tls";
    if !schemes.iter().all(known) {
        return Err("an address begins with neither nats:// nor tls://".to_owned());
    }
    let tls = schemes.iter().filter(|scheme| *scheme == "tls").count();
    if tls > 0 && tls < schemes.len() {
        return Err(
            "some addresses begin with nats:// and others with tls://: use one of them for all".to_owned(),
        );
    }
    Ok(tls > 0)
}

fn read_host(host: &str) -> Result<ServerAddr, String> {
    if host.is_empty() {
        return Err("there is no host".to_owned());
    }
    let server: ServerAddr = format!("nats://{host}")
        .parse()
        .map_err(|error| format!("{error}"))?;
    let url = server.clone().into_inner();
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("unexpected text after the port".to_owned());
    }
    Ok(server)
}

/// `user:password`, or a token; percent escapes are decoded (`p%40ss` is `p@ss`).
fn read_login(text: &str) -> Result<Login, String> {
    if text.contains(',') {
        return Err(
            "there is a comma before an @: write it as %2C in a password, and begin each server of a list that has a login with nats://"
                .to_owned(),
        );
    }
    let decoded = |text: &str| match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("the login, with its % escapes decoded, is not UTF-8".to_owned()),
    };
    match text.split_once(':') {
        Some(("", _)) => Err("there is no user before the password".to_owned()),
        Some((user, password)) => Ok(Login::User(decoded(user)?, decoded(password)?)),
        None if text.is_empty() => Err("there is nothing before an @".to_owned()),
        None => Ok(Login::Token(decoded(text)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, password: &str) -> Login {
        Login::User(name.to_owned(), password.to_owned())
    }

    #[test]
    fn a_list_is_read_with_its_login() {
        let check = |text: &str, servers: &[&str], login: Login, tls: bool| {
            let read = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let found: Vec<String> = read.servers.iter().map(crate::route::shown).collect();
            assert_eq!(
                (found, read.login, read.tls),
                (servers.iter().map(|s| (*s).to_owned()).collect(), login, tls),
                "{text}"
            );
        };
        let anonymous = || Login::Anonymous;
        check("nats://a:4222", &["a:4222"], anonymous(), false);
        check("a", &["a:4222"], anonymous(), false);
        check("nats://[::1]:4/", &["[::1]:4"], anonymous(), false);
        check("tls://a,tls://b:1", &["a:4222", "b:1"], anonymous(), true);
        check(
            "nats://a:1, nats://b:2 ,c",
            &["a:1", "b:2", "c:4222"],
            anonymous(),
            false,
        );
        check("nats://u:p@a,b", &["a:4222", "b:4222"], user("u", "p"), false);
        check(
            "nats://u:p@a,nats://b",
            &["a:4222", "b:4222"],
            user("u", "p"),
            false,
        );
        check(
            "nats://u:p@a,nats://u:p@b",
            &["a:4222", "b:4222"],
            user("u", "p"),
            false,
        );
        check(
            "nats://a,nats://u:p@b",
            &["a:4222", "b:4222"],
            user("u", "p"),
            false,
        );
        check(
            "nats://s3cr3t@a",
            &["a:4222"],
            Login::Token("s3cr3t".to_owned()),
            false,
        );
        check("nats://u:@a", &["a:4222"], user("u", ""), false);
    }

    #[test]
    fn a_password_may_have_any_character() {
        let check = |written: &str, meant: &str| {
            let read = parse(&format!("nats://u:{written}@a")).unwrap();
            assert_eq!(read.login, user("u", meant));
        };
        check("plain", "plain");
        check("p%40s%2fs%C3%A4", "p@s/sä");
        check("p@s/s?:#", "p@s/s?:#");
        check("a%2Cb", "a,b");
        check("100%", "100%");
        check("%zz%4", "%zz%4");
        check("x://y", "x://y");
    }

    #[test]
    fn an_invalid_list_is_rejected_without_quoting_it() {
        for (text, why) in [
            ("", "address 1: there is no host"),
            ("nats://s3cr3t:s3cr3t@:x", "address 1: "),
            (
                "nats://s3cr3t:s3cr3t:4222",
                "address 1: NATS server URL is invalid: invalid port number",
            ),
            ("nats://a,,b", "address 2: there is no host"),
            ("nats://a,", "address 2: there is no host"),
            ("nats://a/s3cr3t", "address 1: unexpected text after the port"),
            (
                "nats://a:4222?s3cr3t",
                "address 1: unexpected text after the port",
            ),
            (
                "nats://a,tls://b",
                "some addresses begin with nats:// and others with tls://",
            ),
            ("http://a", "an address begins with neither nats:// nor tls://"),
            ("s3cr3t://a", "an address begins with neither nats:// nor tls://"),
            (
                "nats://u:s3,cr3t@a",
                "there is a comma before an @: write it as %2C in a password",
            ),
            ("nats://a:4222,s3cr3t@b", "there is a comma before an @"),
            ("nats://u:s3cr3t@a,u:s3cr3t@b", "there is a comma before an @"),
            (
                "nats://u:p@a,nats://u:s3cr3t@b",
                "all servers of a list use the same login",
            ),
            ("nats://:s3cr3t@a", "there is no user before the password"),
            ("nats://@a", "there is nothing before an @"),
            (
                "nats://u:%ff@a",
                "the login, with its % escapes decoded, is not UTF-8",
            ),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(why) && error.ends_with(FORM), "{text}: {error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }
}
