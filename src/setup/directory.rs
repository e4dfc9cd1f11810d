//! What a set-up finds out about the directory: its servers by DNS, its base, whether it is open.

use std::net::{IpAddr, SocketAddr};

use serde_json::json;

use super::{
    error::SetupError,
    plan::{SetupPlan, tls},
};
use crate::{
    clock::Clock,
    config::{DirectoryConfig, Scheme, ServerUrl, ServersConfig, keys},
    directory::{Probe, find_servers},
};

/// What a directory says of itself before anything is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored {
    /// Where its entries begin.
    pub base: Option<String>,
    /// A search without a bind finds users.
    pub anonymous: bool,
}

impl SetupPlan<'_> {
    /// The directory servers of a domain, by the name servers of `LDAP_SRV_NAMESERVERS`; and the value of
    /// `LDAP_URL` that means them.
    ///
    /// # Errors
    /// What DNS says, and what to do.
    pub async fn servers(&self, domain: &str) -> Result<(Vec<ServerUrl>, String), SetupError> {
        let by_domain = format!("srv:{domain}");
        let mut keys = self.tried();
        keys.insert(keys::LDAP_URL.name.to_owned(), json!(by_domain));
        let config = self.provisional_with(keys)?;
        let ServersConfig::Srv { nameservers, .. } = &config.directory.servers else {
            return Err(SetupError::Fixed {
                key: keys::LDAP_URL.name.to_owned(),
            });
        };
        let found = Self::servers_of(&config.directory).await?;
        let url = match found.as_slice() {
            // Its name is known to those name servers only.
            _ if !nameservers.is_empty() => by_domain,
            [only] => only.to_string(),
            _ => by_domain,
        };
        Ok((found, url))
    }

    /// The servers of a configuration; those of a domain are asked for in DNS.
    pub async fn servers_of(config: &DirectoryConfig) -> Result<Vec<ServerUrl>, SetupError> {
        let (domain, nameservers) = match &config.servers {
            ServersConfig::Fixed(urls) => return Ok(urls.clone()),
            ServersConfig::Srv {
                domain,
                nameservers,
            } => (domain, nameservers),
        };
        let found = find_servers(domain, nameservers, config.start_tls).await;
        found.map_err(|cause| SetupError::Discovery {
            domain: domain.to_owned(),
            asked: in_words(nameservers),
            cause,
        })
    }

    /// The servers that would be sent passwords in plain text.
    ///
    /// # Errors
    /// When the configuration with these keys is invalid.
    pub fn unencrypted(&self) -> Result<Vec<String>, SetupError> {
        let directory = self.provisional()?.directory;
        let ServersConfig::Fixed(urls) = directory.servers else {
            return Ok(Vec::new());
        };
        let plain = |url: &&ServerUrl| url.scheme == Scheme::Ldap && !directory.start_tls;
        Ok(urls.iter().filter(plain).map(ToString::to_string).collect())
    }

    /// Looks at the directory without a bind.
    ///
    /// # Errors
    /// Why none of its servers can be reached, and what to do.
    pub async fn explore(&self, clock: &Clock) -> Result<Explored, SetupError> {
        let config = self.provisional()?;
        let tls = tls(&config, clock)?;
        let mut errors = Vec::new();
        for url in Self::servers_of(&config.directory).await? {
            match Probe::open(&url, &config.directory, &tls, clock).await {
                Ok(probe) => {
                    return Ok(Explored {
                        anonymous: probe.is_open_to_all().await,
                        base: probe.base,
                    });
                }
                Err(error) => errors.push(error),
            }
        }
        Err(SetupError::Unreachable(errors))
    }
}

fn in_words(nameservers: &[SocketAddr]) -> String {
    if nameservers.is_empty() {
        return "this machine's name servers, those of /etc/resolv.conf".to_owned();
    }
    let all: Vec<_> = nameservers.iter().map(ToString::to_string).collect();
    format!("{}, as LDAP_SRV_NAMESERVERS says", all.join(", "))
}

/// The value of LDAP_URL, when a URL, an IP address or a host with its port was typed for a domain.
#[must_use]
pub fn typed_server(answer: &str) -> Option<String> {
    if answer.contains("://") || answer.starts_with("srv:") {
        return Some(answer.to_owned());
    }
    match answer.parse() {
        Ok(IpAddr::V4(address)) => return Some(format!("ldaps://{address}")),
        Ok(IpAddr::V6(address)) => return Some(format!("ldaps://[{address}]")),
        Err(_) => {}
    }
    let (_, port) = answer.rsplit_once(':')?;
    let scheme = match port.parse::<u16>().ok()? {
        389 | 3268 => "ldap",
        _ => "ldaps",
    };
    Some(format!("{scheme}://{answer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_from_a_domain() {
        let url = |answer| typed_server(answer).unwrap_or_default();
        assert_eq!(url("ldap://dc1.corp.example"), "ldap://dc1.corp.example");
        assert_eq!(url("srv:corp.example"), "srv:corp.example");
        assert_eq!(url("dc1.corp.example:636"), "ldaps://dc1.corp.example:636");
        assert_eq!(url("dc1.corp.example:389"), "ldap://dc1.corp.example:389");
        assert_eq!(url("192.0.2.5:3269"), "ldaps://192.0.2.5:3269");
        assert_eq!(url("192.0.2.5"), "ldaps://192.0.2.5");
        assert_eq!(url("2001:db8::5"), "ldaps://[2001:db8::5]");
        assert_eq!(typed_server("corp.example"), None);
    }
}
