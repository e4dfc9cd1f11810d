//! From a certificate's names to the entry of its user.

use super::{names::CertificateNames, refusal::CertificateRefusal};
use crate::{
    config::CertificateName,
    directory::{Entry, ldap_escape},
};

/// One question to the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub name: CertificateName,
    /// The name's value, for people.
    pub value: String,
    /// `None`: by `LDAP_USER_BY_NAME`.
    pub filter: Option<String>,
}

/// A lookup and the users that it found.
#[derive(Debug)]
pub struct Mapped {
    pub lookup: Lookup,
    pub found: Vec<Entry>,
}

/// The questions for the names that the certificate holds, in the order of the map.
pub(super) fn lookups(names: &CertificateNames, map: &[CertificateName]) -> Vec<Lookup> {
    map.iter().filter_map(|name| lookup(names, *name)).collect()
}

fn lookup(names: &CertificateNames, name: CertificateName) -> Option<Lookup> {
    use CertificateName as N;
    let identity = |text: &str| format!("(altSecurityIdentities={})", ldap_escape(text));
    let equals = |attribute: &str, value: &str| format!("({attribute}={})", ldap_escape(value));
    let (value, filter) = match name {
        N::Upn => {
            let upn = names.upn.clone()?;
            let filter = equals("userPrincipalName", &upn);
            (upn, Some(filter))
        }
        N::Sid => {
            let sid = names.sid.clone()?;
            let filter = equals("objectSid", &sid);
            (sid, Some(filter))
        }
        // The notations of [MS-ADTS], section 3.1.1.3, and Microsoft's KB5014754.
        N::IssuerSerial => {
            let value = |serial: &String| format!("X509:<I>{}<SR>{serial}", names.issuer);
            let filters = names.serials.iter().map(|serial| identity(&value(serial)));
            let filter = format!("(|{})", filters.collect::<String>());
            (value(names.serials.first()?), Some(filter))
        }
        N::Ski => {
            let value = format!("X509:<SKI>{}", names.ski.as_deref()?);
            let filter = identity(&value);
            (value, Some(filter))
        }
        N::Sha1 => {
            // What exactly is hashed differs between the tools that write it; each is the one key's.
            let value = |hash: &String| format!("X509:<SHA1-PUKEY>{hash}");
            let filters: String = names
                .sha1
                .iter()
                .map(|hash| identity(&value(hash)))
                .collect();
            (value(names.sha1.first()?), Some(format!("(|{filters})")))
        }
        N::Email => {
            let email = names.email.clone()?;
            let filter = equals("mail", &email);
            (email, Some(filter))
        }
        N::Dn => {
            let dn = Some(names.subject.clone()).filter(|dn| !dn.is_empty())?;
            // The first is AD's attribute, the second OpenLDAP's (RFC 5020).
            let filter = format!(
                "(|{}{})",
                equals("distinguishedName", &dn),
                equals("entryDN", &dn)
            );
            (dn, Some(filter))
        }
        N::Cn => (names.cn.clone()?, None),
    };
    Some(Lookup {
        name,
        value,
        filter,
    })
}

impl Mapped {
    /// The one user whom the answers mean. The first name that the certificate holds decides; the
    /// others must not mean anybody else.
    ///
    /// # Errors
    /// When that is nobody, or more than one.
    pub fn decide(answers: Vec<Self>, subject: &str) -> Result<Entry, CertificateRefusal> {
        let mut answers = answers.into_iter();
        let Some(mut first) = answers.next() else {
            return Err(CertificateRefusal::NoName {
                subject: subject.to_owned(),
            });
        };
        if first.found.len() > 1 {
            return Err(CertificateRefusal::Ambiguous {
                name: first.lookup.name,
                value: first.lookup.value,
                count: first.found.len(),
            });
        }
        let Some(entry) = first.found.pop() else {
            return Err(CertificateRefusal::UnknownUser {
                name: first.lookup.name,
                value: first.lookup.value,
            });
        };
        for other in answers {
            let means_it = other.found.iter().any(|found| found.dn() == entry.dn());
            // A SID always belongs to an account: one that is not found here belongs to another one. The
            // other names need not be in the directory.
            let must_mean_it = other.lookup.name == CertificateName::Sid || !other.found.is_empty();
            if must_mean_it && !means_it {
                return Err(CertificateRefusal::Disagreement {
                    name: first.lookup.name,
                    dn: entry.dn().to_owned(),
                    other: other.lookup.name,
                    other_value: other.lookup.value,
                });
            }
        }
        Ok(entry)
    }
}
