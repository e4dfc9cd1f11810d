//! Client certificates: present when `CLIENT_CERT_AUTH` is on.

use super::super::{
    AuthoritySource, CertificateName, ClientCertConfig, Home, RevocationConfig, RevocationFiles,
    reader::Reader,
};

pub(super) fn client_cert(
    home: &Home,
    files: Option<&Home>,
    r: &mut Reader,
) -> Option<ClientCertConfig> {
    let on = r.flag("CLIENT_CERT_AUTH", false);
    let required = r.flag("CLIENT_CRL_REQUIRED", false);
    let listed = r.list("CLIENT_CRL_FILES");
    let map = map(r);
    let hosts = r.list("CLIENT_CERT_HOSTS");
    let header = r.parsed(
        "CLIENT_CERT_HEADER",
        "x-ssl-client-cert".to_owned(),
        |text| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (!text.is_empty() && text.bytes().all(plain)).then(|| text.to_lowercase())
        },
        "is not the name of a header",
        "Write X-SSL-Client-Cert, or X-Forwarded-Client-Cert for Envoy",
    );
    let authorities = authorities(home, files, r);
    if !on {
        return None;
    }
    let Some(authorities) = authorities else {
        r.missing(
            "CLIENT_CA_FILE",
            "Logins by client certificate need the CA that issues them: put it at \
             certs/client-ca.pem (PEM), or set CLIENT_CA_FILE or CA_CERT",
        );
        return None;
    };
    let listed = listed
        .iter()
        .map(|file| home.path(file))
        .collect::<Vec<_>>();
    Some(ClientCertConfig {
        authorities,
        revocation: RevocationConfig {
            files: if listed.is_empty() {
                RevocationFiles::Folder(home.path("certs/crl"))
            } else {
                RevocationFiles::Listed(listed)
            },
            required,
        },
        map,
        header,
        hosts: hosts.iter().map(|host| host.to_lowercase()).collect(),
    })
}

fn authorities(home: &Home, files: Option<&Home>, r: &mut Reader) -> Option<AuthoritySource> {
    if let Some(file) = r.text("CLIENT_CA_FILE") {
        return Some(AuthoritySource::File(home.path(file)));
    }
    let default = files.map(|home| home.path("certs/client-ca.pem"));
    if let Some(file) = default.filter(|file| file.exists()) {
        return Some(AuthoritySource::File(file));
    }
    let texts = r.list("CA_CERT");
    (!texts.is_empty()).then_some(AuthoritySource::Text(texts))
}

fn map(r: &mut Reader) -> Vec<CertificateName> {
    let mut map = Vec::new();
    for text in r.list("CLIENT_CERT_MAP") {
        let name = CertificateName::ALL
            .into_iter()
            .find(|name| name.key() == text);
        match name {
            Some(name) if !map.contains(&name) => map.push(name),
            Some(_) => {}
            None => r.wrong(
                "CLIENT_CERT_MAP",
                format!("{text:?} is no way in which a certificate names its user"),
                format!(
                    "Write some of {}",
                    CertificateName::ALL.map(CertificateName::key).join(", ")
                ),
            ),
        }
    }
    if map.is_empty() {
        map = vec![
            CertificateName::Upn,
            CertificateName::Sid,
            CertificateName::Cn,
        ];
    }
    map
}
