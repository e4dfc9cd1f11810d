//! What a request at `/wsfed` leads to. Nothing is done here: `wsfed` does it.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::request::{Asked, BadRequest, Method, SignIn};
use crate::{
    login::{Proof, UnclearUser},
    secret::SecretString,
};

/// The ways to sign in that are switched on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    pub kerberos: bool,
    pub certificates: bool,
    /// `FORM_LOGIN`.
    pub form: bool,
}

/// What came with the request.
#[derive(Debug)]
pub(super) enum Brought {
    /// The fields of the form, by POST.
    Password {
        username: String,
        password: SecretString,
    },
    /// The form, sent by a page that may not.
    OthersForm { sender: String },
    /// The user whom a trusted proxy names, which counts before all that the client brings.
    Word(Result<String, UnclearUser>),
    /// What the client brings of its own accord, perhaps nothing.
    Own {
        chain: Option<Arc<[CertificateDer<'static>]>>,
        negotiate: Option<Negotiate>,
    },
}

/// A Negotiate token, and the channels that it may be bound to.
#[derive(Debug)]
pub(super) struct Negotiate {
    pub token: Vec<u8>,
    pub bindings: Vec<Vec<u8>>,
}

/// What is to be done. `others` are the further ways that a page offers beside the form.
#[derive(Debug)]
pub(super) enum Step {
    /// There is no session to end: each sign-in is independent.
    SignOut,
    BadRequest(BadRequest),
    /// Sign in; when it is refused, the page offers the others.
    SignIn {
        wanted: SignIn,
        proof: Proof,
        others: Vec<Method>,
    },
    /// 401 with the challenge. The page under it is what a browser shows that has no ticket, and what a
    /// fresh Chromium profile shows once even with one: so it tries again by itself (`retry`), one time.
    /// `explain`: the second try has brought no proof either, and there is no form to go on with.
    Challenge {
        retry: bool,
        explain: bool,
    },
    Form {
        others: Vec<Method>,
    },
    /// The user is asked, as the application wants it.
    Choose {
        others: Vec<Method>,
    },
    /// A certificate was chosen, and none was shown.
    NoCertificate {
        others: Vec<Method>,
    },
    /// A certificate is the only way, and none was shown.
    OnlyCertificates,
    /// The form was sent, and is switched off.
    FormOff,
    /// Every way is switched off.
    NoWay,
}

impl Step {
    /// The step for what a request asks for, with what came along, which is looked at for a sign-in only.
    pub fn of(
        on: Ways,
        asked: Result<Asked, BadRequest>,
        brought: impl FnOnce() -> Brought,
    ) -> Self {
        match asked {
            Ok(Asked::SignIn(wanted)) => Self::of_sign_in(on, wanted, brought()),
            Ok(Asked::SignOut) => Self::SignOut,
            Err(error) => Self::BadRequest(error),
        }
    }

    fn of_sign_in(on: Ways, wanted: SignIn, brought: Brought) -> Self {
        let (chain, negotiate) = match brought {
            Brought::Password { .. } | Brought::OthersForm { .. } if !on.form => {
                return Self::FormOff;
            }
            Brought::OthersForm { sender } => {
                return Self::alone(wanted, Proof::OthersForm { sender });
            }
            Brought::Password { username, password } => {
                return Self::alone(wanted, Proof::Password { username, password });
            }
            Brought::Word(user) => return Self::alone(wanted, Proof::Frontend { user }),
            Brought::Own { chain, negotiate } => (
                chain.filter(|_| on.certificates),
                negotiate.filter(|_| on.kerberos),
            ),
        };
        let there = [
            (Method::Certificate, chain.is_some()),
            (Method::Kerberos, on.kerberos),
        ];
        let besides = |this: Method| -> Vec<Method> {
            let others = there.iter().filter(|(way, is)| *is && *way != this);
            others.map(|(way, _)| *way).collect()
        };
        match (wanted.method, chain) {
            (Method::Automatic | Method::Certificate, Some(chain)) => {
                return Self::SignIn {
                    wanted,
                    proof: Proof::Certificate { chain },
                    others: besides(Method::Certificate),
                };
            }
            (Method::Certificate, None) => {
                let others = besides(Method::Certificate);
                return Self::NoCertificate { others };
            }
            (Method::Choose, _) => {
                let others = besides(Method::Password);
                return Self::Choose { others };
            }
            (Method::Password, _) if on.form => {
                let others = besides(Method::Password);
                return Self::Form { others };
            }
            (Method::Automatic | Method::Kerberos | Method::Password, _) => {}
        }
        match negotiate {
            Some(Negotiate { token, bindings }) => Self::SignIn {
                wanted,
                proof: Proof::Kerberos { token, bindings },
                others: besides(Method::Kerberos),
            },
            None if on.kerberos => Self::Challenge {
                retry: !wanted.retried,
                explain: wanted.retried && !on.form,
            },
            None if on.form => Self::Form { others: Vec::new() },
            None if on.certificates => Self::OnlyCertificates,
            None => Self::NoWay,
        }
    }

    fn alone(wanted: SignIn, proof: Proof) -> Self {
        let others = Vec::new();
        Self::SignIn {
            wanted,
            proof,
            others,
        }
    }
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
