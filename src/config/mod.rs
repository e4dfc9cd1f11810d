//! The configuration: `config.json`, the environment and the defaults, read once into types that
//! cannot be wrong.
//!
//! [`Config::load_with`] is the only way in. It reports every mistake at once ([`Invalid`]), each with its
//! key and what would be right. Sections are named after the part of the program that they build.
//!
//! A new key is one line in [`keys`], with its kind, default, limits, scope and meaning, and one
//! `r.read(&keys::NAME)` where its section is read: the tests say which of the two is missing. The rest is
//! made from the declaration; `README.md` and `deploy/config.schema.json` are renewed by `ad-edge config`.

mod accounts;
mod choices;
mod client_cert;
mod closed_folder;
mod credentials;
mod direct;
mod directory;
mod dn;
mod effective;
mod encoding;
mod federation;
mod filter;
mod filter_meaning;
mod fingerprint;
mod fixed;
mod fleet;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod given_twice;
pub(crate) mod home;
mod instance;
mod key;
pub(crate) mod keys;
mod kinds;
mod listen;
mod load;
mod logo;
mod mistake;
mod modules;
mod older_names;
mod pages;
mod pattern;
mod problem;
mod read_file;
mod reader;
mod restart;
mod roots;
mod schema;
mod settings;
mod shape;
mod shared;
mod signing;
mod source;
mod table;
mod tls;
mod tunnel;
mod value;

pub use self::{
    accounts::{AccountsConfig, MapperRoom, MapperSource, WriteBackConfig},
    choices::{
        CertificateBinding, CertificateName, ChannelBindingPolicy, LogFormat, LogLevels,
        ProxyProtocol, TlsTermination,
    },
    client_cert::{AuthoritySource, ClientCertConfig, RevocationConfig, RevocationFiles},
    credentials::{CredentialsError, encrypt as encrypt_credentials, opens as credentials_open},
    direct::{DirectConfig, FormLimits, KerberosConfig},
    directory::{DirectoryConfig, GroupsConfig, Scheme, ServerUrl, ServersConfig, ServiceAccount},
    effective::{Effective, InForce, Shown},
    encoding::{Encoding, decoded},
    federation::{Callback, RelyingParties},
    filter::{FilterTemplate, parses as filter_parses},
    fingerprint::Fingerprint,
    fleet::FleetMember,
    home::Home,
    instance::InstanceMark,
    key::{Declared, FlagKey},
    kinds::looks_like_pattern,
    listen::ListenConfig,
    load::{Config, Loaded},
    logo::{Logo, LogoError, LogoKind},
    mistake::{Given, Invalid, Mistake, Place},
    modules::{BUILT_IN_MODULES, MODULES_BESIDE, folder_of_module, has_known_end, module_file},
    pages::PagesConfig,
    problem::{NoTicket, Problem},
    read_file::{Most, openable, read_file, read_text},
    restart::NeedsRestart,
    schema::schema,
    settings::Settings,
    shared::SharedValues,
    signing::SigningPem,
    source::{FileKeys, Origin},
    table::{keys_json, keys_markdown, keys_text},
    tls::TlsMaterial,
    tunnel::{ProxyConfig, TunnelConfig},
    value::text_of,
};

#[cfg(test)]
pub use self::kinds::Kind;

#[cfg(test)]
mod declaration_tests;
#[cfg(test)]
mod section_tests;
#[cfg(test)]
mod tests;
