//! Why a directory server cannot be reached: the network, or its certificate, and which CA is missing.

use super::{
    context::{Context, quoted},
    finding::{Area, Finding},
    recorder::Recorder,
};
use crate::{
    cause::{self, CertificateFault},
    config::{Scheme, ServerUrl},
    directory::DirectoryError,
};

const AREA: Area = Area::Ldap;

pub(super) fn unreachable(
    context: &Context,
    url: &ServerUrl,
    error: &DirectoryError,
    shown: Option<&Recorder>,
) -> Finding {
    let host = &url.host;
    let authority = if host.contains(':') {
        format!("[{host}]:{}", url.port)
    } else {
        format!("{host}:{}", url.port)
    };
    let start_tls = match url.scheme {
        Scheme::Ldap => " -starttls ldap",
        Scheme::Ldaps => "",
    };
    let look = format!("openssl s_client -connect {authority}{start_tls} -showcerts </dev/null");
    let text = error.to_string();
    let finding = |id, text: String| Finding::fail(AREA, id, text).about(url.to_string());
    let fault = match error {
        DirectoryError::Connect { cause, .. } => cause.certificate(),
        _ => None,
    };
    if fault == Some(CertificateFault::UnknownIssuer) {
        let issuer = shown.and_then(Recorder::issuer);
        let issuer =
            issuer.map_or_else(|| "its issuer".to_owned(), |issuer| cause::quoted(&issuer));
        let text = format!("{text}; the certificate of {issuer} is missing here");
        finding("ldap-tls-issuer", text).fix(look).note(format!(
            "ask the directory's administrators for the CA certificate of {issuer} and name its PEM file in \
             SSL_CA_FILE; the command shows the chain"
        ))
    } else if fault == Some(CertificateFault::WrongName) {
        let names = shown.map(Recorder::names).unwrap_or_default();
        let scheme = match url.scheme {
            Scheme::Ldap => "ldap",
            Scheme::Ldaps => "ldaps",
        };
        let text = format!("{text}; the certificate names [{}]", names.join(", "));
        let fix = names.first().map_or(look, |name| {
            context.command(&format!("setup --ldap-url {scheme}://{name}:{}", url.port))
        });
        finding("ldap-tls-name", text)
            .fix(fix)
            .note("LDAP_URL must use a name of the server's certificate")
    } else if fault == Some(CertificateFault::Expired) {
        finding("ldap-tls-expired", text)
            .fix(look)
            .note("renew the certificate on the domain controller; the command shows its dates")
    } else {
        finding("ldap-reach", text).fix(format!("nc -vz {} {}", quoted(host), url.port))
    }
}
