//! The end of a set-up: the signing key and certificate, the tenant, `config.json`.

use serde_json::{Map, Value, json};

use super::{
    error::SetupError,
    next,
    plan::{PASSWORD, SetupPlan},
};
use crate::{
    clock::Clock,
    config::{Home, Invalid, encrypt_credentials, home, keys},
    installation::{
        ChangeKind, ConfigFile, Locked, Note, generate_signing_key, is_there, put, recover_locked,
    },
    secret::ExposeSecret as _,
    tenant::exchange,
    token::SigningKey,
};

/// What was written.
#[derive(Debug)]
pub struct Saved {
    pub files: Vec<&'static str>,
}

/// What an administrator has to know of a set-up that ended after it made the signing key.
pub const SIGNING_KEY_STAYS: &str = "config.json is as it was; the signing key and certificate were made \
                                     (certs/cert.key, certs/cert.pem) and stay: correct this and run it \
                                     again";

/// Why `config.json` is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{why}{}", if *.made_signing_key { format!(". {SIGNING_KEY_STAYS}") } else { String::new() })]
pub struct Unsaved {
    #[source]
    pub why: SetupError,
    /// A signing key and certificate were made before, and stay.
    pub made_signing_key: bool,
}

impl SetupPlan<'_> {
    /// Makes the signing key and certificate of a first set-up, tells the tenant, and saves a configuration
    /// that is valid with what the tenant says.
    ///
    /// # Errors
    /// What could not be done, and what is left of it.
    pub async fn save(self, clock: &Clock) -> Result<Saved, Unsaved> {
        let mut files = Vec::new();
        match self.try_to_save(clock, &mut files).await {
            Ok(()) => Ok(Saved { files }),
            Err(why) => Err(Unsaved {
                why,
                made_signing_key: !files.is_empty(),
            }),
        }
    }

    async fn try_to_save(
        mut self,
        clock: &Clock,
        files: &mut Vec<&'static str>,
    ) -> Result<(), SetupError> {
        let home = self.settings.home();
        let mut config = self.provisional()?;
        let signing_files = match config.signing.take() {
            Some(files) => files,
            None => {
                let connection = self.get(keys::CONNECTION.name).unwrap_or_default();
                let issuer = &config.federation.issuer;
                let made = generate_signing_key(&home, &connection, issuer, clock.now())?;
                files.extend([home::SIGNING_CERTIFICATE, home::SIGNING_KEY]);
                made
            }
        };
        if let Some(password) = &self.password {
            let key = signing_files.key.expose_secret().as_bytes();
            let stored =
                encrypt_credentials(password, key).map_err(|_| SetupError::NoRandomness)?;
            self.keys
                .insert(keys::LDAP_BIND_CREDENTIALS.name.to_owned(), json!(stored));
        }
        // It is encrypted, or is in a file of its own: nowhere else.
        if self.has_given_password() {
            self.keys.insert(PASSWORD.to_owned(), Value::Null);
        }
        if let Some(ticket) = &self.ticket {
            let signing = SigningKey::new(&signing_files)?;
            let agent_mode = self.effective().value(&keys::AGENT_MODE);
            let learned = exchange(ticket, &config, &signing, agent_mode).await?;
            self.keys.extend(learned);
        }
        files.extend(self.write(&home, clock)?);
        files.push(home::CONFIG_JSON);
        Ok(())
    }

    /// Gives the files that came with it and are not there like that already.
    fn write(&self, home: &Home, clock: &Clock) -> Result<Vec<&'static str>, SetupError> {
        let _alone = self.settings.writing();
        // Nor another process: an import may be at it.
        let locked = Locked::take(home)?;
        recover_locked(&locked)?;
        // Read now: what was written there meanwhile stays.
        let mut file = ConfigFile::read(home)?;
        // An installation that is there already, or was imported, keeps its way.
        let of_old = [
            keys::LDAP_URL.name,
            keys::CONNECTION.name,
            keys::CLIENT_CERT_BINDING.name,
        ];
        if !of_old.iter().any(|key| file.keys().contains_key(*key)) {
            file.set(keys::CLIENT_CERT_BINDING.name, json!("strong"));
        }
        for (key, value) in &self.keys {
            match value {
                Value::Null => file.remove(key),
                value => file.set(key, value.clone()),
            }
        }
        self.check_whole(file.keys())?;
        for (key, place) in &self.brought.keys {
            file.set(key, *place);
        }
        let mut new = self.brought.files.clone();
        new.retain(|(name, content)| !is_there(home, name, content));
        if new.is_empty() && self.keeps_before.is_none() {
            file.save()?;
        } else {
            let mut note = Note::of(ChangeKind::Settings);
            let all = || self.keys.keys().cloned().collect();
            note.keys = self.keeps_before.clone().unwrap_or_else(all);
            put(&new, Some(&file), &note, &locked, clock.now())?;
        }
        Ok(new.into_iter().map(|(name, _)| name).collect())
    }

    fn has_given_password(&self) -> bool {
        self.password.is_some() || self.effective().has(PASSWORD)
    }

    /// An error when the configuration with these keys is invalid, files of the direct logins aside.
    fn check_whole(&self, saved: &Map<String, Value>) -> Result<(), SetupError> {
        let mut keys = saved.clone();
        // Not to be read from the file that they are taken out of.
        for (key, value) in &self.keys {
            if value.is_null() {
                keys.insert(key.clone(), Value::Null);
            }
        }
        let Err(Invalid { mistakes, warnings }) = self.settings.load_with(&keys) else {
            return Ok(());
        };
        let mistakes: Vec<_> = mistakes
            .into_iter()
            .filter(|mistake| !next::may_come_later(mistake))
            .collect();
        if mistakes.is_empty() {
            return Ok(());
        }
        Err(Invalid { mistakes, warnings }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn home_with(config: &Value) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
        let settings = Settings::of_process(folder.path());
        (folder, settings)
    }

    #[tokio::test]
    async fn what_is_written_there_meanwhile_stays() {
        let mut config = json!({
            "SERVER_URL": "https://login.corp.example",
            "LDAP_URL": "ldaps://dc1.corp.example",
            "LDAP_BASE": "DC=corp,DC=example",
            "ANONYMOUS_SEARCH_ENABLED": true,
        });
        let (folder, settings) = home_with(&config);
        let mut plan = SetupPlan::begin(&settings).expect("begins");
        plan.set("LDAP_BASE", "OU=Staff,DC=corp,DC=example")
            .expect("set");
        config["SITE_NAME"] = json!("Kestrel Works");
        let path = folder.path().join("config.json");
        std::fs::write(&path, config.to_string()).expect("written");
        plan.save(&Clock::system()).await.expect("saved");
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(
            text.contains("Kestrel Works") && text.contains("OU=Staff"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn only_a_new_installation_begins_with_strong_names() {
        for (config, binding) in [
            (json!({}), json!("strong")),
            (json!({ "SITE_NAME": "Kestrel Works" }), json!("strong")),
            (
                json!({ "CLIENT_CERT_BINDING": "compatible" }),
                json!("compatible"),
            ),
            (
                json!({ "LDAP_URL": "ldaps://dc1.corp.example" }),
                Value::Null,
            ),
            (json!({ "CONNECTION": "corp" }), Value::Null),
        ] {
            let (folder, settings) = home_with(&config);
            let mut plan = SetupPlan::begin(&settings).expect("begins");
            for (key, value) in [
                ("SERVER_URL", json!("https://login.corp.example")),
                ("LDAP_URL", json!("ldaps://dc1.corp.example")),
                ("LDAP_BASE", json!("DC=corp,DC=example")),
                ("ANONYMOUS_SEARCH_ENABLED", json!(true)),
            ] {
                plan.set(key, value).expect("set");
            }
            plan.save(&Clock::system()).await.expect("saved");
            let text = std::fs::read_to_string(folder.path().join("config.json")).expect("read");
            let saved: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(saved["CLIENT_CERT_BINDING"], binding, "{config}");
        }
    }

    #[tokio::test]
    async fn an_invalid_configuration_is_not_saved() {
        let config = json!({
            "SERVER_URL": "https://login.corp.example",
            "LDAP_URL": "ldaps://dc1.corp.example",
            "ANONYMOUS_SEARCH_ENABLED": true,
            "KERBEROS_AUTH": true,
        });
        let (folder, settings) = home_with(&config);
        let plan = SetupPlan::begin(&settings).expect("begins");
        let unsaved = plan.save(&Clock::system()).await.expect_err("not saved");
        assert!(unsaved.why.is_about(&keys::LDAP_BASE), "{unsaved:?}");
        assert!(
            !unsaved.why.is_about(&keys::KERBEROS_KEYTAB),
            "may come later: {unsaved:?}"
        );
        let text = std::fs::read_to_string(folder.path().join("config.json")).expect("read");
        assert_eq!(text, config.to_string());
        assert!(unsaved.made_signing_key);
        let text = unsaved.to_string();
        assert!(text.contains("certs/cert.key"), "{text}");
    }
}
