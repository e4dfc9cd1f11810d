//! Accepts Negotiate tokens (RFC 4559): one connection, one leg, one answer.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread::available_parallelism,
    time::Duration,
};

use arc_swap::ArcSwap;
use libgssapi::error::Error;
use tokio::time::Instant;

use super::{
    gss::{self, AcquireError, Credential, Exchange},
    keytab::{Keytab, KeytabError},
    pac::Pac,
    principal::{KerberosRealms, Principal},
    refusal::{KerberosRefusal, diagnose},
    replay::{ReplayCheck, Seen},
    services::{Openers, Services},
    skew::Skew,
    spnego::{self, KerberosToken, Token},
    worker::Workers,
};
use crate::{
    cause,
    config::{ChannelBindingPolicy, KerberosConfig},
    directory::Sid,
};

/// Tokens that may wait for a worker. At a hundred microseconds each, a full queue is a tenth of a
/// second of one worker's time; more would only make everyone wait.
const QUEUE: usize = 1024;

/// `GSS_C_CHANNEL_BOUND_FLAG` (MIT krb5 1.19): the client's bindings were there and right.
const CHANNEL_BOUND: u32 = 0x800;

/// Accepts tokens for the keytab's principals.
pub struct Kerberos {
    workers: Workers,
    acceptor: Arc<Acceptor>,
}

/// A user proved by a token.
#[derive(Debug)]
pub struct Accepted {
    pub principal: Principal,
    pub pac: Pac,
    /// What goes back in `WWW-Authenticate`, so that the client can verify this server.
    pub response: Option<Vec<u8>>,
    /// Time on the worker, without the wait for it.
    pub took: Duration,
}

/// Why Kerberos cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum KerberosError {
    #[error("the keytab {} {source}", path.display())]
    Keytab { path: PathBuf, source: KeytabError },
    #[error("GSSAPI gives no credential for the keytab {}: {source}", path.display())]
    Credential { path: PathBuf, source: AcquireError },
    #[error("no thread for Kerberos can be started: {}", cause::io(.0))]
    Threads(#[from] std::io::Error),
}

struct Acceptor {
    path: PathBuf,
    configured_realms: Vec<String>,
    services: Services,
    channel_binding: ChannelBindingPolicy,
    require_pac: bool,
    keys: ArcSwap<Keys>,
    skew: Skew,
    replay: Arc<ReplayCheck>,
}

/// What one version of the keytab file gives.
struct Keys {
    credential: Credential,
    keytab: Keytab,
    realms: KerberosRealms,
    openers: Openers,
}

impl Kerberos {
    /// Reads the keytab and starts the workers. `host` is that of SERVER_URL. What a predecessor has seen counts
    /// as a replay here.
    ///
    /// # Errors
    /// When the keytab cannot be used.
    pub fn start(
        section: &KerberosConfig,
        host: &str,
        predecessor: Option<&Self>,
    ) -> Result<Self, KerberosError> {
        let KerberosConfig {
            keytab,
            realms,
            aliases,
            channel_binding,
            require_pac,
        } = section;
        let services = Services::new(host, aliases);
        let keys = Keys::read(keytab, realms, &services)?;
        let threads = available_parallelism().map_or(2, NonZeroUsize::get);
        Ok(Self {
            workers: Workers::start("gssapi", threads, QUEUE)?,
            acceptor: Arc::new(Acceptor {
                path: keytab.clone(),
                configured_realms: realms.clone(),
                services,
                channel_binding: *channel_binding,
                require_pac: *require_pac,
                keys: ArcSwap::from_pointee(keys),
                skew: Skew::read(Instant::now()),
                replay: predecessor.map_or_else(
                    || Arc::new(ReplayCheck::new(Instant::now())),
                    |before| Arc::clone(&before.acceptor.replay),
                ),
            }),
        })
    }

    /// Accepts a token, decoded from base64. Each of `bindings` is `tls-server-end-point:`
    /// and the hash of a certificate that the client may have seen (RFC 5929, section 4): unless `CHANNEL_BINDING` is off, a token bound to another
    /// connection is refused; one without bindings is taken unless they are required.
    ///
    /// # Errors
    /// Why the token was refused.
    pub async fn accept(
        &self,
        token: Vec<u8>,
        bindings: Vec<Vec<u8>>,
    ) -> Result<Accepted, KerberosRefusal> {
        let acceptor = Arc::clone(&self.acceptor);
        self.workers
            .run(move || acceptor.accept(&token, &bindings))
            .await
            .unwrap_or(Err(KerberosRefusal::Busy))
    }

    /// Which account of Active Directory a ticket is for, by its SID; `None` when only its name tells, and
    /// that may count (`KERBEROS_REQUIRE_PAC`).
    ///
    /// # Errors
    /// When the ticket does not say it, or nobody vouches for what it says.
    pub fn account<'a>(&self, accepted: &'a Accepted) -> Result<Option<&'a Sid>, KerberosRefusal> {
        let principal = || accepted.principal.clone();
        match &accepted.pac {
            Pac::Of(sid) => Ok(Some(sid)),
            Pac::Absent if self.acceptor.require_pac => Err(KerberosRefusal::NoPac {
                principal: principal(),
            }),
            Pac::Absent => Ok(None),
            Pac::Bad(cause) => Err(KerberosRefusal::BadPac {
                principal: principal(),
                cause: cause.clone(),
            }),
        }
    }

    /// Reads the keytab again; on failure the old one stays in use.
    ///
    /// # Errors
    /// When the new keytab cannot be used.
    pub fn reload(&self) -> Result<(), KerberosError> {
        let acceptor = &self.acceptor;
        let keys = Keys::read(
            &acceptor.path,
            &acceptor.configured_realms,
            &acceptor.services,
        )?;
        acceptor.keys.store(Arc::new(keys));
        Ok(())
    }

    /// The realms whose users may sign in.
    #[must_use]
    pub fn realms(&self) -> KerberosRealms {
        self.acceptor.keys.load().realms.clone()
    }

    /// How many tokens are remembered against replays.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.acceptor.replay.count()
    }

    /// What the keytab in use holds.
    #[must_use]
    pub fn keytab(&self) -> Keytab {
        self.acceptor.keys.load().keytab.clone()
    }
}

impl std::fmt::Debug for Kerberos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kerberos")
            .field("keytab", &self.acceptor.path)
            .finish_non_exhaustive()
    }
}

impl Keys {
    fn read(path: &Path, realms: &[String], services: &Services) -> Result<Self, KerberosError> {
        let keytab = Keytab::read(path).map_err(|source| KerberosError::Keytab {
            path: path.to_owned(),
            source,
        })?;
        let credential =
            gss::credential_of_keytab(path).map_err(|source| KerberosError::Credential {
                path: path.to_owned(),
                source,
            })?;
        let realms = KerberosRealms::new(realms, keytab.realms());
        Ok(Self {
            credential,
            openers: services.openers(&keytab),
            keytab,
            realms,
        })
    }
}

impl Acceptor {
    fn accept(&self, token: &[u8], bindings: &[Vec<u8>]) -> Result<Accepted, KerberosRefusal> {
        let start = Instant::now();
        let kerberos = match spnego::read(token) {
            Token::Kerberos(kerberos) => kerberos,
            Token::Ntlm => return Err(KerberosRefusal::Ntlm),
            Token::SecondLeg => return Err(KerberosRefusal::SecondLeg),
            Token::Malformed => return Err(KerberosRefusal::Malformed),
        };
        if !self.services.accept(&kerberos.ticket.service) {
            return Err(KerberosRefusal::WrongService {
                asked: kerberos.asked(),
                accepted: self.services.to_string(),
            });
        }
        let keys = self.keys.load();
        let bindings = match self.channel_binding {
            ChannelBindingPolicy::Off => &[],
            ChannelBindingPolicy::Accept | ChannelBindingPolicy::Require => bindings,
        };
        let exchange = keys.step(token, &kerberos, bindings)?;
        if !exchange.complete {
            return Err(KerberosRefusal::SecondLeg);
        }
        let asked = || kerberos.asked();
        let other = |error: Error| KerberosRefusal::Other {
            asked: asked(),
            cause: error.into(),
        };
        if let Openers::Of(allowed) = &keys.openers {
            let opened_by = exchange.opened_by.display().map_err(other)?;
            if !allowed.contains(&opened_by) {
                let asked = asked();
                return Err(KerberosRefusal::OtherKey { asked, opened_by });
            }
        }
        if self.channel_binding == ChannelBindingPolicy::Require {
            // The library takes a token without bindings even when it is given some to compare.
            if exchange.flags & CHANNEL_BOUND == 0 {
                return Err(KerberosRefusal::Unbound { asked: asked() });
            }
        }
        let name = exchange.client.display().map_err(other)?;
        let Some(principal) = Principal::parse(&name) else {
            let asked = asked();
            return Err(KerberosRefusal::NotAUser { asked, name });
        };
        if !keys.realms.allow(&principal.realm) {
            return Err(KerberosRefusal::ForeignRealm { principal });
        }
        let pac = Pac::of(&exchange.client);
        // A controller gives an account tickets under every spelling of its name.
        let account = match &pac {
            Pac::Of(sid) => sid.to_string(),
            Pac::Absent | Pac::Bad(_) => principal.to_string().to_lowercase(),
        };
        let now = Instant::now();
        let skew = self.skew.at(now);
        match self
            .replay
            .note(kerberos.authenticator, &account, skew, now)
        {
            Seen::First => {}
            Seen::Before => return Err(KerberosRefusal::Replay { asked: asked() }),
            Seen::TooMany => return Err(KerberosRefusal::TooMany { principal }),
            Seen::NoRoom => return Err(KerberosRefusal::NoRoom),
        }
        Ok(Accepted {
            principal,
            pac,
            response: exchange.response().map(<[u8]>::to_vec),
            took: start.elapsed(),
        })
    }
}

impl Keys {
    /// Accepts the token with the first of the bindings that it was made for.
    fn step(
        &self,
        token: &[u8],
        kerberos: &KerberosToken<'_>,
        bindings: &[Vec<u8>],
    ) -> Result<Exchange, KerberosRefusal> {
        let ask_whose_key = self.openers != Openers::All;
        let mut candidates = bindings.iter().map(Vec::as_slice);
        let mut candidate = candidates.next();
        loop {
            match gss::accept(&self.credential, token, candidate, ask_whose_key) {
                Ok(exchange) => return Ok(exchange),
                Err(error) => {
                    let refusal = self.explain(error, kerberos, candidate);
                    match candidates.next() {
                        Some(next) if matches!(refusal, KerberosRefusal::ChannelBinding { .. }) => {
                            candidate = Some(next);
                        }
                        _ => return Err(refusal),
                    }
                }
            }
        }
    }

    /// Asks the Kerberos mechanism itself why: through SPNEGO its status is renumbered and its words
    /// are lost. The answer is used for nothing else, and nothing was accepted.
    fn explain(
        &self,
        through_spnego: Error,
        token: &KerberosToken<'_>,
        bindings: Option<&[u8]>,
    ) -> KerberosRefusal {
        match gss::accept(&self.credential, token.inner, bindings, false) {
            Err(error) => diagnose(error, &token.ticket, &self.keytab),
            Ok(_) => KerberosRefusal::Other {
                asked: token.asked(),
                cause: through_spnego.into(),
            },
        }
    }
}
