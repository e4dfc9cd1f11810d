//! The signature of an assertion, checked by `xmlsec1` under one given certificate. What the
//! token itself says about keys is not trusted.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether the assertion's signature is that of the certificate's key. Blocks for some
/// milliseconds.
///
/// # Errors
/// What `xmlsec1` says when the signature does not hold.
pub fn verify(assertion: &str, certificate: &Path) -> Result<(), String> {
    let mut child = Command::new("xmlsec1")
        .args(["--verify", "--pubkey-cert-pem"])
        .arg(certificate)
        // Neither keys nor certificates out of the token: only the one given above.
        .args(["--enabled-key-data", "key-name"])
        .args(["--enabled-reference-uris", "same-doc"])
        .args([
            "--id-attr:AssertionID",
            "urn:oasis:names:tc:SAML:1.0:assertion:Assertion",
        ])
        .arg("/dev/stdin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("xmlsec1 does not start: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(assertion.as_bytes())
            .map_err(|error| format!("xmlsec1 does not read: {error}"))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
