//! A digest of a configuration and of what it names: it tells whether a reload has anything to do.

use std::path::Path;

use aws_lc_rs::digest;

use super::{
    accounts::MapperSource,
    client_cert::AuthoritySource,
    load::Config,
    read_file::{Most, read_file},
    source::Source,
    tls::TlsMaterial,
};
use crate::secret::ExposeSecret as _;

/// A digest of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(source: &Source, config: &Config) -> Self {
        let mut parts = Parts(digest::Context::new(&digest::SHA256));
        for (key, given) in source.iter() {
            parts.add(key);
            parts.add(given.value.to_string());
        }
        if let Some(pem) = &config.signing {
            parts.add(&pem.certificate);
            parts.add(pem.key.expose_secret());
        }
        for file in &config.extra_roots {
            parts.add_path(file);
            // One that cannot be read is reported when it is loaded.
            parts.add(read_file(file, Most::ORDINARY).unwrap_or_default());
        }
        for file in config.files_when_there() {
            parts.add_path(file);
        }
        if let Some(logo) = &config.pages.logo {
            parts.add_path(&logo.file);
            parts.add(&logo.bytes);
        }
        let direct = config.direct.iter();
        for certificate in direct.flat_map(|direct| &direct.balancer_certificates) {
            parts.add_path(&certificate.file);
            parts.add(&certificate.der);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(parts.0.finish().as_ref());
        Self(bytes)
    }
}

/// What a digest is made of, each part with its length: two lists of parts never look the same.
struct Parts(digest::Context);

impl Parts {
    fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_be_bytes());
        self.0.update(part);
    }

    fn add_path(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
    }
}

impl Config {
    /// The files that count because they are there: no key needs to name them.
    fn files_when_there(&self) -> Vec<&Path> {
        let direct = self.direct.as_ref();
        let mut files = direct
            .and_then(|direct| direct.tls.as_ref())
            .map_or_else(Vec::new, TlsMaterial::files);
        let clients = direct.and_then(|direct| direct.client_cert.as_ref());
        if let Some(AuthoritySource::File(file)) = clients.map(|clients| &clients.authorities) {
            files.push(file);
        }
        if let Some(MapperSource::File(file)) = &self.accounts.mapper {
            files.push(file);
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::{
        super::{home::Home, keys, shape::Usual, tests::legacy},
        *,
    };

    #[test]
    fn a_file_that_counts_when_it_is_there_is_part_of_the_fingerprint() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let home = Home::new(folder.path());
        let mut config = legacy();
        config["KERBEROS_AUTH"] = false.into();
        config["CLIENT_CERT_AUTH"] = true.into();
        config["CA_CERT"] = "read later".into();
        config["SSL_PFX"] = "QUJD".into();
        fs::write(home.config_json(), config.to_string()).expect("written");
        let load = || Config::load(home.clone(), &BTreeMap::new()).expect("good");
        let files = keys::all().filter_map(|key| match key.shape().usual {
            Usual::FileWhenThere(file) => Some(file),
            _ => None,
        });
        // The pair of TLS files is there or not by its chain.
        let files = files.filter(|file| *file != keys::TLS_KEY_FILE.kind.usual);
        for file in files {
            let before = load().fingerprint;
            assert_eq!(load().fingerprint, before, "{file}");
            let path = home.path(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "read later").expect("written");
            assert_ne!(load().fingerprint, before, "{file}");
        }
    }
}
