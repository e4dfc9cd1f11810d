//! What changes for an installation of the incumbent's: keys taken, keys without effect, and the
//! differences in behaviour that matter for this configuration.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Installation;
use crate::config::find_key;

/// The report, as text for an administrator.
///
/// # Errors
/// When its `config.json` is no JSON object.
pub fn report(installation: &Installation) -> Result<String, super::ArchiveError> {
    let keys = installation.config()?;
    let (mut taken, mut idle, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let realm = keys
        .get("REALM")
        .and_then(Value::as_str)
        .unwrap_or_default();
    for name in keys.keys() {
        match find_key(name) {
            Some(key) if key.unused => idle.push(name.as_str()),
            Some(_) => taken.push(name.as_str()),
            None if name == realm || name.contains(':') => taken.push(name.as_str()),
            None if name
                .strip_suffix("_FILE")
                .is_some_and(|n| find_key(n).is_some()) =>
            {
                taken.push(name.as_str());
            }
            None => unknown.push(name.as_str()),
        }
    }
    let mut text = String::new();
    let mut list = |title: &str, names: &[&str]| {
        if !names.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{title} ({}): {}", names.len(), names.join(", "));
        }
    };
    list("Taken", &taken);
    list("Kept, without effect here", &idle);
    list("Kept, unknown", &unknown);
    list(
        "Not taken from the archive",
        &installation
            .ignored
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let differences = differences(installation, &keys);
    if !differences.is_empty() {
        text.push_str("\nWhat is different here:\n");
        for difference in differences {
            let _ = writeln!(text, "- {difference}");
        }
    }
    Ok(text)
}

fn differences(installation: &Installation, keys: &Map<String, Value>) -> Vec<String> {
    let text = |key: &str| keys.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_on = |key: &str| match keys.get(key) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let mut found = Vec::new();
    let mut say = |what: &str| found.push(what.to_owned());
    if is_on("KERBEROS_AUTH") && !installation.has("certs/krb5.keytab") {
        say(
            "Kerberos needs a keytab here, where Windows used its machine account: give \
             HTTP/<host of SERVER_URL> to one account (setspn -S) and export its keys to \
             certs/krb5.keytab. The SPN must leave the old server's account.",
        );
    }
    if is_on("CLIENT_CERT_AUTH") {
        say(
            "A disabled, expired or locked account is refused by certificate too; the incumbent let it \
             in. Revocation lists count (certs/crl/*.pem), and a certificate finds its user by \
             CLIENT_CERT_MAP, not by its CN alone.",
        );
    }
    if text("SERVER_URL").starts_with("http://") {
        say(
            "SERVER_URL is plain http: browsers send passwords and tickets to it. Give it https and a \
             certificate (certs/tls.pem and certs/tls.key, or SSL_PFX).",
        );
    }
    if text("LDAP_URL").starts_with("ldap://") && !is_on("LDAP_STARTTLS") {
        say("LDAP_URL is not encrypted: write ldaps://, or set LDAP_STARTTLS.");
    }
    for key in ["ENABLE_WRITE_BACK", "GROUPS", "AGENT_MODE"] {
        if text(key).eq_ignore_ascii_case("false") {
            found.push(format!(
                "{key} is the text \"false\", which the incumbent took for true; here it means false."
            ));
        }
    }
    let mut say = |what: &str| found.push(what.to_owned());
    if !text("KERBEROS_DEBUG_USER").is_empty() {
        say(
            "KERBEROS_DEBUG_USER would sign in anyone as that user: remove it, nothing starts with it.",
        );
    }
    if is_on("WITH_KERBEROS_PROXY_FRONTEND") && !keys.contains_key("TRUSTED_PROXIES") {
        say("A proxy that names the user is believed only from TRUSTED_PROXIES: list its address.");
    }
    if let Some(mapper) = installation.mapper() {
        if mapper.contains("require(") {
            say(
                "lib/profileMapper.js calls require(): modules of Node.js are not there. Write what it \
                 needs into the file.",
            );
        }
        if mapper.contains("process.") {
            say("lib/profileMapper.js uses process, which is not there.");
        }
    }
    if keys.get("LDAP_NUMBER_OF_PARALLEL_BINDS").is_none() {
        say(
            "32 password checks run at the same time, where the incumbent made one after the other \
             (LDAP_NUMBER_OF_PARALLEL_BINDS).",
        );
    }
    found
}
