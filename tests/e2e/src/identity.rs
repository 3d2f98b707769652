//! Identities for NATS: an authority and its certificates, and JWTs as an operator signs them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyUsagePurpose};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An authority, a server's certificate for 127.0.0.1, and a client's, as files.
#[derive(Debug)]
pub struct Certificates {
    dir: TempDir,
}

impl Certificates {
    /// Creates all of them.
    pub fn make() -> Result<Self> {
        let dir = TempDir::new()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "test authority");
        let authority = CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate()?)?;
        std::fs::write(dir.path().join("ca.pem"), authority.pem())?;
        for name in ["server", "client"] {
            let key = rcgen::KeyPair::generate()?;
            let params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
            let certificate = params.signed_by(&key, &authority)?;
            std::fs::write(dir.path().join(format!("{name}.pem")), certificate.pem())?;
            std::fs::write(dir.path().join(format!("{name}-key.pem")), key.serialize_pem())?;
        }
        Ok(Self { dir })
    }

    /// The path of a file: `ca`, `server`, `server-key`, `client` or `client-key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.pem"))
    }

    /// Server configuration for TLS; with `verify` it requires client certificates of this authority.
    pub fn configured(&self, verify: bool) -> String {
        let [ca, server, key] =
            ["ca", "server", "server-key"].map(|name| self.file(name).display().to_string());
        format!("tls {{ cert_file: \"{server}\", key_file: \"{key}\", ca_file: \"{ca}\", verify: {verify} }}")
    }
}

/// An operator with an account for the wallet.
pub struct Operator {
    account: KeyPair,
    configured: String,
}

impl Operator {
    /// Creates the operator, its system account and the wallet's account.
    pub fn make() -> Result<Self> {
        let (operator, system, account) = (
            KeyPair::new_operator(),
            KeyPair::new_account(),
            KeyPair::new_account(),
        );
        let jwt = |of: &KeyPair, claims: Value| token(&operator, of, &claims);
        let own = jwt(&operator, json!({ "type": "operator", "version": 2 }))?;
        let limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
        });
        let system_jwt = jwt(
            &system,
            json!({ "type": "account", "version": 2, "limits": limits }),
        )?;
        let mut stored = limits;
        for what in ["mem_storage", "disk_storage", "streams", "consumer"] {
            stored[what] = json!(-1);
        }
        let account_jwt = jwt(
            &account,
            json!({ "type": "account", "version": 2, "limits": stored }),
        )?;
        let (system, key) = (system.public_key(), account.public_key());
        Ok(Self {
            account,
            configured: format!(
                "operator: \"{own}\"\nsystem_account: {system}\nresolver: MEMORY\nresolver_preload {{ {system}: \"{system_jwt}\", {key}: \
                 \"{account_jwt}\" }}"
            ),
        })
    }

    /// Server configuration that trusts this operator.
    pub fn configured(&self) -> &str {
        &self.configured
    }

    /// A `.creds` file of a new user in the wallet's account.
    pub fn creds(&self, dir: &Path, name: &str) -> Result<PathBuf> {
        let user = KeyPair::new_user();
        let any = json!({});
        let claims = json!({ "type": "user", "version": 2, "pub": any, "sub": any, "subs": -1, "data": -1, "payload": -1 });
        let (jwt, seed) = (token(&self.account, &user, &claims)?, user.seed()?);
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        let file = dir.join(format!("{name}.creds"));
        std::fs::write(&file, text)?;
        Ok(file)
    }
}

/// A JWT with the claims about `subject`, signed by `issuer`.
fn token(issuer: &KeyPair, subject: &KeyPair, claims: &Value) -> Result<String> {
    let payload = json!({
        "jti": "one", "iat": 1_600_000_000, "iss": issuer.public_key(), "name": "wallet", "sub": subject.public_key(), "nats": claims,
    });
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let part = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&payload));
    let signature = BASE64URL_NOPAD.encode(&issuer.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}
