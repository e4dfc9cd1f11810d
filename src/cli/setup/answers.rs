//! What a set-up is given beforehand.

use std::path::PathBuf;

use clap::Args;

/// What may be said beforehand. What is not said comes from the environment, from config.json, from the
/// domain, or is asked.
#[derive(Debug, Args)]
pub(in crate::cli) struct Answers {
    /// The tenant's set-up address, from the connection's page.
    #[arg(long, value_name = "URL")]
    pub(super) ticket: Option<String>,
    /// The address that users open: the balancer's.
    #[arg(long, value_name = "URL")]
    pub(super) server_url: Option<String>,
    /// The Active Directory domain (its DNS name), whose SRV records name the directory servers.
    #[arg(long, value_name = "NAME", conflicts_with = "ldap_url")]
    pub(super) domain: Option<String>,
    /// A directory server, in place of those of the domain.
    #[arg(long, value_name = "URL")]
    pub(super) ldap_url: Option<String>,
    /// Where users are searched; by default all of the directory.
    #[arg(long, value_name = "DN")]
    pub(super) ldap_base: Option<String>,
    /// The service account that searches: a DN or a user principal name.
    #[arg(long, value_name = "NAME")]
    pub(super) bind_user: Option<String>,
    /// A file that holds its password; also LDAP_BIND_PASSWORD in the environment.
    #[arg(long, value_name = "FILE")]
    pub(super) bind_password_file: Option<PathBuf>,
    /// Search without a service account.
    #[arg(long)]
    pub(super) anonymous: bool,
    /// A further CA for directory and tenant, PEM.
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// A proxy for the way to the tenant.
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Ask nothing.
    #[arg(long)]
    pub(super) yes: bool,
}
