//! A login from begin to end, in one place: proof → principal → entry → profile → token.
//!
//! [`Logins::sign_in`] is the whole of it. Every login ends in one audit line and one count, whatever
//! its outcome.

mod account_type;
mod accounts;
mod attempts;
mod audit;
mod even;
mod failures;
mod full;
mod matching;
mod name;
mod proof;
mod rate;
mod refusal;
mod slots;

use std::sync::Arc;

use aws_lc_rs::rand;
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep_until};

pub use self::{
    account_type::NotAUser,
    accounts::{Accounts, Denied, Term},
    attempts::Attempts,
    audit::{Client, Origin},
    even::EvenTime,
    name::NameRefusal,
    proof::Proof,
    refusal::{Refusal, UnclearUser},
    slots::{Slot, Slots},
};
use self::{attempts::Attempt, name::Named};
/// For the front, which imports no earlier stage than this.
pub use crate::profile::MapperError;
use crate::{
    authenticate::{Accepted, Certificates, Kerberos, Lookup, Mapped},
    clock::Clock,
    directory::{BindError, By, Entry, Kind, OutsideName},
    profile::Claims,
    secret::{ExposeSecret as _, SecretString},
    token::{AssertionId, AuthenticationMethod, Issuer, Statement},
};

/// Where the token goes.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `wtrealm`.
    pub audience: &'a str,
    /// `wctx`.
    pub context: &'a str,
}

/// A finished login.
#[derive(Debug)]
pub struct SignedIn {
    /// The RequestSecurityTokenResponse for `wresult`.
    pub wresult: String,
    /// Kerberos' answer to the client, for `WWW-Authenticate`.
    pub response: Option<Vec<u8>>,
}

/// Everything a login needs.
#[derive(Debug)]
pub struct Logins {
    pub accounts: Arc<Accounts>,
    pub kerberos: Option<Kerberos>,
    pub certificates: Option<Certificates>,
    pub issuer: Issuer,
    /// `TOKEN_LEGACY_METHOD`.
    pub connector_method: bool,
    pub clock: Clock,
    /// Logins that may be under way at the same time (`MAX_LOGINS`).
    pub slots: Arc<Slots>,
    /// Those by password: they wait for the directory, and must not take the places of all others.
    pub passwords: Slots,
    pub attempts: Arc<Attempts>,
}

/// Who the user turned out to be, before the directory's word.
struct Proved {
    entry: Entry,
    response: Option<Vec<u8>>,
}

impl Logins {
    /// Signs a user in: proves who they are, finds them, checks the account, maps the profile and
    /// issues the token.
    ///
    /// # Errors
    /// Why not; already counted and logged.
    pub async fn sign_in(
        &self,
        origin: &Origin,
        proof: Proof,
        wanted: Wanted<'_>,
    ) -> Result<SignedIn, Refusal> {
        let accounts = &*self.accounts;
        let mut line = audit::Line::begin(
            origin,
            &accounts.instance,
            &accounts.metrics,
            proof.label(),
            proof.name(),
        );
        let (method, judge) = (proof.method(), proof.judge());
        let started = Instant::now();
        // A wrong attempt, which goes on until it is answered.
        let mut wrong = None;
        let outcome = async {
            let _slot = self.slots.take(origin.client)?;
            let proved = self.prove(proof, origin, &mut line, &mut wrong).await?;
            line.user(proved.entry.dn());
            accounts.admits(&proved.entry, judge)?;
            self.issue(proved, method, wanted, &mut line).await
        }
        .await;
        line.end(outcome.as_ref().err());
        if let Err(refusal) = &outcome
            && method == AuthenticationMethod::Password
            && let Some(time) = accounts.not_before(started, refusal)
        {
            sleep_until(time).await;
        }
        drop(wrong);
        outcome
    }

    async fn prove(
        &self,
        proof: Proof,
        origin: &Origin,
        line: &mut audit::Line<'_>,
        wrong: &mut Option<Attempt>,
    ) -> Result<Proved, Refusal> {
        match proof {
            Proof::Kerberos { token, bindings } => {
                let kerberos = self.kerberos.as_ref().ok_or(Refusal::MethodOff)?;
                let accepted = kerberos.accept(token, bindings).await?;
                let metrics = &self.accounts.metrics;
                metrics.stage("gss", accepted.took);
                metrics.remembers(kerberos.remembered());
                line.principal(&accepted.principal.to_string());
                let entry = self.find_principal(&accepted, kerberos).await?;
                Ok(Proved {
                    entry,
                    response: accepted.response,
                })
            }
            Proof::Password { username, password } => {
                self.attempts.from(origin.client, Instant::now())?;
                let slot = self.passwords.take(origin.client)?;
                // The directory is not asked, so nothing is counted.
                if password.expose_secret().is_empty() {
                    return Err(BindError::WrongPassword.into());
                }
                let named = match self.accounts.one(&Term::Plain(username)).await {
                    Err(Refusal::Name(refusal)) => {
                        let (spelling, client) = (&refusal.spelling, origin.client);
                        let begin = |now| self.attempts.of_unknown_user(spelling, client, now);
                        *wrong = Some(self.attempts.in_turn(begin).await?);
                        return Err(refusal.into());
                    }
                    found => found?,
                };
                line.user(named.entry.dn());
                let entry = self.verified(named, password, origin.client, slot, wrong);
                Ok(Proved {
                    entry: entry.await?,
                    response: None,
                })
            }
            Proof::Certificate { chain } => {
                let certificates = self.certificates.as_ref().ok_or(Refusal::MethodOff)?;
                let start = Instant::now();
                let names = certificates.check(&chain, self.clock.now())?;
                self.accounts.metrics.stage("certificate", start.elapsed());
                line.principal(names.shown());
                // A directory of another kind knows no such names.
                let mut strong = certificates.is_strong()
                    && self.accounts.directory.await_kind().await? != Kind::Other;
                let entry = loop {
                    let lookups = certificates.lookups(&names, strong)?;
                    let found = lookups.into_iter().map(|lookup| self.mapped(lookup));
                    let found = try_join_all(found).await?;
                    let entry = Mapped::decide(found, &names.subject, strong)?;
                    // Behind a proxy of LDAP the entry alone tells.
                    if strong || !certificates.is_strong() || !entry.is_of_active_directory() {
                        break entry;
                    }
                    strong = true;
                };
                if !self.accounts.directory.meets_conditions(&entry).await? {
                    let name = names.shown().to_owned();
                    return Err(Refusal::UnknownPrincipal { name });
                }
                Ok(Proved {
                    entry,
                    response: None,
                })
            }
            Proof::OthersForm { sender } => Err(Refusal::OthersForm { sender }),
            Proof::Frontend { user } => {
                let user = user?;
                line.principal(&user);
                let named = matching::FrontendUser::parse(&user);
                let found = self.accounts.find(By::Principal(named.name)).await?;
                Ok(Proved {
                    entry: named.only(found, &user)?,
                    response: None,
                })
            }
        }
    }

    /// The entry, when the password is its own. What the directory says of an attempt counts whether or
    /// not the client waits for it.
    async fn verified(
        &self,
        named: Named,
        password: SecretString,
        client: Client,
        slot: Slot,
        wrong: &mut Option<Attempt>,
    ) -> Result<Entry, Refusal> {
        let Named { entry, spelling } = named;
        let begin = |now| {
            let user = entry.identity();
            self.attempts.of_user(user, &spelling, client, now)
        };
        let attempt = self.attempts.in_turn(begin).await?;
        let accounts = Arc::clone(&self.accounts);
        let judged = tokio::spawn(async move {
            let verdict = accounts.verify(&entry, &password).await;
            let wrong = attempt.judged(&verdict, Instant::now());
            drop(slot);
            (verdict.map(|()| entry), wrong)
        });
        match judged.await {
            Ok((verdict, attempt)) => {
                *wrong = attempt;
                verdict
            }
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }

    /// The entry of a ticket's account. On Active Directory its SID decides: a name may be somebody else's by
    /// now, or that of a computer without its dollar (CVE-2020-25717, CVE-2021-42287).
    async fn find_principal(
        &self,
        accepted: &Accepted,
        kerberos: &Kerberos,
    ) -> Result<Entry, Refusal> {
        if let Err(why) = OutsideName::proved(&accepted.principal.name) {
            let name = accepted.principal.to_string();
            return Err(Refusal::UnusableName { name, why });
        }
        let sid = match self.accounts.directory.await_kind().await? {
            Kind::ActiveDirectory(_) => kerberos.account(accepted)?,
            Kind::Other => None,
        };
        let principal = &accepted.principal;
        let by = sid.map_or(By::Principal(&principal.name), By::Sid);
        let found = self.accounts.find(by).await?;
        let entry = matching::of_principal(found, principal, sid, &kerberos.realms())?;
        // Behind a proxy of LDAP the entry alone tells that it has a SID.
        if sid.is_none()
            && entry.is_of_active_directory()
            && let Some(sid) = kerberos.account(accepted)?
        {
            return matching::of_sid(entry, principal, sid);
        }
        Ok(entry)
    }

    async fn mapped(&self, lookup: Lookup) -> Result<Mapped, Refusal> {
        let found = match &lookup.filter {
            Some(filter) => self.accounts.find_by_filter(filter).await?,
            None => {
                let by = By::CommonName(&lookup.value);
                self.accounts.find(by).await?.users
            }
        };
        Ok(Mapped { lookup, found })
    }

    async fn issue(
        &self,
        proved: Proved,
        method: AuthenticationMethod,
        wanted: Wanted<'_>,
        line: &mut audit::Line<'_>,
    ) -> Result<SignedIn, Refusal> {
        let Proved { entry, response } = proved;
        let now = self.clock.now();
        let profile = self.accounts.full_profile(&entry).await?.noted(line);
        let claims = Claims::of(&profile)?;
        let start = Instant::now();
        let mut random = [0; 16];
        rand::fill(&mut random).map_err(|_| Refusal::NoRandomness)?;
        let wresult = self.issuer.issue(&Statement {
            id: AssertionId::from_random(random),
            now,
            audience: wanted.audience,
            method: if self.connector_method {
                AuthenticationMethod::Password
            } else {
                method
            },
            claims: &claims,
            context: wanted.context,
        })?;
        self.accounts.metrics.stage("sign", start.elapsed());
        Ok(SignedIn { wresult, response })
    }
}
