//! Keys of client certificates.

use super::{
    super::{
        choices::{CertificateBinding, CertificateName},
        home,
        key::{Declared, Key, Section},
        kinds::{Choice, Choices, File, Files, Flag, Header, List},
        shape::{Format, Usual},
    },
    declare::{OFF, choice, choices, declare, header, list},
};

#[rustfmt::skip]
declare! { Section::ClientCertificates;
    CLIENT_CERT_AUTH: Flag = OFF, "sign users in by client certificate", tenant, switch, legacy;
    CLIENT_CA_FILE: File = File { usual: home::CLIENT_CA, when_there: true }, "issuers of client certificates, PEM or DER; else CA_CERT";
    CA_CERT: List = list(Format::Pem, Usual::None), "issuers of client certificates as PEM text, or a list of texts", legacy;
    CLIENT_CRL_FILES: Files = Files { usual: Usual::File(home::REVOCATION_LISTS) }, "revocation lists, PEM or DER; `folder/*` and `folder/*.crl` stand for all such files";
    CLIENT_CRL_REQUIRED: Flag = OFF, "refuse a certificate whose issuer has no revocation list, or only an expired one";
    CLIENT_CERT_MAP: Choices<CertificateName> = choices(&[CertificateName::Upn, CertificateName::Sid, CertificateName::Cn], &CertificateName::WORDS), "how a certificate names its user, the first that it holds";
    CLIENT_CERT_BINDING: Choice<CertificateBinding> = choice(CertificateBinding::Compatible, &[("compatible", CertificateBinding::Compatible), ("strong", CertificateBinding::Strong)]), "`strong`: on Active Directory the SID in the certificate, or one of `issuer-serial`, `ski` and `sha1` in altSecurityIdentities, must mean the user (KB5014754), and the certificate must say that it is for signing in; a new installation begins with it";
    CLIENT_CERT_HEADER: Header = header("X-SSL-Client-Cert"), "with TLS_TERMINATION `proxy`: the header with the client's certificate; the balancer must remove what clients send under this name";
    CLIENT_CERT_HOSTS: List = list(Format::Host, Usual::None), "host names (SNI) for which a certificate is asked; none: every host";
}
