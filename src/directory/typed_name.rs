//! The names that people type for an account of Active Directory: `alice`, `CORP\alice`,
//! `alice@corp.example` or a mail address.

use ldap3::ldap_escape;

use super::{composed::composed, domains::Domains, entry::Entry};

/// `SAM_NORMAL_USER_ACCOUNT`: groups and contacts have mail addresses too ([MS-SAMR] 2.2.1.9).
const USERS: &str = "(sAMAccountType=805306368)";

/// A name as it was typed, in one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypedName<'a> {
    text: &'a str,
    /// What can be a sAMAccountName.
    account: &'a str,
    domain: Domain<'a>,
}

/// What the name says of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Domain<'a> {
    None,
    /// `CORP\…`
    Before(&'a str),
    /// `…@corp.example`: a domain, a suffix of user principal names, or that of a mail address.
    After(&'a str),
}

impl<'a> TypedName<'a> {
    pub fn read(text: &'a str) -> Self {
        let (account, domain) = if let Some((domain, account)) = text.split_once('\\') {
            (account, Domain::Before(domain.trim_end_matches('.')))
        } else {
            match text.rsplit_once('@') {
                Some((account, suffix)) if !account.is_empty() && !suffix.is_empty() => {
                    (account, Domain::After(suffix))
                }
                _ => (text, Domain::None),
            }
        };
        Self {
            text,
            account,
            domain,
        }
    }

    /// The search for all whom the name could mean. It is made for a domain that is not here as well:
    /// the answer then takes as long as that for an unknown name.
    pub fn filter(&self, domains: &Domains) -> String {
        let account = ldap_escape(self.account);
        match self.domain {
            Domain::None | Domain::Before(_) => format!("(sAMAccountName={account})"),
            Domain::After(suffix) => {
                let text = ldap_escape(self.text);
                let in_domain = if domains.has(suffix) {
                    format!("(sAMAccountName={account})")
                } else {
                    String::new()
                };
                format!(
                    "(|(userPrincipalName={text})(sAMAccountName={text}){in_domain}(&{USERS}(mail={text})))"
                )
            }
        }
    }

    /// Those of the found whom the name means. It is read in the order in which Active Directory reads
    /// the name of a bind ([MS-ADTS] 5.1.1.1.1), and a mail address last: the first reading that means
    /// anybody counts.
    pub fn choose(&self, found: Vec<Entry>, domains: &Domains) -> Vec<Entry> {
        let suffix = match self.domain {
            Domain::None => return found,
            Domain::Before(domain) => {
                return keep(found, |entry| domains.hold(domain, entry)).0;
            }
            Domain::After(suffix) => suffix,
        };
        let is = |entry: &Entry, attribute: &str, text: &str| {
            entry
                .text(attribute)
                .is_some_and(|value| composed(value).to_lowercase() == text.to_lowercase())
        };
        let readings: [&dyn Fn(&Entry) -> bool; 4] = [
            &|entry| is(entry, "userPrincipalName", self.text),
            &|entry| domains.hold(suffix, entry) && is(entry, "sAMAccountName", self.account),
            &|entry| is(entry, "sAMAccountName", self.text),
            &|entry| is(entry, "mail", self.text),
        ];
        let mut rest = found;
        for reading in readings {
            let (meant, others) = keep(rest, reading);
            if !meant.is_empty() {
                return meant;
            }
            rest = others;
        }
        // A server may find equal what differs here, in accents for instance. Where the account's name
        // alone was searched as well, only its own domain counts.
        keep(rest, |entry| {
            !domains.has(suffix) || domains.hold(suffix, entry)
        })
        .0
    }

    /// The domain that the name names by `CORP\…`, when the directory has none of that name.
    pub fn foreign_domain(&self, domains: &Domains) -> Option<&'a str> {
        match self.domain {
            Domain::Before(domain) if !domains.has(domain) => Some(domain),
            _ => None,
        }
    }

    /// One spelling for all ways to write an account of the directory's own domain.
    pub fn spelling(&self, domains: &Domains) -> String {
        match self.domain {
            Domain::Before(domain) | Domain::After(domain) if domains.is_own(domain) => {
                self.account.to_lowercase()
            }
            _ => self.text.to_lowercase(),
        }
    }
}

fn keep(found: Vec<Entry>, wanted: impl Fn(&Entry) -> bool) -> (Vec<Entry>, Vec<Entry>) {
    found.into_iter().partition(|entry| wanted(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORP: &str = "DC=corp,DC=example";
    const EMEA: &str = "DC=emea,DC=corp,DC=example";

    fn domains() -> Domains {
        let forest = [("CORP", "corp.example"), ("EMEA", "emea.corp.example")];
        Domains::of("corp.example", Some(&forest))
    }

    fn entry(account: &str, domain: &str, principal: &str, mail: &str) -> Entry {
        let attributes = [
            ("sAMAccountName", account),
            ("userPrincipalName", principal),
            ("mail", mail),
        ];
        let raw = attributes.map(|(name, value)| (name.to_owned(), vec![value.into()]));
        Entry::new(format!("CN={account},{domain}"), raw.into())
    }

    fn filter(text: &str) -> String {
        TypedName::read(text).filter(&domains())
    }

    #[test]
    fn each_form_has_its_filter() {
        assert_eq!(filter("alice"), "(sAMAccountName=alice)");
        assert_eq!(filter(r"CORP\alice"), "(sAMAccountName=alice)");
        assert_eq!(filter(r"OTHER\alice"), "(sAMAccountName=alice)");
        assert_eq!(
            filter("alice@corp.example"),
            "(|(userPrincipalName=alice@corp.example)(sAMAccountName=alice@corp.example)\
             (sAMAccountName=alice)(&(sAMAccountType=805306368)(mail=alice@corp.example)))"
        );
        assert_eq!(
            filter("a*@mail.example"),
            r"(|(userPrincipalName=a\2a@mail.example)(sAMAccountName=a\2a@mail.example)(&(sAMAccountType=805306368)(mail=a\2a@mail.example)))"
        );
        for odd in ["@", "a@", "@corp.example"] {
            assert_eq!(filter(odd), format!("(sAMAccountName={odd})"));
        }
        assert_eq!(filter(r"\alice"), "(sAMAccountName=alice)");
    }

    fn chosen(text: &str, found: &[Entry]) -> Vec<String> {
        let chosen = TypedName::read(text).choose(found.to_vec(), &domains());
        chosen.iter().map(|entry| entry.dn().to_owned()).collect()
    }

    #[test]
    fn a_domain_before_the_name_must_be_the_entrys() {
        let found = [entry("alice", CORP, "", ""), entry("alice", EMEA, "", "")];
        assert_eq!(chosen("alice", &found).len(), 2);
        assert_eq!(chosen(r"corp\alice", &found), [format!("CN=alice,{CORP}")]);
        assert_eq!(
            chosen(r"EMEA.corp.example\alice", &found),
            [format!("CN=alice,{EMEA}")]
        );
        assert_eq!(
            chosen(r"corp.example.\alice", &found),
            [format!("CN=alice,{CORP}")]
        );
        for none in [r"OTHER\alice", r"\alice", r".\alice"] {
            assert!(chosen(none, &found).is_empty(), "{none}");
        }
    }

    #[test]
    fn the_first_reading_that_means_anybody_counts() {
        let name = "Alice@corp.example";
        let principal = entry("asmith", CORP, "alice@corp.example", "");
        let account = entry("alice", CORP, "alice.smith@corp.example", "");
        let elsewhere = entry("alice", EMEA, "", "");
        let literal = entry("alice@corp.example", EMEA, "", "");
        let mail = entry("bob", EMEA, "", "ALICE@corp.example");
        let other_mail = entry("carol", CORP, "", "alice@corp.example");
        let mut found = vec![other_mail, mail, literal, elsewhere, account, principal];
        for expected in ["asmith", "alice", "alice@corp.example"] {
            let chosen = chosen(name, &found);
            assert_eq!(chosen.len(), 1, "{chosen:?}");
            assert!(
                chosen[0].starts_with(&format!("CN={expected},")),
                "{chosen:?}"
            );
            found.retain(|entry| entry.dn() != chosen[0]);
        }
        assert_eq!(chosen(name, &found).len(), 2, "two have that mail address");
        found.remove(0);
        assert_eq!(chosen(name, &found), [format!("CN=bob,{EMEA}")]);
        found.remove(0);
        assert!(chosen(name, &found).is_empty(), "another domain's alice");
    }

    #[test]
    fn a_name_that_is_nobodys_has_one_spelling() {
        let domains = domains();
        let spelling = |text| TypedName::read(text).spelling(&domains);
        for same in [
            "Nobody",
            r"CORP\nobody",
            r"corp.example.\nobody",
            "nobody@Corp.Example",
            "NOBODY@corp",
        ] {
            assert_eq!(spelling(same), "nobody", "{same}");
        }
        assert_eq!(spelling(r"EMEA\Nobody"), r"emea\nobody");
        assert_eq!(spelling("Nobody@mail.example"), "nobody@mail.example");
        let foreign = |text| TypedName::read(text).foreign_domain(&domains);
        assert_eq!(foreign(r"OTHER\alice"), Some("OTHER"));
        for ours in [r"EMEA\alice", "alice@mail.example", "alice"] {
            assert_eq!(foreign(ours), None, "{ours}");
        }
    }
}
