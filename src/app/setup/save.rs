//! The end of a set-up: the signing pair, the tenant, `config.json`.

use serde_json::{Map, Value, json};

use super::{PASSWORD, SetupPlan, next};
use crate::{
    app::provision::exchange,
    clock::Clock,
    config::{Invalid, encrypt_credentials},
    secret::ExposeSecret as _,
    setup::{ConfigFile, generate_signing_pair},
    token::SigningKey,
};

/// What was written.
#[derive(Debug)]
pub struct Saved {
    pub files: Vec<&'static str>,
}

/// Why `config.json` is as it was.
#[derive(Debug)]
pub struct Unsaved {
    pub why: String,
    /// What was done before, and stays.
    pub left: Option<&'static str>,
}

impl From<Unsaved> for String {
    fn from(unsaved: Unsaved) -> Self {
        match unsaved.left {
            Some(left) => format!("{}. {left}", unsaved.why),
            None => unsaved.why,
        }
    }
}

impl SetupPlan<'_> {
    /// Makes the signing pair of a first set-up, tells the tenant, and saves what then makes a
    /// configuration.
    ///
    /// # Errors
    /// What could not be done, and what is left of it.
    pub async fn save(self, clock: &Clock) -> Result<Saved, Unsaved> {
        let mut files = Vec::new();
        match self.try_to_save(clock, &mut files).await {
            Ok(()) => Ok(Saved { files }),
            Err(why) => Err(Unsaved {
                why,
                left: (!files.is_empty()).then_some(
                    "config.json is as it was; the signing pair was made (certs/cert.pem, \
                     certs/cert.key) and stays: correct this and run it again",
                ),
            }),
        }
    }

    async fn try_to_save(
        mut self,
        clock: &Clock,
        files: &mut Vec<&'static str>,
    ) -> Result<(), String> {
        let home = self.settings.home();
        let mut config = self.provisional()?;
        let pair = match config.signing.take() {
            Some(pair) => pair,
            None => {
                let connection = self.get("CONNECTION").unwrap_or_default();
                let issuer = self.get("WSFED_ISSUER").unwrap_or_default();
                let made = generate_signing_pair(&home, &connection, &issuer, clock.now());
                let made = made.map_err(|error| error.to_string())?;
                files.extend(["certs/cert.pem", "certs/cert.key"]);
                made
            }
        };
        if let Some(password) = &self.password {
            let stored = encrypt_credentials(password, pair.key.expose_secret().as_bytes());
            let stored = stored.map_err(|error| error.to_string())?;
            self.keys
                .insert("LDAP_BIND_CREDENTIALS".to_owned(), json!(stored));
        }
        self.keys.insert(PASSWORD.to_owned(), Value::Null);
        if let Some(ticket) = &self.ticket {
            let signing = SigningKey::new(&pair).map_err(|error| error.to_string())?;
            let agent_mode = self.effective().flag("AGENT_MODE", true);
            let learned = exchange(ticket, &config, &signing, agent_mode).await;
            self.keys
                .extend(learned.map_err(|error| format!("{error:#}"))?);
        }
        // Read now: what was written there meanwhile stays.
        let mut file = ConfigFile::read(&home).map_err(|error| error.to_string())?;
        for (key, value) in &self.keys {
            match value {
                Value::Null => file.remove(key),
                value => file.set(key, value.clone()),
            }
        }
        self.whole(file.keys())?;
        file.save().map_err(|error| error.to_string())?;
        files.push("config.json");
        Ok(())
    }

    /// An error unless these keys make a configuration, but for files of the direct logins.
    fn whole(&self, saved: &Map<String, Value>) -> Result<(), String> {
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
        Err(Invalid { mistakes, warnings }.to_string())
    }
}
