//! Files that are given to a set-up by options: each is what it should be before anything is asked, and is
//! copied into `certs/`, where the service can read it.

use std::path::{Path, PathBuf};

use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use url::Url;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::{answers::Answers, stop::Stop};
use crate::{
    authenticate::Keytab,
    clock::Clock,
    config::{home, keys},
    privileges::Handed,
    setup::{RootsError, SetupPlan},
    tls::Identity,
};

const CA: &str = "--ca-file";
const KEYTAB: &str = "--keytab";
const CERTIFICATE: &str = "--certificate";
const KEY: &str = "--key";
const CLIENT_CA: &str = "--client-ca";

/// What is to be compared with SERVER_URL once that is known.
#[derive(Default)]
pub(super) struct GivenFiles {
    keytab: Option<(PathBuf, Keytab)>,
    identity: Option<Identity>,
}

/// Takes the files into the plan.
pub(super) fn bring(
    plan: &mut SetupPlan<'_>,
    answers: &Answers,
    handed: &Handed,
) -> Result<GivenFiles, Stop> {
    let mut given = GivenFiles::default();
    if let Some(file) = &answers.ca_file {
        bring_roots(plan, file, handed).map_err(of_option(CA))?;
    }
    if let Some(file) = &answers.keytab {
        let content = read(handed, file, KEYTAB)?;
        let keytab = Keytab::parse(&content).map_err(|source| Stop::Keytab {
            file: file.clone(),
            source,
        })?;
        plan.bring(keys::KERBEROS_KEYTAB.name, home::KEYTAB, content)
            .map_err(|error| of_option(KEYTAB)(error.into()))?;
        given.keytab = Some((file.clone(), keytab));
    }
    if let (Some(chain), Some(key)) = (&answers.certificate, &answers.key) {
        let (chain_text, key_text) = (read(handed, chain, CERTIFICATE)?, read(handed, key, KEY)?);
        given.identity = Some(Identity::of_pem((chain, &chain_text), (key, &key_text))?);
        plan.bring(keys::TLS_CERT_FILE.name, home::TLS_CERTIFICATE, chain_text)
            .map_err(|error| of_option(CERTIFICATE)(error.into()))?;
        plan.bring(keys::TLS_KEY_FILE.name, home::TLS_KEY, key_text)
            .map_err(|error| of_option(KEY)(error.into()))?;
    }
    if let Some(file) = &answers.client_ca {
        let content = read(handed, file, CLIENT_CA)?;
        let authorities = certificates(file, CLIENT_CA, &content)?;
        if !authorities.iter().all(is_authority) {
            return Err(Stop::NoAuthority(file.clone()));
        }
        plan.bring(keys::CLIENT_CA_FILE.name, home::CLIENT_CA, content)
            .map_err(|error| of_option(CLIENT_CA)(error.into()))?;
        if plan
            .get(keys::CA_CERT.name)
            .is_some_and(|text| !text.is_empty())
        {
            println!("Note: the CAs of CA_CERT do not count beside this file: take that key out");
        }
    }
    Ok(given)
}

impl GivenFiles {
    /// Whether they are for the host of SERVER_URL; says what is worth a look.
    pub(super) fn check(&self, plan: &SetupPlan<'_>, clock: &Clock) -> Result<(), Stop> {
        let url = plan.get(keys::SERVER_URL.name).unwrap_or_default();
        let url = Url::parse(&url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let service = format!("HTTP/{host}@");
        let named = |principal: &&str| {
            let begins = principal.get(..service.len());
            begins.is_some_and(|begins| begins.eq_ignore_ascii_case(&service))
        };
        if let Some((file, keytab)) = &self.keytab
            && !keytab.principals().iter().any(named)
        {
            return Err(Stop::OtherService {
                file: file.clone(),
                host: host.to_owned(),
                has: keytab
                    .principals()
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        if let Some(identity) = &self.identity {
            for warning in identity.leaf.warnings(Some(host), clock.now()) {
                println!("Note: {warning}");
            }
        }
        Ok(())
    }
}

fn of_option(option: &'static str) -> impl Fn(Stop) -> Stop {
    move |stop| match stop {
        Stop::Setup(source) => Stop::Option { option, source },
        other => other,
    }
}

/// Of a file that an option names.
pub(super) fn read(handed: &Handed, file: &Path, option: &'static str) -> Result<Vec<u8>, Stop> {
    handed.read(file).map_err(|source| Stop::File {
        file: file.to_owned(),
        option,
        source,
    })
}

fn certificates(
    file: &Path,
    option: &'static str,
    content: &[u8],
) -> Result<Vec<CertificateDer<'static>>, Stop> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(content).flatten().collect();
    if all.is_empty() {
        return Err(Stop::NoCertificate {
            file: file.to_owned(),
            option,
        });
    }
    Ok(all)
}

fn is_authority(certificate: &CertificateDer<'static>) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, certificate)| certificate.is_ca())
}

/// A further CA, as a set-up in the console takes it.
pub(super) fn bring_roots(
    plan: &mut SetupPlan<'_>,
    file: &Path,
    handed: &Handed,
) -> Result<(), Stop> {
    let content = read(handed, file, CA)?;
    plan.bring_roots(file, content)
        .map_err(|error| match error {
            RootsError::Read { file, source } => Stop::File {
                file,
                option: CA,
                source,
            },
            RootsError::NoCertificate(_) => Stop::NoCertificate {
                file: file.to_owned(),
                option: CA,
            },
            RootsError::Setup(error) => error.into(),
        })
}
