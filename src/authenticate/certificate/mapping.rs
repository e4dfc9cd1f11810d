//! From a certificate's names to the entry of its user.

use super::{
    names::{CertificateNames, Values},
    refusal::CertificateRefusal,
};
use crate::{
    config::CertificateName,
    directory::{Entry, OutsideName, ldap_escape},
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

/// The questions for the names that the certificate holds, in the order of the map. With `strong`, those
/// that prove most come first, in the map or not.
///
/// # Errors
/// When a name cannot be anybody's, or has two values, so that no one value can count.
pub(super) fn lookups(
    names: &CertificateNames,
    map: &[CertificateName],
    strong: bool,
) -> Result<Vec<Lookup>, CertificateRefusal> {
    use CertificateName as N;
    // Where a CA writes the SID, that is enough.
    let strongest: &[N] = match (strong, names.sid.is_empty()) {
        (true, true) => &[N::IssuerSerial, N::Ski, N::Sha1],
        (true, false) => &[N::Sid],
        (false, _) => &[],
    };
    let rest = map.iter().filter(|name| !strongest.contains(name));
    let mut questions = Vec::new();
    for name in strongest.iter().chain(rest) {
        match lookup(names, *name) {
            Ok(question) => questions.extend(question),
            // Subjects that are paths of the directory have a CN of each container too. None of them is the
            // user's name, and where another name decides none is needed. Nor is one that nobody can read.
            Err(
                CertificateRefusal::SeveralNames { name: N::Cn, .. }
                | CertificateRefusal::UnreadableName { .. },
            ) if !questions.is_empty() => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(questions)
}

fn lookup(
    names: &CertificateNames,
    name: CertificateName,
) -> Result<Option<Lookup>, CertificateRefusal> {
    use CertificateName as N;
    let identity = |text: &str| format!("(altSecurityIdentities={})", ldap_escape(text));
    let equals = |attribute: &str, value: &str| format!("({attribute}={})", ldap_escape(value));
    let only = |values: &Values| -> Result<Option<String>, CertificateRefusal> {
        if values.is_unreadable {
            return Err(CertificateRefusal::UnreadableName { name });
        }
        let several = |values: &[String]| CertificateRefusal::SeveralNames {
            name,
            values: values.to_vec(),
        };
        let Some(value) = values.only().map_err(several)? else {
            return Ok(None);
        };
        match OutsideName::proved(value) {
            Ok(usable) => Ok(usable.map(|usable| usable.as_str().to_owned())),
            Err(why) => Err(CertificateRefusal::UnusableName {
                name,
                value: value.to_owned(),
                why,
            }),
        }
    };
    let by = |attribute: &str, values: &Values| -> Result<_, CertificateRefusal> {
        let value = only(values)?;
        Ok(value.map(|value| {
            let filter = equals(attribute, &value);
            (value, Some(filter))
        }))
    };
    let found = match name {
        N::Upn => by("userPrincipalName", &names.upn)?,
        N::Sid => by("objectSid", &names.sid)?,
        // The notations of [MS-ADTS], section 3.1.1.3, and Microsoft's KB5014754.
        N::IssuerSerial => {
            let values = names.issuers.iter().flat_map(|issuer| {
                let serials = names.serials.iter();
                serials.map(move |serial| format!("X509:<I>{issuer}<SR>{serial}"))
            });
            let values: Vec<_> = values.collect();
            let filters: String = values.iter().map(|value| identity(value)).collect();
            let first = values.into_iter().next();
            first.map(|value| (value, Some(format!("(|{filters})"))))
        }
        N::Ski => names.ski.as_ref().map(|ski| {
            let value = format!("X509:<SKI>{ski}");
            let filter = identity(&value);
            (value, Some(filter))
        }),
        N::Sha1 => {
            // What exactly is hashed differs between the tools that write it; each is the one key's.
            let value = |hash: &String| format!("X509:<SHA1-PUKEY>{hash}");
            let filters = names.sha1.iter().map(|hash| identity(&value(hash)));
            let filter = format!("(|{})", filters.collect::<String>());
            names.sha1.first().map(|hash| (value(hash), Some(filter)))
        }
        N::Email => by("mail", &names.email)?,
        N::Dn => {
            if names.dn.is_none() {
                return Err(CertificateRefusal::UnreadableName { name });
            }
            let dn = names.dn.clone().filter(|dn| !dn.is_empty());
            // The first is AD's attribute, the second OpenLDAP's (RFC 5020).
            dn.map(|dn| {
                let [ours, theirs] = ["distinguishedName", "entryDN"].map(|name| equals(name, &dn));
                (dn, Some(format!("(|{ours}{theirs})")))
            })
        }
        N::Cn => only(&names.cn)?.map(|cn| (cn, None)),
    };
    Ok(found.map(|(value, filter)| Lookup {
        name,
        value,
        filter,
    }))
}

impl Mapped {
    /// The one user whom the answers mean. The first name that the certificate holds decides; the
    /// others must not mean anybody else. With `strong` a name decides that proves enough by itself
    /// (Microsoft's KB5014754), or nobody signs in.
    ///
    /// # Errors
    /// When that is nobody, or more than one.
    pub fn decide(
        mut answers: Vec<Self>,
        subject: &str,
        strong: bool,
    ) -> Result<Entry, CertificateRefusal> {
        if strong {
            // Not every one needs to be in the directory.
            answers.sort_by_key(|answer| !answer.is_strong() || answer.found.is_empty());
        }
        let mut answers = answers.into_iter();
        let Some(mut first) = answers.next() else {
            return Err(CertificateRefusal::NoName {
                subject: subject.to_owned(),
            });
        };
        let is_strong = first.is_strong();
        if first.found.len() > 1 {
            return Err(CertificateRefusal::Ambiguous {
                name: first.lookup.name,
                value: first.lookup.value,
                count: first.found.len(),
            });
        }
        let Some(entry) = first.found.pop() else {
            // A SID means one account, whatever the other names mean.
            let others = strong && first.lookup.name != CertificateName::Sid;
            let weak = answers.find(|other| others && !other.found.is_empty());
            if let Some(weak) = weak {
                return Err(weak.too_weak());
            }
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
        if strong && !is_strong {
            return Err(first.too_weak());
        }
        Ok(entry)
    }

    fn is_strong(&self) -> bool {
        self.lookup.name.is_strong()
    }

    fn too_weak(self) -> CertificateRefusal {
        CertificateRefusal::WeakName {
            name: self.lookup.name,
            value: self.lookup.value,
        }
    }
}
