//! What the directory's accounts can be asked, by whichever front: whether a password is right, who
//! matches a search, which groups there are, and to change a password.

use std::{
    borrow::Cow,
    sync::{Arc, Once},
};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    EvenTime, NotAUser, Origin, Refusal, audit,
    name::{self, Named},
};
use crate::{
    clock::Clock,
    config::{AccountsConfig, WriteBackConfig},
    directory::{
        AccountRefusal, BindError, By, Directory, DirectoryError, Entry, Found, Judge, Kind,
        OutsideName, PasswordAttribute, PasswordChangeError, UnusableName, ldap_escape,
    },
    profile::{Mapper, Profile},
    secret::{ExposeSecret as _, SecretString},
    telemetry::{Metrics, event},
};

/// Users whom a search answers when it names no limit; more than an administrator reads.
const USERS_LIMIT: usize = 10_000;
/// The same for groups, which a tenant's rules list all.
const GROUPS_LIMIT: usize = 100_000;
/// Users by a name that should mean one.
const ENOUGH: usize = 3;
/// Profiles of one search that are made at the same time.
const PROFILES_AT_ONCE: usize = 8;

/// The accounts of the directory and what may be done with them.
#[derive(Debug)]
pub struct Accounts {
    pub directory: Directory,
    pub mapper: Mapper,
    pub config: AccountsConfig,
    pub metrics: Arc<Metrics>,
    /// `INSTANCE_NAME`, for audit lines.
    pub instance: String,
    pub clock: Clock,
    /// When refused passwords are answered.
    pub even: EvenTime,
}

/// A value for a filter's `{0}`, which the tenant may have escaped already (RFC 4515, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Plain(String),
    Escaped(String),
}

impl Term {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Escaped(text) => text,
        }
    }

    fn by(&self) -> By<'_> {
        match self {
            Self::Plain(text) => By::Name(text),
            Self::Escaped(text) => By::EscapedName(text),
        }
    }

    /// What a filter takes; `None` when nothing was given.
    ///
    /// # Errors
    /// When it is in nobody's name.
    pub fn searched(&self) -> Result<Option<Cow<'_, str>>, UnusableName> {
        Ok(match self {
            Self::Plain(text) => {
                OutsideName::typed(text)?.map(|name| ldap_escape(name.as_str()).into_owned().into())
            }
            // As it was escaped, asterisks and all.
            Self::Escaped(text) => OutsideName::escaped(text)?.map(|_| Cow::from(text)),
        })
    }
}

/// A request about one user that was refused, and who that user is when it is known.
#[derive(Debug)]
pub struct Denied {
    pub refusal: Refusal,
    pub profile: Option<Profile>,
    /// Before this no answer may leave, so that all refused passwords take one time.
    pub not_before: Option<Instant>,
}

impl Denied {
    fn unknown(refusal: Refusal) -> Self {
        Self::of(refusal, None)
    }

    fn of(refusal: Refusal, profile: Option<Profile>) -> Self {
        Self {
            refusal,
            profile,
            not_before: None,
        }
    }
}

impl Accounts {
    /// Checks a user's name and password; the profile is that of whoever they are.
    ///
    /// # Errors
    /// Why not; already counted and logged.
    pub async fn authenticate(
        &self,
        origin: &Origin,
        name: &Term,
        password: &SecretString,
    ) -> Result<Profile, Box<Denied>> {
        let mut line = audit::Line::begin(
            origin,
            &self.instance,
            &self.metrics,
            "tunnel",
            name.as_str(),
        );
        let started = Instant::now();
        let mut outcome = self.check(name, password, &mut line).await;
        let refusal = outcome.as_ref().err().map(|denied| &denied.refusal);
        line.end(refusal);
        if let Err(denied) = &mut outcome {
            denied.not_before = self.not_before(started, &denied.refusal);
        }
        outcome.map_err(Box::new)
    }

    async fn check(
        &self,
        name: &Term,
        password: &SecretString,
        line: &mut audit::Line<'_>,
    ) -> Result<Profile, Denied> {
        let Named { entry, .. } = self.one(name).await.map_err(Denied::unknown)?;
        line.user(entry.dn());
        // A refused user's profile is part of the answer too, so both can be asked at once.
        let verify = async {
            self.verify(&entry, password).await?;
            self.admits(&entry, Judge::Bind)
        };
        let (verdict, profile) = tokio::join!(verify, self.full_profile(&entry));
        match (verdict, profile) {
            (Ok(()), Ok(full)) => Ok(full.noted(line)),
            (Ok(()), Err(refusal)) => Err(Denied::unknown(refusal)),
            (Err(refusal), full) => Err(Denied::of(refusal, full.ok().map(|full| full.profile))),
        }
    }

    /// Sets a user's password, when `ENABLE_WRITE_BACK` allows it.
    ///
    /// # Errors
    /// Why not; already logged.
    pub async fn change_password(
        &self,
        origin: &Origin,
        name: &Term,
        password: &SecretString,
    ) -> Result<Profile, Box<Denied>> {
        let mut user = String::new();
        let outcome = self.change(name, password, &mut user).await;
        let refusal = outcome.as_ref().err().map(|denied| &denied.refusal);
        audit::password_change(origin, &self.instance, name.as_str(), &user, refusal);
        outcome.map_err(Box::new)
    }

    async fn change(
        &self,
        name: &Term,
        password: &SecretString,
        user: &mut String,
    ) -> Result<Profile, Denied> {
        let Some(write_back) = self.config.write_back else {
            return Err(Denied::unknown(Refusal::WriteBackOff));
        };
        let Named { entry, .. } = self.one(name).await.map_err(Denied::unknown)?;
        entry.dn().clone_into(user);
        self.must_be_user(&entry)
            .map_err(|refusal| Denied::unknown(refusal.into()))?;
        // Before anything is changed: without them there would be no answer to who has a new password.
        let groups = self.groups(&entry).await.map_err(Denied::unknown)?;
        let (set, profile) = tokio::join!(
            self.set_password(&entry, password, write_back),
            self.map(&entry, groups.listed())
        );
        match (set, profile) {
            // The new password counts, whatever the mapper thinks of the user.
            (Ok(()), Ok(profile)) => Ok(profile),
            (Ok(()), Err(refusal)) => Err(Denied::unknown(refusal)),
            (Err(refusal), profile) => Err(Denied::of(refusal, profile.ok())),
        }
    }

    async fn set_password(
        &self,
        entry: &Entry,
        password: &SecretString,
        WriteBackConfig { unicode, unlock }: WriteBackConfig,
    ) -> Result<(), Refusal> {
        // No rule of a directory allows it, and some would take it for "remove the password".
        if password.expose_secret().is_empty() {
            return Err(PasswordChangeError::Complexity.into());
        }
        let attribute = if unicode {
            PasswordAttribute::Unicode
        } else {
            if entry.is_active_directory() {
                static SAID: Once = Once::new();
                SAID.call_once(|| {
                    tracing::warn!(
                        event = event::PASSWORD_OLD_VALID,
                        "ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD is off: Active Directory stores \
                         userPassword, and the user's old password stays valid; set it to true"
                    );
                });
            }
            PasswordAttribute::Plain
        };
        let changed = self
            .directory
            .change_password(entry.dn(), password, attribute, unlock);
        Ok(changed.await?)
    }

    /// The users whom a search finds; an empty one finds all, and one for what is in nobody's name finds
    /// nobody. At most `limit`.
    ///
    /// # Errors
    /// When the directory does not answer, for groups neither, or the profile mapper fails.
    pub async fn search(&self, term: &Term, limit: Option<usize>) -> Result<Vec<Profile>, Refusal> {
        let filter = match term.searched() {
            Ok(None) => self.config.search_all.clone(),
            Ok(Some(escaped)) => self.config.search.with_escaped(&escaped),
            Err(_) => return Ok(Vec::new()),
        };
        let limit = limit.unwrap_or(USERS_LIMIT);
        let found = self.directory.search(&filter, limit).await?;
        if found.len() == USERS_LIMIT {
            tracing::warn!(
                event = event::SEARCH_CUT,
                limit,
                "a search without a limit found more users than are answered"
            );
        }
        // Ordered, so that equal instances answer alike.
        let mut profiles = stream::iter(found)
            .map(|entry| async move {
                let groups = if self.config.omit_groups {
                    None
                } else {
                    self.groups(&entry).await?.listed()
                };
                self.map(&entry, groups).await
            })
            .buffered(PROFILES_AT_ONCE);
        let mut users = Vec::new();
        while let Some(profile) = profiles.next().await {
            users.push(profile?);
        }
        Ok(users)
    }

    /// The directory's groups, at most `limit`.
    ///
    /// # Errors
    /// When the directory does not answer.
    pub async fn list_groups(&self, limit: Option<usize>) -> Result<Vec<Value>, Refusal> {
        let limit = limit.unwrap_or(GROUPS_LIMIT);
        let filter = &self.config.list_groups;
        Ok(self.directory.list_groups(filter, limit).await?)
    }

    /// The one user whom a typed name means.
    pub(super) async fn one(&self, term: &Term) -> Result<Named, Refusal> {
        let found = self.find(term.by()).await?;
        Ok(name::only(found, term.as_str(), |entry| {
            self.must_be_user(entry)
        })?)
    }

    /// Whether the entry is one of those who sign in: on Active Directory a user, by every way in. Behind a proxy
    /// of LDAP, which may leave attributes out, a type that is shown counts.
    ///
    /// # Errors
    /// Why it is not.
    pub fn must_be_user(&self, entry: &Entry) -> Result<(), NotAUser> {
        let checked = || NotAUser::check(entry, self.config.allow_machines);
        match self.directory.kind() {
            Some(Kind::Other) if !entry.is_of_active_directory() => Ok(()),
            Some(Kind::Other) => match checked() {
                Err(NotAUser::Unreadable) => Ok(()),
                checked => checked,
            },
            Some(Kind::ActiveDirectory(_)) | None => checked(),
        }
    }

    /// Whom a name means.
    pub(super) async fn find(&self, by: By<'_>) -> Result<Found, DirectoryError> {
        let found = self.directory.find_user(by);
        self.metrics.timed("directory", found).await
    }

    /// The users whom a filter finds: enough to tell one from more.
    pub(super) async fn find_by_filter(&self, filter: &str) -> Result<Vec<Entry>, DirectoryError> {
        let found = self.directory.find_by_filter(filter, ENOUGH);
        self.metrics.timed("directory", found).await
    }

    /// Whether the password is the user's; `ALLOW_PASSWORD_EXPIRED` and its like are counted in.
    pub(super) async fn verify(
        &self,
        entry: &Entry,
        password: &SecretString,
    ) -> Result<(), Refusal> {
        let verdict = self.directory.verify_password(entry.dn(), password);
        match self.metrics.timed("password", verdict).await {
            Err(BindError::Account(refusal)) if self.lets_pass(refusal) => Ok(()),
            verdict => Ok(verdict?),
        }
    }

    /// Whether the account may sign in, which `judge` has looked at before.
    pub(super) fn admits(&self, entry: &Entry, judge: Judge) -> Result<(), Refusal> {
        self.must_be_user(entry)?;
        let now = self.clock.now();
        match self.directory.account_refusal(entry, now, judge) {
            Some(refusal) if !self.lets_pass(refusal) => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// `ALLOW_PASSWORD_EXPIRED` and its like.
    fn lets_pass(&self, refusal: AccountRefusal) -> bool {
        match refusal {
            AccountRefusal::PasswordExpired => self.config.allow_expired,
            AccountRefusal::PasswordChangeRequired => self.config.allow_change_required,
            _ => false,
        }
    }

    /// When the answer to a password that was refused may leave.
    pub(super) fn not_before(&self, started: Instant, refusal: &Refusal) -> Option<Instant> {
        refusal
            .is_answered_evenly()
            .then(|| self.even.answer_at(started, Instant::now()))
    }
}
