//! What an import brings, tried by itself: its mapper, CAs, certificate and logo.

use crate::{
    authenticate::{Certificates, TrustError},
    config::{
        AuthoritySource, CertificateBinding, CertificateName, ClientCertConfig, Effective, Home,
        Logo, LogoError, MapperRoom, MapperSource, RevocationConfig, RevocationFiles, TlsMaterial,
        home, keys,
    },
    installation::{ArchiveError, Installation, Stage},
    profile::{Mapper, ScriptError},
    telemetry::Metrics,
    tls::{Identity, TlsError},
};

/// What is wrong in an archive itself, wherever it is used.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    #[error(
        "the profile mapper: {0}. Correct it in the archive, or in a copy of the old folder, and import that"
    )]
    Mapper(#[from] ScriptError),
    #[error("the CAs of client certificates: {0}")]
    ClientAuthorities(#[from] TrustError),
    #[error(transparent)]
    Certificate(#[from] TlsError),
    #[error("the logo {name} {error}")]
    Logo {
        name: String,
        #[source]
        error: LogoError,
    },
}

/// What is wrong in an archive that was unpacked in a folder to try it.
///
/// # Errors
/// When its `config.json` cannot be read.
pub fn import_faults(
    installation: &Installation,
    stage: &Stage,
) -> Result<Vec<ImportFault>, ArchiveError> {
    let values = Effective::of_file(&installation.config()?);
    let mut faults = Vec::new();
    let own = installation
        .mapper()
        .filter(|_| !values.is_given(&keys::PROFILE_MAPPER_FILE));
    if let Some(text) = values.value(&keys::PROFILE_MAPPER).or(own) {
        let source = MapperSource::Text(text);
        let room = MapperRoom::of(&values, &Home::new(stage.folder()));
        if let Err(error) = Mapper::start(Some(&source), &room, Metrics::new().into()) {
            faults.push(error.into());
        }
    }
    if let Some(authorities) = authorities(installation, &values)
        && let Err(error) = Certificates::load(&authorities)
    {
        faults.push(error.into());
    }
    let [chain, key] = [home::TLS_CERTIFICATE, home::TLS_KEY];
    if installation.has(chain) && installation.has(key) && !values.is_given(&keys::TLS_CERT_FILE) {
        let material = TlsMaterial::Pem {
            chain: stage.folder().join(chain),
            key: stage.folder().join(key),
        };
        if let Err(error) = Identity::load(&material) {
            faults.push(error.into());
        }
    }
    let logo = values.value(&keys::SITE_LOGO);
    if let Some(name) = logo.filter(|name| installation.has(name))
        && let Err(error) = Logo::read(stage.folder().join(&name))
    {
        faults.push(ImportFault::Logo { name, error });
    }
    Ok(faults)
}

/// The CAs that the archive brings and uses.
fn authorities(installation: &Installation, values: &Effective) -> Option<ClientCertConfig> {
    if !values.value(&keys::CLIENT_CERT_AUTH) || values.is_given(&keys::CLIENT_CA_FILE) {
        return None;
    }
    let texts = match installation.file(home::CLIENT_CA) {
        Some(file) => vec![String::from_utf8_lossy(file).into_owned()],
        None => Some(values.value(&keys::CA_CERT)).filter(|texts| !texts.is_empty())?,
    };
    Some(ClientCertConfig {
        authorities: AuthoritySource::Text(texts),
        revocation: RevocationConfig {
            files: RevocationFiles::default(),
            required: false,
        },
        map: vec![CertificateName::Cn],
        binding: CertificateBinding::Compatible,
        header: String::new(),
        hosts: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{directory::Entry, installation::DEFAULT_MAPPER, profile::built_in};

    /// One value, several, and none, of everything that the mapper reads.
    #[tokio::test]
    async fn the_planted_mapper_is_the_built_in_one() {
        let names = [
            "objectGUID",
            "uid",
            "cn",
            "displayName",
            "sn",
            "givenName",
            "sAMAccountName",
            "commonName",
            "mail",
            "st",
            "description",
            "postalCode",
            "telephoneNumber",
            "distinguishedName",
            "co",
            "department",
            "company",
            "mailNickname",
            "sAMAccountType",
            "userPrincipalName",
            "manager",
        ];
        let source = MapperSource::Text(DEFAULT_MAPPER.to_owned());
        let values = Effective::of_file(&serde_json::Map::new());
        let room = MapperRoom::of(&values, &Home::new("/nowhere"));
        let planted = Mapper::start(Some(&source), &room, Metrics::new().into()).expect("loads");
        let values = |count: usize| -> Vec<Vec<u8>> {
            (0..count)
                .map(|n| format!("0123456789abcde{n}").into_bytes())
                .collect()
        };
        // Each attribute with none, one or two values, beside each of the like.
        for base in 0..3 {
            for (at, _) in names.iter().enumerate() {
                for count in 0..3 {
                    let raw = names.iter().enumerate().map(|(n, name)| {
                        let count = if n == at { count } else { base };
                        ((*name).to_owned(), values(count))
                    });
                    let entry = Entry::new("CN=A,DC=corp,DC=example".to_owned(), raw.collect());
                    for groups in [None, Some(vec![json!("Staff"), json!("A")])] {
                        let made = planted
                            .map(&entry, groups.clone())
                            .await
                            .expect("a profile");
                        let expected = built_in(&entry, groups);
                        assert_eq!(
                            made.into_value().to_string(),
                            expected.into_value().to_string(),
                            "{} with {count}, the others {base}",
                            names[at]
                        );
                    }
                }
            }
        }
    }
}
