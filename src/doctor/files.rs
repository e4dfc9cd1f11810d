//! Certificates, keys and lists: whether they can be used, when they end, who may read them.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{CertificateError as Wrong, Error};

use super::{
    context::{Context, days, quoted},
    finding::{Area, Finding, Findings},
    load,
    recorder::issuer,
};
use crate::{
    authenticate::Certificates,
    config::{Most, TlsMaterial, read_file},
    instance::trusted_roots,
    privileges::Owner,
    secret::holds_private_key,
    tls::Identity,
    token::SigningKey,
};

const SOON: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn examine(context: &Context, findings: &Findings) {
    modes(context, findings);
    signing(context, findings);
    server_certificate(context, findings);
    client_certificates(context, findings);
    load::examine(context, findings);
}

fn modes(context: &Context, findings: &Findings) {
    let config = &context.config;
    let mut secrets: Vec<PathBuf> = Vec::new();
    if config.uses_files {
        secrets.extend([config.home.config_json(), config.home.signing_key()]);
    }
    if let Some(direct) = &config.direct {
        if let Some(TlsMaterial::Pem { chain, key }) = &direct.tls {
            secrets.push(key.clone());
            secrets.extend((chain != key && has_key(chain)).then(|| chain.clone()));
        }
        secrets.extend(direct.kerberos.iter().map(|section| section.keytab.clone()));
    }
    let roots = config.extra_roots.iter().filter(|file| has_key(file));
    secrets.extend(roots.cloned());
    let home = config.home.path("");
    let by_owner = Owner::of(&home).unwrap_or(Owner { user: 0, group: 0 });
    let home = fs::metadata(&home).ok();
    let mut good = 0;
    for path in secrets {
        let Ok(meta) = fs::metadata(&path) else {
            continue;
        };
        let shown = quoted(&path.to_string_lossy());
        let mode = meta.mode() & 0o777;
        // The group of the home folder may be the service's.
        let same_group = home.as_ref().is_some_and(|home| home.gid() == meta.gid());
        let others = if same_group { 0o027 } else { 0o077 };
        let owner = home
            .as_ref()
            .filter(|home| home.uid() != meta.uid() && meta.uid() != 0);
        if mode & others != 0 {
            let text = format!("{} can be read by others (mode {mode:o})", path.display());
            findings.add(
                Finding::warn(Area::Files, "file-mode", text)
                    .about(path.to_string_lossy())
                    .fix(by_owner.command(&format!("chmod 600 {shown}"))),
            );
        } else if let Some(home) = owner {
            let text = format!(
                "{} belongs to another user ({}) than the home folder ({})",
                path.display(),
                meta.uid(),
                home.uid()
            );
            findings.add(
                Finding::warn(Area::Files, "file-owner", text)
                    .about(path.to_string_lossy())
                    .fix(format!("chown -h {}:{} {shown}", home.uid(), home.gid())),
            );
        } else {
            good += 1;
        }
    }
    let text = format!("{good} secret files are this installation's alone");
    findings.add(Finding::ok(Area::Files, "file-modes", text));
}

/// Whether a file of certificates holds a private key too.
fn has_key(file: &Path) -> bool {
    read_file(file, Most::ORDINARY).is_ok_and(|content| holds_private_key(&content))
}

fn signing(context: &Context, findings: &Findings) {
    const AREA: Area = Area::Signing;
    let Some(files) = &context.config.signing else {
        let text = "there is no signing key and certificate yet (certs/cert.key, certs/cert.pem)";
        findings.add(
            Finding::warn(AREA, "signing-missing", text)
                .fix(context.command("setup"))
                .note("or copy both from another instance"),
        );
        return;
    };
    match SigningKey::new(files) {
        Err(error) => findings.add(
            Finding::fail(AREA, "signing", error.to_string())
                .note("take both files from one instance"),
        ),
        Ok(key) => {
            let end = UNIX_EPOCH + Duration::from_secs(u64::try_from(key.not_after()).unwrap_or(0));
            let text = format!("thumbprint {}", key.thumbprint());
            ends(
                AREA,
                &text,
                end,
                context.clock.now(),
                "make a new key and certificate: deploy/rotate.md has the order",
                findings,
            );
        }
    }
}

fn server_certificate(context: &Context, findings: &Findings) {
    const AREA: Area = Area::Tls;
    let material = context
        .config
        .direct
        .as_ref()
        .and_then(|direct| direct.tls.as_ref());
    let Some(material) = material else {
        let text =
            "no certificate is needed here: a balancer ends TLS, or there are no direct logins";
        findings.add(Finding::ok(AREA, "tls-elsewhere", text));
        return;
    };
    let identity = match Identity::load(material) {
        Ok(identity) => identity,
        Err(error) => {
            findings.add(
                Finding::fail(AREA, "tls", error.to_string())
                    .note("correct TLS_CERT_FILE and TLS_KEY_FILE"),
            );
            return;
        }
    };
    let now = context.clock.now();
    let host = context
        .config
        .federation
        .server_url
        .host_str()
        .unwrap_or_default();
    let warnings = identity.leaf.warnings(Some(host), now);
    for warning in &warnings {
        findings.add(
            Finding::fail(AREA, "tls-leaf", warning.clone())
                .note("renew certs/tls.pem and certs/tls.key; they are noticed at once"),
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
    chain(context, &identity, host, !warnings.is_empty(), findings);
}

/// Whether a client of this machine would trust it: with an intermediate missing, none does.
fn chain(
    context: &Context,
    identity: &Identity,
    host: &str,
    leaf_is_reported: bool,
    findings: &Findings,
) {
    const AREA: Area = Area::Tls;
    let roots = trusted_roots(&context.config);
    let verdict = identity.verify(roots, host, context.clock.now());
    let chain = identity.chain();
    let last = chain.last().and_then(issuer).unwrap_or_default();
    match verdict {
        Ok(()) => {
            let text = "its chain leads to a CA that this machine trusts";
            findings.add(Finding::ok(AREA, "tls-chain", text));
        }
        Err(Error::InvalidCertificate(Wrong::UnknownIssuer)) => findings.add(
            Finding::warn(
                AREA,
                "tls-chain",
                format!(
                    "its chain leads to no CA that this machine trusts: {}, the last issuer, may be \
                     an intermediate that is missing",
                    crate::cause::quoted(&last)
                ),
            )
            .note(
                "put the intermediates behind the leaf in certs/tls.pem; for a CA of your own, \
                 SSL_CA_FILE makes this check see it",
            ),
        ),
        // The leaf's name and times are reported above.
        Err(Error::InvalidCertificate(
            Wrong::NotValidForName
            | Wrong::NotValidForNameContext { .. }
            | Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. },
        )) if leaf_is_reported => {}
        Err(error) => findings.add(
            Finding::fail(AREA, "tls-chain", format!("browsers refuse its chain: {}", crate::cause::tls(&error))).note(
                "get a chain of a server certificate (extended key usage serverAuth) and valid intermediates",
            ),
        ),
    }
}

fn client_certificates(context: &Context, findings: &Findings) {
    const AREA: Area = Area::Clients;
    let section = context
        .config
        .direct
        .as_ref()
        .and_then(|direct| direct.client_cert.as_ref());
    let Some(section) = section else { return };
    match Certificates::load(section) {
        Err(error) => findings.add(
            Finding::fail(AREA, "client-ca", error.to_string())
                .note("correct CLIENT_CA_FILE and CLIENT_CRL_FILES"),
        ),
        Ok(certificates) => {
            let (now, all) = (context.clock.now(), certificates.ends());
            for left_out in certificates.left_out(now) {
                findings.add(
                    Finding::warn(AREA, "client-ca-left-out", left_out).note(
                        "renew it in CLIENT_CA_FILE, or take it out: nobody signs in by its certificates",
                    ),
                );
            }
            for note in certificates.list_notes() {
                findings.add(
                    Finding::warn(AREA, "crl-not-used", note)
                        .note("correct or remove the file; what changes there is noticed at once"),
                );
            }
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
                    let text = format!(
                        "revocation lists, the first is renewed within {}",
                        until(at(end), now)
                    );
                    findings.add(Finding::ok(AREA, "crl", text));
                }
                Some(_) => findings.add(
                    Finding::warn(
                        AREA,
                        "crl",
                        "a revocation list has expired: what was revoked since is not known",
                    )
                    .note("fetch the lists anew into certs/crl/; they are noticed at once"),
                ),
                None => findings.add(
                    Finding::warn(
                        AREA,
                        "crl",
                        "there is no revocation list: a stolen certificate signs in until it ends",
                    )
                    .note("put the issuers' lists into certs/crl/, PEM or DER"),
                ),
            }
        }
    }
}

fn ends(area: Area, what: &str, end: SystemTime, now: SystemTime, fix: &str, findings: &Findings) {
    findings.add(if end <= now {
        Finding::fail(area, "expiry", format!("{what}: it has expired")).note(fix)
    } else if end < now + SOON {
        let text = format!("{what}: it ends within {}", until(end, now));
        Finding::warn(area, "expiry", text).note(fix)
    } else {
        let text = format!("{what}, for {} more", until(end, now));
        Finding::ok(area, "expiry", text)
    });
}

fn until(end: SystemTime, now: SystemTime) -> String {
    days(end.duration_since(now).unwrap_or_default().as_secs())
}
