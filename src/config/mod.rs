//! The configuration: `config.json`, the environment and the defaults, read once into types that
//! cannot be wrong.
//!
//! [`Config::load`] is the only way in. It reports every mistake at once ([`Invalid`]), each with its
//! key and what would be right. Sections are named after the part of the program that they build.

mod accounts;
mod client_cert;
mod credentials;
mod direct;
mod directory;
mod effective;
mod federation;
mod home;
mod keys;
mod listen;
mod load;
mod log_format;
mod mistake;
mod reader;
mod settings;
mod signing;
mod source;
mod tls;
mod tunnel;

pub use self::{
    accounts::{AccountsConfig, MapperSource, WriteBackConfig},
    client_cert::{
        AuthoritySource, CertificateName, ClientCertConfig, RevocationConfig, RevocationFiles,
    },
    credentials::{encrypt as encrypt_credentials, opens as credentials_open},
    direct::{BalancerCertificate, ChannelBindingPolicy, DirectConfig, FormLimits, KerberosConfig},
    directory::{
        DirectoryConfig, FilterTemplate, GroupsConfig, Scheme, ServerUrl, ServersConfig,
        ServiceAccount,
    },
    effective::{Effective, text_of, uses_files},
    federation::{Callback, FederationConfig, RelyingParties},
    home::Home,
    keys::{find as find_key, keys_table},
    listen::{ListenConfig, ProxyProtocol},
    load::{Config, Fingerprint, InstanceConfig, Loaded},
    log_format::LogFormat,
    mistake::{Invalid, Mistake, Warning},
    reader::{flag as read_flag, list as read_list},
    settings::Settings,
    signing::SigningPair,
    source::FileKeys,
    tls::TlsMaterial,
    tunnel::{ProxyConfig, TunnelConfig},
};

#[cfg(test)]
mod tests;
