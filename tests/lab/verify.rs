//! Signatures of assertions, checked by programs that are not ours.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{Lab, project};

/// `xmlsec1` under the one certificate.
///
/// # Errors
/// What it says when the signature does not hold.
pub fn verify_with_xmlsec1(assertion: &str, certificate: &Path) -> Result<(), String> {
    let mut command = Command::new("xmlsec1");
    command
        .args(["--verify", "--pubkey-cert-pem"])
        .arg(certificate)
        // Neither keys nor certificates out of the token: only the one given above.
        .args([
            "--enabled-key-data",
            "key-name",
            "--enabled-reference-uris",
            "same-doc",
        ])
        .args([
            "--id-attr:AssertionID",
            "urn:oasis:names:tc:SAML:1.0:assertion:Assertion",
        ]);
    verify(command, assertion)
}

/// npm's `xml-crypto` under the one certificate.
///
/// # Errors
/// What it says when the signature does not hold.
pub fn verify_with_xml_crypto(assertion: &str, certificate: &Path) -> Result<(), String> {
    let mut command = Command::new("node");
    command
        .env("NODE_PATH", Lab::get().node_modules())
        .arg(project().join("tests/lab/verify.js"))
        .arg(certificate);
    verify(command, assertion)
}

fn verify(mut command: Command, assertion: &str) -> Result<(), String> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("assertion.xml");
    std::fs::write(&path, assertion).expect("the assertion");
    let output = command
        .arg(path)
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
