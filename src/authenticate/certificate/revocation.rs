//! What issuers have revoked: the lists in use, and what they say about a certificate.
//!
//! A list counts for a key by its signature. Two CAs of one name, as a renewal with a new key leaves them, have each
//! their own; where one key has signed several, the latest decides. A list that holds not all, or that nobody can
//! verify, takes away and never gives: whom it names is refused, and of the others it proves nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use x509_parser::{asn1_rs::Any, certificate::X509Certificate, prelude::FromDer as _};

use super::{
    armour::{self, Block},
    authority::Authority,
    issued::Issued,
    list::RevocationList,
    signed::Verdict,
    trust_error::TrustError,
};
use crate::{
    config::{Most, RevocationFiles, read_file},
    sync::{Mutex, PoisonError},
};

/// Keys whose verdict on a list is remembered; the paths that ask come from CAs that are trusted.
const MOST_KEYS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Revocation {
    lists: Vec<Listed>,
    /// What lies there and is not used, or not as one may think, for people.
    notes: Vec<String>,
}

#[derive(Debug)]
struct Listed {
    list: RevocationList,
    file: PathBuf,
    /// A CA of `CLIENT_CA_FILE` has signed it.
    is_known: bool,
    verdicts: Mutex<Vec<(Vec<u8>, Verdict)>>,
}

/// The key that has issued a certificate.
pub(super) struct IssuerKey<'a> {
    /// SubjectPublicKeyInfo, DER.
    pub key: &'a [u8],
    /// What its certificates call it.
    pub ids: &'a [Vec<u8>],
    /// Its certificate does not say that it signs no lists.
    pub signs_lists: bool,
}

/// What the lists say about one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Good,
    Revoked,
    /// There is no list for it.
    Unknown,
    /// There is one, and its time is over.
    Ended,
    /// There is one that says it is of this key, and is not, or cannot be verified.
    Unverified,
}

impl Revocation {
    pub fn load(files: &RevocationFiles, authorities: &[Authority]) -> Result<Self, TrustError> {
        let mut found = Self::default();
        for file in files.found() {
            let content = read_file(&file.path, Most::REVOCATION_LIST);
            let content = content.map_err(|cause| TrustError::Read {
                file: file.path.clone(),
                cause,
            });
            let content = match content {
                Err(TrustError::Read { ref cause, .. })
                    if !file.is_given && cause.kind() == io::ErrorKind::NotFound =>
                {
                    continue;
                }
                other => other?,
            };
            let lists = match lists_in(&content) {
                Ok(lists) if !lists.is_empty() => lists,
                Ok(_) if !file.is_given && !is_named_as_list(&file.path, &content) => {
                    found.note(&file.path, "holds no revocation list, and is not used");
                    continue;
                }
                _ => return Err(TrustError::NoList(file.path.display().to_string())),
            };
            for list in lists {
                let twice = found.lists.iter().any(|one| one.list.der == list.der);
                if !twice {
                    found.lists.push(Listed::new(list, file.path.clone()));
                }
            }
        }
        for path in files.passed_over() {
            found.note(&path, "is not used: CLIENT_CRL_FILES does not mean it");
        }
        found.look_at(authorities);
        Ok(found)
    }

    fn note(&mut self, file: &Path, what: &str) {
        self.notes.push(format!("{} {what}", file.display()));
    }

    /// Whose each list is, and what is to be said about it.
    fn look_at(&mut self, authorities: &[Authority]) {
        let mut notes = Vec::new();
        for one in &mut self.lists {
            let named = authorities.iter();
            let named: Vec<_> = named
                .filter(|authority| authority.name.is_of(&one.list.issuer_key))
                .collect();
            let verdicts: Vec<_> = named.iter().map(|known| one.by(&known.key)).collect();
            one.is_known = verdicts.contains(&Verdict::ByThisKey);
            let ours = |id: &Vec<u8>| named.iter().any(|known| known.key_id.as_ref() == Some(id));
            let is_ours = one.list.key_id.as_ref().is_some_and(ours);
            let issuer = crate::cause::quoted(&one.list.issuer);
            let what = if named.is_empty() {
                format!(
                    "is a list of {issuer}, which is none of the CAs of client certificates, and is not used, \
                     unless clients send that CA's certificate along"
                )
            } else if one.is_known {
                match one.list.partial {
                    Some(kind) => format!(
                        "{kind} of {issuer}, and does not count as its list: those whom it names are refused, and \
                         the whole list is needed beside it"
                    ),
                    None => continue,
                }
            } else if verdicts.contains(&Verdict::UnknownAlgorithm) {
                format!(
                    "is a list of {issuer} that is signed in a way that is not accepted, SHA-1 for instance, and \
                     proves nothing: have the CA sign its lists with SHA-256"
                )
            } else if is_ours {
                format!(
                    "is not signed by {issuer}, whose list it says it is, and proves nothing: it is damaged or \
                     somebody else's; fetch it anew"
                )
            } else {
                format!(
                    "is a list of {issuer} with another key than that of the CAs of client certificates, and is \
                     not used: when that CA was renewed, add its new certificate to them"
                )
            };
            notes.push(format!("{} {what}", one.file.display()));
        }
        for (index, one) in self.lists.iter().enumerate() {
            let mut others = self.lists.iter().enumerate();
            let later = others.find(|(at, other)| {
                *at != index
                    && authorities.iter().any(|known| {
                        one.is_of(&known.key)
                            && other.is_of(&known.key)
                            && other.list.supersedes(&one.list)
                    })
            });
            if let Some((_, later)) = later {
                notes.push(format!(
                    "{} is not used: {} holds a later list of the same CA and key",
                    one.file.display(),
                    later.file.display()
                ));
            }
        }
        self.notes.extend(notes);
    }

    /// Of the lists that count; superseded ones have ended for everybody.
    pub fn ends(&self, authorities: &[Authority]) -> Option<i64> {
        let counting = self.lists.iter().filter(|one| {
            one.list.partial.is_none()
                && !self.lists.iter().any(|other| {
                    authorities.iter().any(|known| {
                        one.is_of(&known.key)
                            && other.is_of(&known.key)
                            && other.list.supersedes(&one.list)
                    })
                })
        });
        counting.filter_map(|one| one.list.next_update).min()
    }

    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What they say about a certificate that this key has issued, at a time in Unix seconds.
    pub fn status(&self, certificate: &Issued, issuer: &IssuerKey<'_>, now: i64) -> Status {
        let named = self.lists.iter();
        let named = named.filter(|one| one.list.issuer_key.is_of(&certificate.issuer));
        let (own, others): (Vec<_>, Vec<_>) = named.partition(|one| one.is_of(issuer.key));
        let whole: Vec<_> = own
            .iter()
            .filter(|one| {
                one.list.partial.is_none()
                    && !own.iter().any(|other| other.list.supersedes(&one.list))
            })
            .collect();
        // What is not whole counts until a whole one comes.
        let parts = own.iter().filter(|one| {
            let before = |other: &&Listed| one.list.is_before(&other.list);
            one.list.partial.is_some() && !whole.iter().any(|other| before(other))
        });
        // Lists that may be of this key, for all that can be known.
        let claims: Vec<_> = others
            .iter()
            .filter(|one| !one.is_known && one.may_be_of(issuer))
            .collect();
        let mut all = whole
            .iter()
            .copied()
            .chain(parts)
            .chain(claims.iter().copied());
        if all.any(|one| one.list.has(&certificate.serial)) {
            return Status::Revoked;
        }
        let holding = whole.iter().filter(|one| {
            let scope = &one.list.scope;
            issuer.signs_lists && scope.holds(certificate.is_authority, certificate.points())
        });
        let mut ends: Vec<_> = holding.map(|one| one.list.next_update).collect();
        if ends.is_empty() {
            let says_so = |one: &&&&Listed| one.list.key_id.is_some();
            return if whole.is_empty() && claims.iter().any(|one| says_so(&one)) {
                Status::Unverified
            } else {
                Status::Unknown
            };
        }
        ends.retain(|end| end.is_none_or(|end| now < end));
        if ends.is_empty() {
            Status::Ended
        } else {
            Status::Good
        }
    }
}

impl Listed {
    fn new(list: RevocationList, file: PathBuf) -> Self {
        Self {
            list,
            file,
            is_known: false,
            verdicts: Mutex::default(),
        }
    }

    /// Whether this key has signed it; a large list is looked at once.
    fn by(&self, key: &[u8]) -> Verdict {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = verdicts.iter().find(|(known, _)| known == key) {
            return *known;
        }
        let verdict = self.list.by(key);
        if verdicts.len() < MOST_KEYS {
            verdicts.push((key.to_vec(), verdict));
        }
        verdict
    }

    fn is_of(&self, key: &[u8]) -> bool {
        self.by(key) == Verdict::ByThisKey
    }

    /// It does not say that it is another key's.
    fn may_be_of(&self, issuer: &IssuerKey<'_>) -> bool {
        match &self.list.key_id {
            Some(id) => issuer.ids.is_empty() || issuer.ids.contains(id),
            None => true,
        }
    }
}

/// The lists in a file; an error when one is damaged. Whatever else is in it is passed over.
pub(super) fn lists_in(content: &[u8]) -> Result<Vec<RevocationList>, ()> {
    let mut lists = Vec::new();
    for Block { label, der } in armour::blocks(content) {
        let is_list = label.ends_with("CRL");
        match der.as_deref().map(RevocationList::read) {
            Some(Some(list)) => lists.push(list),
            _ if is_list => return Err(()),
            _ => {}
        }
    }
    Ok(lists)
}

/// Whether one would take it for a list: by its name, unless it clearly holds something else.
fn is_named_as_list(path: &Path, content: &[u8]) -> bool {
    let blocks = armour::blocks(content);
    if blocks.iter().any(|block| !block.label.is_empty()) {
        return false;
    }
    let extension = path.extension().and_then(|end| end.to_str());
    let named = extension.is_some_and(|end| {
        let end = end.to_ascii_lowercase();
        ["crl", "pem", "der"].contains(&end.as_str())
    });
    if content.first() != Some(&0x30) {
        return named;
    }
    // DER that was cut off, or is half written.
    let is_cut = Any::from_der(content).is_err();
    is_cut || named && X509Certificate::from_der(content).is_err()
}
