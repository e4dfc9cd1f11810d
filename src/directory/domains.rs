//! Which kind of directory this is, and the domains of an Active Directory with both of their names.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    connection::{Connection, RootDse, Search},
    dn,
    entry::Entry,
    error::DirectoryError,
};

/// No forest has more domains.
const MAX_DOMAINS: usize = 500;
/// `crossRef` objects that are domains: other parts of the directory have no NetBIOS name
/// ([MS-ADTS] 6.1.1.2.1.1.1).
const FILTER: &str = "(&(objectClass=crossRef)(nETBIOSName=*))";
const ATTRIBUTES: [&str; 2] = ["nETBIOSName", "nCName"];

/// What kind of directory it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    ActiveDirectory(Arc<Domains>),
    Other,
}

/// The domains of an Active Directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domains {
    /// The DNS name of the one that `LDAP_BASE` is in.
    own: Option<String>,
    /// `None`: the list in `CN=Partitions` could not be read. Then a NetBIOS name is taken for the first
    /// label of a domain's DNS name, which is so by custom only.
    all: Option<Vec<Domain>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Domain {
    netbios: String,
    dns: String,
}

impl Kind {
    /// What the server of `connection` says, as the service account may read it; and why the names of
    /// its domains could not be read, if so.
    pub(super) async fn read(
        connection: &Connection,
        root: &RootDse,
        base: &str,
        limit: Duration,
    ) -> (Self, Option<DirectoryError>) {
        if !root.active_directory {
            return (Self::Other, None);
        }
        let own = dn::domain(base).or_else(|| dn::domain(root.base.as_deref()?));
        let (all, error) = match &root.configuration {
            None => (None, None),
            Some(configuration) => match crossrefs(connection, configuration, limit).await {
                Ok(found) => (Some(found).filter(|found| !found.is_empty()), None),
                Err(error) => (None, Some(error)),
            },
        };
        (Self::ActiveDirectory(Arc::new(Domains { own, all })), error)
    }

    /// Whether this tells as much as another answer, or more. What was once seen to be Active Directory stays it:
    /// else whoever stands between for a moment would end all that is asked of its accounts.
    pub(super) fn tells_as_much_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ActiveDirectory(ours), Self::ActiveDirectory(theirs)) => {
                ours.are_known() || !theirs.are_known()
            }
            (Self::Other, Self::ActiveDirectory(_)) => false,
            (_, Self::Other) => true,
        }
    }
}

async fn crossrefs(
    connection: &Connection,
    configuration: &str,
    limit: Duration,
) -> Result<Vec<Domain>, DirectoryError> {
    let search = Search {
        what: "reading the names of the domains",
        base: &format!("CN=Partitions,{configuration}"),
        filter: FILTER,
        attributes: &ATTRIBUTES,
        limit: MAX_DOMAINS,
        deref_aliases: 0,
        hedge: limit,
        timeout: limit,
    };
    let found = connection.search(&search, Instant::now() + limit).await?;
    Ok(found.iter().filter_map(Domain::read).collect())
}

impl Domain {
    fn read(crossref: &Entry) -> Option<Self> {
        Some(Self {
            netbios: crossref.text("nETBIOSName")?.to_owned(),
            dns: dn::domain(crossref.text("nCName")?)?,
        })
    }

    fn is(&self, name: &str) -> bool {
        same(&self.netbios, name) || same(&self.dns, name)
    }
}

impl Domains {
    /// Whether the list of domains could be read.
    #[must_use]
    pub fn are_known(&self) -> bool {
        self.all.is_some()
    }

    /// The DNS name of the domain that `LDAP_BASE` is in.
    #[must_use]
    pub fn own(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// The NetBIOS name of that domain.
    #[must_use]
    pub fn own_netbios(&self) -> Option<&str> {
        let own = self.own()?;
        match &self.all {
            Some(all) => {
                let found = all.iter().find(|domain| same(&domain.dns, own))?;
                Some(&found.netbios)
            }
            None => own.split('.').next(),
        }
    }

    /// Whether a domain of the directory has this NetBIOS or DNS name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match &self.all {
            Some(all) => all.iter().any(|domain| domain.is(name)),
            None => self.is_own(name),
        }
    }

    /// Whether this is a name of the domain that `LDAP_BASE` is in.
    #[must_use]
    pub fn is_own(&self, name: &str) -> bool {
        let is = |own: Option<&str>| own.is_some_and(|own| same(own, name));
        is(self.own()) || is(self.own_netbios())
    }

    /// Whether the entry is in the domain of this NetBIOS or DNS name.
    #[must_use]
    pub fn hold(&self, name: &str, entry: &Entry) -> bool {
        let Some(dns) = entry.domain() else {
            return false;
        };
        match &self.all {
            Some(all) => {
                let mut here = all.iter().filter(|domain| same(&domain.dns, &dns));
                same(&dns, name) || here.any(|domain| domain.is(name))
            }
            None => by_custom(name, &dns),
        }
    }

    #[cfg(any(test, feature = "fuzz"))]
    pub(super) fn of(own: &str, all: Option<&[(&str, &str)]>) -> Self {
        let domain = |(netbios, dns): &(&str, &str)| Domain {
            netbios: (*netbios).to_owned(),
            dns: (*dns).to_owned(),
        };
        Self {
            own: Some(own.to_owned()),
            all: all.map(|all| all.iter().map(domain).collect()),
        }
    }
}

/// Whether `name` is a domain's DNS name, or its first label, which by custom is the NetBIOS name.
pub(super) fn by_custom(name: &str, dns: &str) -> bool {
    let label = dns.split('.').next().unwrap_or_default();
    !name.is_empty() && (same(name, dns) || same(name, label))
}

/// Capitals do not count in the names of domains.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(domain: &str) -> Entry {
        Entry::new(format!("CN=a,CN=Users,{domain}"), Vec::new())
    }

    const CORP: &str = "DC=corp,DC=example";
    const EMEA: &str = "DC=emea,DC=corp,DC=example";

    #[test]
    fn a_netbios_name_is_what_the_directory_says() {
        let forest = [("ACME", "corp.example"), ("CORP", "emea.corp.example")];
        let domains = Domains::of("corp.example", Some(&forest));
        for (name, holds) in [
            ("acme", [true, false]),
            ("corp", [false, true]),
            ("corp.example", [true, false]),
            ("EMEA.CORP.EXAMPLE", [false, true]),
            ("emea", [false, false]),
            ("", [false, false]),
        ] {
            let found = [CORP, EMEA].map(|domain| domains.hold(name, &entry(domain)));
            assert_eq!(found, holds, "{name}");
            assert_eq!(domains.has(name), holds != [false, false], "{name}");
        }
        assert!(domains.is_own("ACME") && domains.is_own("Corp.Example"));
        assert!(!domains.is_own("CORP"));
        assert_eq!(domains.own_netbios(), Some("ACME"));
    }

    #[test]
    fn where_it_does_not_say_the_custom_counts() {
        let domains = Domains::of("corp.example", None);
        assert!(domains.hold("CORP", &entry(CORP)) && domains.hold("emea", &entry(EMEA)));
        assert!(!domains.hold("ACME", &entry(CORP)) && !domains.hold("", &entry(CORP)));
        assert!(domains.has("CORP") && !domains.has("EMEA"));
        assert_eq!(domains.own_netbios(), Some("corp"));
    }

    #[test]
    fn what_was_read_is_not_given_up_for_what_could_not_be() {
        let read = Kind::ActiveDirectory(Arc::new(Domains::of("corp.example", Some(&[]))));
        let unread = Kind::ActiveDirectory(Arc::new(Domains::of("corp.example", None)));
        assert!(!unread.tells_as_much_as(&read));
        assert!(read.tells_as_much_as(&unread) && read.tells_as_much_as(&read));
        assert!(!Kind::Other.tells_as_much_as(&read) && !Kind::Other.tells_as_much_as(&unread));
        assert!(
            unread.tells_as_much_as(&Kind::Other) && Kind::Other.tells_as_much_as(&Kind::Other)
        );
    }
}
