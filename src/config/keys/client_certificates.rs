//! Keys of client certificates.

use super::{
    super::{
        choices::CertificateName,
        home,
        key::{Declared, Key, Section},
        kinds::{Choices, File, Files, Flag, Header, List},
        shape::{Format, Usual},
    },
    declare::{OFF, choices, declare, header, list},
};

#[rustfmt::skip]
declare! { Section::ClientCertificates;
    CLIENT_CERT_AUTH: Flag = OFF, "sign users in by client certificate", tenant, switch, legacy;
    CLIENT_CA_FILE: File = File { usual: home::CLIENT_CA, when_there: true }, "issuers of client certificates, PEM; else CA_CERT";
    CA_CERT: List = list(Format::Pem, Usual::None), "issuers of client certificates as PEM text, or a list of texts", legacy;
    CLIENT_CRL_FILES: Files = Files { usual: Usual::File(home::REVOCATION_LISTS) }, "revocation lists, PEM";
    CLIENT_CRL_REQUIRED: Flag = OFF, "refuse a certificate whose issuer has no revocation list, or only an expired one";
    CLIENT_CERT_MAP: Choices<CertificateName> = choices(&[CertificateName::Upn, CertificateName::Sid, CertificateName::Cn], &CertificateName::WORDS), "how a certificate names its user, the first that it holds";
    CLIENT_CERT_HEADER: Header = header("X-SSL-Client-Cert"), "with TLS_TERMINATION `proxy`: the header with the client's certificate; the balancer must remove what clients send under this name";
    CLIENT_CERT_HOSTS: List = list(Format::Host, Usual::None), "host names (SNI) for which a certificate is asked; none: every host";
}
