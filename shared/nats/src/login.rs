//! Our credentials for NATS.

use std::fmt;
use std::path::{Path, PathBuf};

use async_nats::{Auth, AuthError};
use nkeys::{KeyPair, KeyPairType};

/// Our credentials: from the address, or from a file.
///
/// A file is read again for each connection, so a renewed one takes effect with the next connection.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// No login; the server may know us by our certificate.
    Anonymous,
    /// A user name and a password.
    User(String, String),
    /// A token.
    Token(String),
    /// A `.creds` file: a JWT and its seed.
    Creds(PathBuf),
    /// A file with an NKey seed.
    Nkey(PathBuf),
}

impl Login {
    /// Validates what can be validated without a server.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Creds(_) | Self::Nkey(_) => self.auth(b"").map(|_| ()),
            Self::Anonymous | Self::User(..) | Self::Token(_) => Ok(()),
        }
    }

    /// The response to a server's nonce.
    pub(crate) fn show(&self, nonce: &[u8]) -> Result<Auth, AuthError> {
        self.auth(nonce).map_err(AuthError::new)
    }

    fn auth(&self, nonce: &[u8]) -> Result<Auth, String> {
        let mut auth = Auth::new();
        match self {
            Self::Anonymous => {}
            Self::User(name, password) => {
                auth.username = Some(name.clone());
                auth.password = Some(password.clone());
            }
            Self::Token(token) => auth.token = Some(token.clone()),
            Self::Creds(file) => {
                let text = read(file)?;
                let jwt = between(&text, "USER JWT");
                let jwt =
                    jwt.ok_or_else(|| format!("{} has no user JWT: is it a .creds file?", file.display()))?;
                auth.signature = Some(sign(&text, file, nonce)?.1);
                auth.jwt = Some(jwt.to_owned());
            }
            Self::Nkey(file) => {
                let (key, signature) = sign(&read(file)?, file, nonce)?;
                auth.nkey = Some(key);
                auth.signature = Some(signature);
            }
        }
        Ok(auth)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({self})")
    }
}

/// Completes the sentence: the server rejected …
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => write!(f, "a client without a login"),
            Self::User(name, _) => write!(f, "user {name:?}"),
            Self::Token(_) => write!(f, "the token in the address"),
            Self::Creds(file) => write!(f, "the user of {}", file.display()),
            Self::Nkey(file) => write!(f, "the NKey in {}", file.display()),
        }
    }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{} can't be read: {error}", file.display()))
}

/// The line after `-----BEGIN … what-----`.
fn between<'t>(text: &'t str, what: &str) -> Option<&'t str> {
    let is_begin = |line: &&str| line.starts_with("---") && line.contains("BEGIN") && line.contains(what);
    let mut lines = text.lines().map(str::trim);
    lines.find(is_begin)?;
    lines
        .find(|line| !line.is_empty())
        .filter(|line| !line.starts_with('-'))
}

/// Signs the nonce with the seed in a text, bare or in a `.creds` file; also returns the public key.
fn sign(text: &str, file: &Path, nonce: &[u8]) -> Result<(String, Vec<u8>), String> {
    let bare = || text.split_whitespace().find(|word| word.starts_with("SU"));
    let pair = between(text, "USER NKEY SEED")
        .or_else(bare)
        .and_then(|seed| KeyPair::from_seed(seed).ok());
    let pair = pair.filter(|pair| pair.key_pair_type() == KeyPairType::User);
    // The library's own error could repeat the seed.
    let pair = pair.ok_or_else(|| {
        format!(
            "{} has no seed of a user NKey (it begins with SU)",
            file.display()
        )
    })?;
    let signature = pair
        .sign(nonce)
        .map_err(|_| format!("the seed in {} can't sign", file.display()))?;
    Ok((pair.public_key(), signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &tempfile::TempDir, text: &str) -> PathBuf {
        let path = dir.path().join("login");
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_creds_file_holds_a_jwt_and_a_seed_that_signs() {
        let (dir, pair) = (tempfile::tempdir().unwrap(), KeyPair::new_user());
        let seed = pair.seed().unwrap();
        let text = format!(
            "-----BEGIN NATS USER JWT-----\r\neyJ0.eyJq.c2ln\r\n------END NATS USER JWT------\r\n\r\n*** IMPORTANT ***\r\n\
             -----BEGIN USER NKEY SEED-----\r\n{seed}\r\n------END USER NKEY SEED------\r\n"
        );
        let auth = Login::Creds(file(&dir, &text)).show(b"nonce").unwrap();
        assert_eq!((auth.jwt.as_deref(), auth.nkey), (Some("eyJ0.eyJq.c2ln"), None));
        pair.verify(b"nonce", &auth.signature.unwrap()).unwrap();
    }

    #[test]
    fn a_seed_may_be_bare_or_in_a_block() {
        let (dir, pair) = (tempfile::tempdir().unwrap(), KeyPair::new_user());
        let seed = pair.seed().unwrap();
        for text in [
            seed.clone(),
            format!("# ours\n{seed}\n{}\n", pair.public_key()),
            format!("-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"),
        ] {
            let auth = Login::Nkey(file(&dir, &text)).show(b"nonce").unwrap();
            assert_eq!((auth.nkey, auth.jwt), (Some(pair.public_key()), None));
            pair.verify(b"nonce", &auth.signature.unwrap()).unwrap();
        }
    }

    #[test]
    fn an_invalid_file_is_rejected_without_quoting_it() {
        let dir = tempfile::tempdir().unwrap();
        let account = KeyPair::new_account().seed().unwrap();
        let seed = KeyPair::new_user().seed().unwrap();
        let another = if seed.ends_with('A') { 'E' } else { 'A' };
        let broken = format!("{}{another}", &seed[..57]);
        for text in ["", "hello", &account, &broken] {
            let path = file(&dir, text);
            let error = Login::Nkey(path.clone()).check().unwrap_err();
            assert_eq!(
                error,
                format!(
                    "{} has no seed of a user NKey (it begins with SU)",
                    path.display()
                )
            );
            let error = Login::Creds(path.clone()).check().unwrap_err();
            assert_eq!(
                error,
                format!("{} has no user JWT: is it a .creds file?", path.display())
            );
        }
        let half = file(
            &dir,
            "-----BEGIN NATS USER JWT-----\nx.y.z\n------END NATS USER JWT------\n",
        );
        assert!(Login::Creds(half).check().unwrap_err().contains("has no seed"));
        let none = Login::Creds(PathBuf::from("/no/such.creds")).check().unwrap_err();
        assert!(none.starts_with("/no/such.creds can't be read: "), "{none}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        for login in [
            Login::User("alice".to_owned(), "s3cr3t".to_owned()),
            Login::Token("s3cr3t".to_owned()),
        ] {
            let shown = format!("{login} {login:?}");
            assert!(!shown.contains("s3cr3t"), "{shown}");
        }
    }
}
