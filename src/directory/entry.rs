//! A user or group as the directory knows it.

use std::{fmt, time::SystemTime};

use ldap3::{ResultEntry, asn1::StructureTag};

use super::{
    account::{Account, AccountRefusal, Judge},
    binary::guid_text,
    dn,
    identity::Kept,
    sid::Sid,
};

/// Attributes whose value is bytes by nature.
const PICTURES: [&str; 2] = ["thumbnailPhoto", "jpegPhoto"];
/// Password hashes that some directories give to a powerful service account: dropped at once.
const SECRETS: [&str; 5] = [
    "userPassword",
    "unicodePwd",
    "sambaNTPassword",
    "sambaLMPassword",
    "krbPrincipalKey",
];

/// One entry found by a search.
#[derive(Clone, PartialEq)]
pub struct Entry {
    dn: String,
    attributes: Vec<(String, Attribute)>,
    account: Account,
    /// `None`: its DN.
    identity: Option<String>,
}

/// Attributes that every account of Active Directory has, and that an entry does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Without which nothing tells that it is a user's, whose ticket is meant, or whether it may sign in.
    pub decide: Vec<&'static str>,
    /// Without which less is told: why it may not, and who it is.
    pub tell: Vec<&'static str>,
}

/// The value or values of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    /// Two values or more.
    List(Vec<String>),
    /// A picture.
    Bytes(Vec<u8>),
}

impl Entry {
    /// An entry of raw values. Attributes without a value are left out.
    #[must_use]
    pub fn new(dn: String, raw: Vec<(String, Vec<Vec<u8>>)>) -> Self {
        let (mut account, mut kept) = (Account::default(), Kept::default());
        let mut attributes = Vec::with_capacity(raw.len());
        for (name, values) in raw {
            if account.reads(&name, &values) || kept.takes(&name, &values) {
                continue;
            }
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            if SECRETS.iter().any(|secret| is(secret)) {
                continue;
            }
            if let Some(attribute) = decode(&name, values) {
                attributes.push((name, attribute));
            }
        }
        let mut entry = Self {
            dn,
            attributes,
            account,
            identity: None,
        };
        entry.identity = kept.identity(&entry.dn, |name| entry.text(name));
        entry
    }

    #[must_use]
    pub fn dn(&self) -> &str {
        &self.dn
    }

    /// What tells the entry from all others, also from the one that had or gets its DN: its objectGUID,
    /// entryUUID or the like. Where there is none, its DN.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.identity.as_deref().unwrap_or(&self.dn)
    }

    /// All attributes in the server's order, with the server's spelling of their names.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// An attribute by its name in any case (RFC 4512, 2.5).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// An attribute's first value, when it is text and not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = match self.get(name)? {
            Attribute::Text(text) => text,
            Attribute::List(list) => list.first()?,
            Attribute::Bytes(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// The DNS name of the domain that the DN is in: `corp.example` of `…,DC=corp,DC=example`.
    #[must_use]
    pub fn domain(&self) -> Option<String> {
        dn::domain(&self.dn)
    }

    /// Whether this is an account of Active Directory, which alone gives every account a SID.
    #[must_use]
    pub fn is_active_directory(&self) -> bool {
        self.get("objectSid").is_some()
    }

    /// Whether this can be nothing but an account of Active Directory, also behind a proxy, which hides what it
    /// is in front of. AD LDS has SIDs as well, and no such names.
    #[must_use]
    pub fn is_of_active_directory(&self) -> bool {
        self.is_active_directory() && self.get("sAMAccountName").is_some()
    }

    /// Why this account may not sign in at `now`, if so; `judge` has looked at it before. In Active Directory
    /// what cannot be read refuses; other directories do not keep all of it, and refuse at the bind.
    pub(super) fn refusal(
        &self,
        now: SystemTime,
        judge: Judge,
        is_active_directory: bool,
    ) -> Option<AccountRefusal> {
        let strictly = is_active_directory || self.is_of_active_directory();
        self.account.refusal(now, judge, strictly)
    }

    /// What the service account may not see of this account of Active Directory.
    #[must_use]
    pub fn unseen(&self) -> Unseen {
        let hidden = |name: &&str| self.get(name).is_none();
        let proved = ["sAMAccountType", "objectSid"].into_iter().filter(hidden);
        let told = ["pwdLastSet", "objectGUID", "sAMAccountName"];
        Unseen {
            decide: proved.chain(self.account.unseen()).collect(),
            tell: told.into_iter().filter(hidden).collect(),
        }
    }

    /// The entry in a search's answer; `None` when the server's encoding is not one (RFC 4511, 4.5.2).
    pub(super) fn decode(found: ResultEntry) -> Option<Self> {
        let mut parts = found.0.match_id(4)?.expect_constructed()?.into_iter();
        let dn = String::from_utf8(parts.next()?.expect_primitive()?).ok()?;
        let mut raw = Vec::new();
        for attribute in parts.next()?.expect_constructed()? {
            let mut attribute = attribute.expect_constructed()?.into_iter();
            let name = String::from_utf8(attribute.next()?.expect_primitive()?).ok()?;
            let values = attribute.next()?.expect_constructed()?.into_iter();
            raw.push((
                name,
                values
                    .map(StructureTag::expect_primitive)
                    .collect::<Option<_>>()?,
            ));
        }
        Some(Self::new(dn, raw))
    }
}

/// Names the entry only: its attributes are someone's personal data.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("dn", &self.dn)
            .field("attributes", &self.attributes.len())
            .finish_non_exhaustive()
    }
}

fn decode(name: &str, mut values: Vec<Vec<u8>>) -> Option<Attribute> {
    if PICTURES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        // jpegPhoto may have several values: the first is the one to show.
        return (!values.is_empty()).then(|| Attribute::Bytes(values.swap_remove(0)));
    }
    let mut texts: Vec<String> = values.into_iter().map(|value| text(name, value)).collect();
    match texts.len() {
        0 => None,
        1 => texts.pop().map(Attribute::Text),
        _ => Some(Attribute::List(texts)),
    }
}

fn text(name: &str, value: Vec<u8>) -> String {
    let known = if name.eq_ignore_ascii_case("objectGUID") {
        guid_text(&value)
    } else if name.eq_ignore_ascii_case("objectSid") {
        Sid::read(&value).map(|sid| sid.to_string())
    } else {
        None
    };
    known.unwrap_or_else(|| {
        String::from_utf8(value)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{super::wanted::COMPUTED_CONTROL, *};

    fn entry(raw: &[(&str, &[&[u8]])]) -> Entry {
        let raw = raw
            .iter()
            .map(|(name, values)| {
                (
                    (*name).to_owned(),
                    values.iter().map(|v| v.to_vec()).collect(),
                )
            })
            .collect();
        Entry::new("CN=a,DC=corp,DC=example".to_owned(), raw)
    }

    #[test]
    fn values_become_text_lists_and_bytes() {
        let entry = entry(&[
            ("sn", &[b"Smith"]),
            ("memberOf", &[b"CN=a", b"CN=b"]),
            ("thumbnailPhoto", &[b"all ascii"]),
            ("blob", &[b"\xff\xfea"]),
            ("empty", &[]),
        ]);
        assert_eq!(entry.text("SN"), Some("Smith"));
        let list = vec!["CN=a".to_owned(), "CN=b".to_owned()];
        assert_eq!(entry.get("memberOf"), Some(&Attribute::List(list)));
        assert_eq!(
            entry.get("thumbnailPhoto"),
            Some(&Attribute::Bytes(b"all ascii".to_vec()))
        );
        assert_eq!(entry.text("blob"), Some("\u{fffd}\u{fffd}a"));
        assert_eq!(entry.get("empty"), None);
    }

    #[test]
    fn identifiers_are_decoded_even_when_their_bytes_are_valid_utf8() {
        let entry = entry(&[
            ("objectGUID", &[b"0123456789abcdef"]),
            ("objectSid", &[b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0"]),
        ]);
        assert_eq!(
            entry.text("objectGUID"),
            Some("33323130-3534-3736-3839-616263646566")
        );
        assert_eq!(entry.text("objectSid"), Some("S-1-5-21"));
        assert!(entry.is_active_directory());
        assert_eq!(entry.domain().as_deref(), Some("corp.example"));
    }

    #[test]
    fn account_state_is_read_and_what_was_asked_for_it_hidden() {
        let entry = entry(&[
            ("userAccountControl", &[b"512"]),
            (COMPUTED_CONTROL, &[b"16"]),
            ("accountExpires", &[b"9223372036854775807"]),
            ("pwdReset", &[b"FALSE"]),
        ]);
        let now = UNIX_EPOCH + Duration::from_hours(498_720);
        let refusal = entry.refusal(now, Judge::Nobody, true);
        assert_eq!(refusal, Some(AccountRefusal::Locked));
        for hidden in [COMPUTED_CONTROL, "pwdReset"] {
            assert_eq!(entry.get(hidden), None);
        }
        assert_eq!(entry.text("userAccountControl"), Some("512"));
    }

    #[test]
    fn an_account_of_active_directory_is_one_behind_a_proxy_too() {
        let refusal = |raw: &[(&str, &[&[u8]])]| {
            let now = UNIX_EPOCH + Duration::from_hours(498_720);
            entry(raw).refusal(now, Judge::Kdc, false)
        };
        let sid: &[&[u8]] = &[b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0"];
        assert_eq!(
            refusal(&[("objectSid", sid), ("sAMAccountName", &[b"a"])]),
            Some(AccountRefusal::Unreadable("userAccountControl"))
        );
        assert_eq!(refusal(&[("objectSid", sid)]), None);
        assert_eq!(refusal(&[("uid", &[b"a"])]), None);
    }

    #[test]
    fn an_entry_is_told_from_others_by_what_only_its_server_writes() {
        type Raw<'a> = (&'a str, &'a [&'a [u8]]);
        let guid: Raw<'_> = ("objectGUID", &[b"0123456789abcdef"]);
        let sid: Raw<'_> = ("objectSid", &[b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0"]);
        let uuid: Raw<'_> = ("entryUUID", &[b"5e2d0e0c-1111-103d-8a11-64fbc20da7aa"]);
        let unique: Raw<'_> = ("nsuniqueid", &[b"0a950601-435311e0"]);
        let ipa: Raw<'_> = ("ipaUniqueID", &[b"f6b3"]);
        let created: Raw<'_> = ("createTimestamp", &[b"20261124101500Z"]);
        let dn = "CN=a,DC=corp,DC=example";
        let cases: [(&[Raw<'_>], &str); 7] = [
            (&[guid, sid], "33323130-3534-3736-3839-616263646566"),
            (&[sid], "S-1-5-21"),
            (&[guid, uuid], "5e2d0e0c-1111-103d-8a11-64fbc20da7aa"),
            (&[ipa, unique, created], "0a950601-435311e0"),
            (&[ipa, created], "f6b3"),
            (&[created], &format!("{dn} of 20261124101500Z")),
            (&[("uid", &[b"a"])], dn),
        ];
        for (attributes, identity) in cases {
            let entry = entry(attributes);
            assert_eq!(entry.identity(), identity);
            for hidden in ["entryUUID", "nsUniqueId", "createTimestamp"] {
                assert_eq!(entry.get(hidden), None, "not of `*`: {hidden}");
            }
        }
    }

    #[test]
    fn password_hashes_are_dropped_and_debug_shows_no_values() {
        let entry = entry(&[("userPassword", &[b"{SSHA}x"]), ("sn", &[b"Smith"])]);
        assert_eq!(entry.get("userPassword"), None);
        assert!(!format!("{entry:?}").contains("Smith"));
    }
}
