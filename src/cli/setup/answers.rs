//! What a set-up is given beforehand.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

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
    /// The address of a balancer in front, or its network, as the instances see it; `none` when browsers
    /// connect to the instances themselves.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub(super) balancer_address: Vec<String>,
    /// Where TLS of the address that users open ends.
    #[arg(long, value_name = "WHERE")]
    pub(super) tls_ends: Option<TlsEnds>,
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
    /// A further CA for directory and tenant, PEM; copied to certs/ca.pem.
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// The keys of HTTP/<host of SERVER_URL> for Kerberos; copied to certs/krb5.keytab.
    #[arg(long, value_name = "FILE")]
    pub(super) keytab: Option<PathBuf>,
    /// The certificate of SERVER_URL with its chain, PEM; copied to certs/tls.pem.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) certificate: Option<PathBuf>,
    /// Its key, PEM; copied to certs/tls.key.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(super) key: Option<PathBuf>,
    /// The CA that issues client certificates, PEM; copied to certs/client-ca.pem.
    #[arg(long, value_name = "FILE")]
    pub(super) client_ca: Option<PathBuf>,
    /// A proxy for the way to the tenant.
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Ask nothing.
    #[arg(long)]
    pub(super) yes: bool,
    /// Print the configuration of the balancer for this installation, and change nothing.
    #[arg(long, value_name = "PROGRAM")]
    pub(super) balancer: Option<Balancer>,
    /// Write the policies by which browsers sign in without a question into a new folder, a file for each
    /// place where they read them, and change nothing else.
    #[arg(long, value_name = "FOLDER", conflicts_with = "balancer")]
    pub(super) browser_policies: Option<PathBuf>,
    /// With --balancer: an instance, by host name or address, with its port where it is not PORT. Once for
    /// each; without any, those of FLEET.
    #[arg(
        long,
        value_name = "HOST",
        requires = "balancer",
        value_delimiter = ','
    )]
    pub(super) instance: Vec<String>,
}

impl Answers {
    /// The files that are to be read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = [
            &self.bind_password_file,
            &self.ca_file,
            &self.keytab,
            &self.certificate,
            &self.key,
            &self.client_ca,
        ];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    /// Where policies of browsers are to be written; not that they are to be printed.
    pub fn policies(&self) -> Option<&Path> {
        let folder = self.browser_policies.as_deref();
        folder.filter(|folder| *folder != Path::new("-"))
    }
}

/// Where TLS of SERVER_URL ends (TLS_TERMINATION).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsEnds {
    /// In the instances: the balancer sees no password, ticket or token.
    Here,
    /// At the balancer, which speaks plain HTTP to the instances.
    Balancer,
}

/// A balancer whose configuration is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Balancer {
    Haproxy,
}
