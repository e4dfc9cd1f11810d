//! Certificates, keys and lists: whether they can be used, when they end, who may read them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerifier as _};
use rustls_pki_types::{ServerName, UnixTime};

use super::{Findings, Patient, days};
use crate::{authenticate::Certificates, config::TlsMaterial, tls::Identity, token::SigningKey};

const SOON: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn examine(patient: &Patient, findings: &mut Findings) {
    modes(patient, findings);
    signing(patient, findings);
    server_certificate(patient, findings);
    client_certificates(patient, findings);
}

fn modes(patient: &Patient, findings: &mut Findings) {
    let config = &patient.config;
    let mut secrets: Vec<PathBuf> = Vec::new();
    if config.uses_files {
        secrets.extend([config.home.config_json(), config.home.signing_key()]);
    }
    if let Some(direct) = &config.direct {
        if let Some(TlsMaterial::Pem { key, .. }) = &direct.tls {
            secrets.push(key.clone());
        }
        secrets.extend(direct.kerberos.iter().map(|section| section.keytab.clone()));
    }
    let mut good = 0;
    for path in secrets {
        let Ok(meta) = fs::metadata(&path) else {
            continue;
        };
        let mode = meta.permissions().mode() & 0o777;
        if mode.trailing_zeros() >= 6 {
            good += 1;
        } else {
            findings.warn(
                "files",
                format!("{} can be read by others (mode {mode:o})", path.display()),
                format!("chmod 600 {}", path.display()),
            );
        }
    }
    findings.ok(
        "files",
        format!("{good} secret files are this user's alone"),
    );
}

fn signing(patient: &Patient, findings: &mut Findings) {
    const AREA: &str = "signing";
    let Some(pair) = &patient.config.signing else {
        findings.warn(
            AREA,
            "there is no signing pair yet (certs/cert.pem, certs/cert.key)",
            "ad-edge setup, or copy both from another instance",
        );
        return;
    };
    match SigningKey::new(pair) {
        Err(error) => findings.fail(AREA, error.to_string(), "take both files from one instance"),
        Ok(key) => {
            let end = UNIX_EPOCH + Duration::from_secs(u64::try_from(key.not_after()).unwrap_or(0));
            let text = format!("thumbprint {}", key.thumbprint());
            ends(
                AREA,
                &text,
                end,
                patient.clock.now(),
                "make a new pair, see Rotation in the README",
                findings,
            );
        }
    }
}

fn server_certificate(patient: &Patient, findings: &mut Findings) {
    const AREA: &str = "tls";
    let material = patient
        .config
        .direct
        .as_ref()
        .and_then(|direct| direct.tls.as_ref());
    let Some(material) = material else {
        findings.ok(
            AREA,
            "no certificate is needed here: a balancer ends TLS, or there are no direct logins",
        );
        return;
    };
    let identity = match Identity::load(material) {
        Ok(identity) => identity,
        Err(error) => {
            findings.fail(
                AREA,
                error.to_string(),
                "correct TLS_CERT_FILE and TLS_KEY_FILE",
            );
            return;
        }
    };
    let now = patient.clock.now();
    let host = patient
        .config
        .federation
        .server_url
        .host_str()
        .unwrap_or_default();
    let warnings = identity.leaf.warnings(Some(host), now);
    for warning in &warnings {
        findings.fail(
            AREA,
            warning.clone(),
            "renew certs/tls.pem and certs/tls.key; they are noticed at once",
        );
    }
    if warnings.is_empty() {
        ends(
            AREA,
            &format!("a certificate for {host}"),
            identity.leaf.not_after,
            now,
            "renew certs/tls.pem",
            findings,
        );
    }
    chain(patient, &identity, host, findings);
}

/// Whether a client of this machine would believe it: with an intermediate missing, none does.
fn chain(patient: &Patient, identity: &Identity, host: &str, findings: &mut Findings) {
    const AREA: &str = "tls";
    let roots = super::super::materials::trusted_roots(&patient.config);
    let verifier = WebPkiServerVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
    )
    .build();
    let chain = identity.chain();
    let (Ok(verifier), Some((leaf, rest)), Ok(name)) = (
        verifier,
        chain.split_first(),
        ServerName::try_from(host.to_owned()),
    ) else {
        return;
    };
    let since = patient
        .clock
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let verdict =
        verifier.verify_server_cert(leaf, rest, &name, &[], UnixTime::since_unix_epoch(since));
    match verdict {
        Ok(_) => findings.ok(AREA, "its chain leads to a CA that this machine trusts"),
        Err(error) if error.to_string().contains("UnknownIssuer") => findings.warn(
            AREA,
            "its chain leads to no CA that this machine trusts: an intermediate may be missing",
            "put the intermediates behind the leaf in certs/tls.pem; for a CA of your own, SSL_CA_FILE \
             makes this check see it",
        ),
        // Names and times are told above.
        Err(_) => {}
    }
}

fn client_certificates(patient: &Patient, findings: &mut Findings) {
    const AREA: &str = "clients";
    let section = patient
        .config
        .direct
        .as_ref()
        .and_then(|direct| direct.client_cert.as_ref());
    let Some(section) = section else { return };
    match Certificates::load(section) {
        Err(error) => findings.fail(
            AREA,
            error.to_string(),
            "correct CLIENT_CA_FILE and CLIENT_CRL_FILES",
        ),
        Ok(certificates) => {
            let (now, all) = (patient.clock.now(), certificates.ends());
            let at = |unix: i64| UNIX_EPOCH + Duration::from_secs(u64::try_from(unix).unwrap_or(0));
            if let Some(end) = all.authority {
                ends(
                    AREA,
                    "CAs of client certificates",
                    at(end),
                    now,
                    "renew CLIENT_CA_FILE",
                    findings,
                );
            }
            match all.revocation_list {
                Some(end) if at(end) > now => {
                    findings.ok(
                        AREA,
                        format!(
                            "revocation lists, the first is renewed within {}",
                            until(at(end), now)
                        ),
                    );
                }
                Some(_) => findings.warn(
                    AREA,
                    "a revocation list has expired: what was revoked since is not known",
                    "fetch the lists anew into certs/crl/; they are noticed at once",
                ),
                None => findings.warn(
                    AREA,
                    "there is no revocation list: a stolen certificate signs in until it ends",
                    "put the issuers' lists into certs/crl/ as PEM",
                ),
            }
        }
    }
}

fn ends(
    area: &'static str,
    what: &str,
    end: SystemTime,
    now: SystemTime,
    fix: &str,
    findings: &mut Findings,
) {
    if end <= now {
        findings.fail(area, format!("{what}: it has expired"), fix);
    } else if end < now + SOON {
        findings.warn(
            area,
            format!("{what}: it ends within {}", until(end, now)),
            fix,
        );
    } else {
        findings.ok(area, format!("{what}, for {} more", until(end, now)));
    }
}

fn until(end: SystemTime, now: SystemTime) -> String {
    days(end.duration_since(now).unwrap_or_default().as_secs())
}
