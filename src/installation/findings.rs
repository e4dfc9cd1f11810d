//! What an import has to say of what it was given, beside its keys: another layout, secrets elsewhere, mappers that
//! were left.

use std::fmt;

use super::{layout::NEWER_MAPPER, paths::MAPPER};

/// The name under which version 7 of the AD/LDAP Connector keeps its secrets.
const SERVICE: &str = "auth0-ad-ldap-connector";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Files of version 7, from this folder.
    NewerLayout {
        root: String,
        has_mapper: bool,
    },
    /// Another version's, which does not run: its `config.json` and what is with it.
    OtherVersion(Vec<String>),
    Bridge {
        file: String,
        /// Each secret with the key that has it now.
        taken: Vec<(&'static str, &'static str)>,
        others: Vec<String>,
    },
    BrokenBridge {
        file: String,
        problem: String,
    },
    Keychain(Keychain),
    /// Files that look like profile mappers, or like what one needs, and are not taken.
    MappersLeft(Vec<String>),
    /// The mapper's file has no effect: this key says another.
    MapperWithoutEffect {
        key: &'static str,
        file: &'static str,
    },
    /// Which modules came with the mapper.
    Modules(Vec<String>),
    /// Its `require` of these leads to no file.
    NoModule(Vec<String>),
    Utf16(String),
    OtherText(String),
}

/// A secret that lies in the keychain of the connector's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keychain {
    pub secret: &'static str,
    pub key: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewerLayout { root, has_mapper } => {
                let folder = match root.as_str() {
                    "" => "the folder itself",
                    root => root,
                };
                write!(
                    f,
                    "It is of version 7 of the AD/LDAP Connector ({folder}): config.json and certs/ are taken as they \
                     are"
                )?;
                if *has_mapper {
                    write!(
                        f,
                        ", {NEWER_MAPPER} as {MAPPER}. A profile mapper that fails there (an error, too much memory \
                         or time) gives the default profile without a word; here such a login is refused, and the log \
                         says the mapper's line: no claim is lost in silence. It has the 10 s there by default, which \
                         PROFILE_MAPPING_TIMEOUT_MS says here."
                    )
                } else {
                    write!(
                        f,
                        ". There is no {NEWER_MAPPER}, so profiles are made by the built-in mapper, which is the \
                         default one there."
                    )
                }
            }
            Self::OtherVersion(names) => write!(
                f,
                "NOT TAKEN, another version's beside the one that is taken: {}.",
                names.join(", ")
            ),
            Self::Bridge {
                file,
                taken,
                others,
            } => {
                write!(f, "{file} holds secrets in clear. ")?;
                for (secret, key) in taken {
                    write!(f, "{secret} was taken from it, as {key}. ")?;
                }
                if !others.is_empty() {
                    write!(f, "Without use here: {}. ", others.join(", "))?;
                }
                write!(
                    f,
                    "Remove this file and every copy of it (rm, and the zip), or change these passwords."
                )
            }
            Self::BrokenBridge { file, problem } => write!(
                f,
                "{file} holds secrets in clear and cannot be read ({problem}): take the password out of it by hand, \
                 then remove this file and every copy of it."
            ),
            Self::Keychain(keychain) => keychain.fmt(f),
            Self::MappersLeft(names) => write!(
                f,
                "NOT TAKEN, though it may be a profile mapper or belong to one: {}. If profiles need it, copy it to \
                 {MAPPER}, or beside that, and import again.",
                names.join(", ")
            ),
            Self::MapperWithoutEffect { key, file } => write!(
                f,
                "{key} says which profile mapper counts, so {file} has no effect. Take {key} out for it."
            ),
            Self::Modules(names) => write!(
                f,
                "The profile mapper loads {}: taken with it.",
                names.join(", ")
            ),
            Self::NoModule(names) => write!(
                f,
                "The profile mapper calls require of {}, which is not in what was given and not built in: where that \
                 call is reached, the mapper fails. Put the file beside the mapper, or write what it needs into it.",
                names.join(", ")
            ),
            Self::Utf16(name) => {
                write!(f, "{name} is written in UTF-16, and was taken as UTF-8.")
            }
            Self::OtherText(name) => write!(
                f,
                "{name} is not UTF-8: letters beyond ASCII in it are lost, as they are in the connector. Save it as \
                 UTF-8 if they matter."
            ),
        }
    }
}

impl fmt::Display for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret, key } = self;
        write!(
            f,
            "{key} is not in config.json: version 7 has it in the keychain of its host, service {SERVICE}, as \
             {secret}. Read it there, as the user that the connector's service runs as: on Linux `secret-tool search \
             --unlock service {SERVICE}`; on macOS `security find-generic-password -s {SERVICE} -a {secret} -w`; on \
             Windows it is in the Credential Manager as {SERVICE}/{secret}: in PowerShell `Install-Module \
             CredentialManager; (Get-StoredCredential -Target '{SERVICE}/{secret}' \
             -AsCredentialObject).Password` (of the system's own account by `psexec -s -i powershell`). Or give the \
             account a new one. Then write it as {key} into config.json, here or in the copy that is imported."
        )
    }
}
