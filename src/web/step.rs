//! What a request at `/wsfed` leads to. Nothing is done here: `wsfed` does it.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::request::{Asked, BadRequest, Method, SignIn};
use crate::{login::Proof, secret::SecretString};

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
    /// The user whom a trusted proxy names, which counts before all that the client brings.
    Word(String),
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
            Brought::Password { .. } if !on.form => return Self::FormOff,
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
mod tests {
    use super::*;
    use crate::web::request;

    /// The step in a word, and the others by their first letters: `certificate +k`.
    fn said(step: &Step) -> String {
        let (what, others) = match step {
            Step::SignOut => ("sign out", &[][..]),
            Step::BadRequest(_) => ("bad request", &[][..]),
            Step::SignIn { proof, others, .. } => {
                let by = match proof {
                    Proof::Certificate { .. } => "certificate",
                    Proof::Kerberos { .. } => "kerberos",
                    Proof::Password { .. } => "password",
                    Proof::Frontend { .. } => "word",
                };
                (by, others.as_slice())
            }
            Step::Challenge { retry, explain } => (
                match (retry, explain) {
                    (true, false) => "challenge, retry",
                    (false, true) => "challenge, explain",
                    (false, false) => "challenge",
                    (true, true) => panic!("{step:?}"),
                },
                &[][..],
            ),
            Step::Form { others } => ("form", others.as_slice()),
            Step::Choose { others } => ("choose", others.as_slice()),
            Step::NoCertificate { others } => ("no certificate", others.as_slice()),
            Step::OnlyCertificates => ("only certificates", &[][..]),
            Step::FormOff => ("form off", &[][..]),
            Step::NoWay => ("no way", &[][..]),
        };
        let letter = |way: &Method| match way {
            Method::Certificate => " +c",
            Method::Kerberos => " +k",
            other => panic!("{other:?} is no link"),
        };
        others
            .iter()
            .map(letter)
            .fold(what.to_owned(), |all, one| all + one)
    }

    /// Letters of what is switched on: kerberos, certificates, form.
    fn on(letters: &str) -> Ways {
        Ways {
            kerberos: letters.contains('k'),
            certificates: letters.contains('c'),
            form: letters.contains('f'),
        }
    }

    /// Letters of what the client brings: a certificate, a token.
    fn own(letters: &str) -> Brought {
        Brought::Own {
            chain: letters.contains('c').then(|| Arc::from([])),
            negotiate: letters.contains('t').then(|| Negotiate {
                token: b"token".to_vec(),
                bindings: Vec::new(),
            }),
        }
    }

    fn wanted(method: Method, retried: bool) -> SignIn {
        let Ok(Asked::SignIn(wanted)) = request::tests::read("") else {
            panic!("a sign-in");
        };
        SignIn {
            retried,
            method,
            ..wanted
        }
    }

    /// The first try.
    fn step(on: Ways, method: Method, brought: Brought) -> Step {
        Step::of(on, Ok(Asked::SignIn(wanted(method, false))), || brought)
    }

    #[test]
    fn each_method_with_what_the_client_brings() {
        const ALL: &str = "kcf";
        for (method, brings, is_on, expected) in [
            (Method::Automatic, "", ALL, "challenge, retry"),
            (Method::Automatic, "t", ALL, "kerberos"),
            (Method::Automatic, "c", ALL, "certificate +k"),
            (Method::Automatic, "ct", ALL, "certificate +k"),
            (Method::Automatic, "ct", "kf", "kerberos"),
            (Method::Automatic, "ct", "cf", "certificate"),
            (Method::Automatic, "t", "cf", "form"),
            (Method::Automatic, "", "f", "form"),
            (Method::Automatic, "c", "f", "form"),
            (Method::Automatic, "", "c", "only certificates"),
            (Method::Automatic, "", "k", "challenge, retry"),
            (Method::Automatic, "ct", "", "no way"),
            (Method::Certificate, "c", ALL, "certificate +k"),
            (Method::Certificate, "t", ALL, "no certificate +k"),
            (Method::Certificate, "c", "kf", "no certificate +k"),
            (Method::Certificate, "", "f", "no certificate"),
            (Method::Choose, "ct", ALL, "choose +c +k"),
            (Method::Choose, "t", ALL, "choose +k"),
            (Method::Choose, "", "f", "choose"),
            (Method::Password, "ct", ALL, "form +c +k"),
            (Method::Password, "", "f", "form"),
            (Method::Password, "", "kc", "challenge, retry"),
            (Method::Password, "t", "kc", "kerberos"),
            (Method::Password, "", "c", "only certificates"),
            (Method::Kerberos, "ct", ALL, "kerberos +c"),
            (Method::Kerberos, "c", ALL, "challenge, retry"),
            (Method::Kerberos, "ct", "cf", "form"),
            (Method::Kerberos, "", "", "no way"),
        ] {
            let step = step(on(is_on), method, own(brings));
            assert_eq!(
                said(&step),
                expected,
                "{method:?}, {brings:?} with {is_on:?}"
            );
        }
    }

    #[test]
    fn a_second_challenge_tries_no_third_time_and_explains_where_there_is_no_form() {
        for (is_on, retried, expected) in [
            ("kcf", false, "challenge, retry"),
            ("kcf", true, "challenge"),
            ("k", false, "challenge, retry"),
            ("k", true, "challenge, explain"),
            ("f", true, "form"),
        ] {
            let asked = Ok(Asked::SignIn(wanted(Method::Automatic, retried)));
            let step = Step::of(on(is_on), asked, || own(""));
            assert_eq!(said(&step), expected, "{is_on:?}, retried: {retried}");
        }
    }

    #[test]
    fn what_is_no_sign_in_looks_at_no_proof() {
        for (asked, expected) in [
            (Ok(Asked::SignOut), "sign out"),
            (Err(BadRequest::NoRealm), "bad request"),
            (Err(BadRequest::Repeated("wctx")), "bad request"),
        ] {
            let step = Step::of(on("kcf"), asked, || panic!("nothing to look at"));
            assert_eq!(said(&step), expected);
        }
    }

    #[test]
    fn a_sign_in_goes_where_the_request_wants_it() {
        let Step::SignIn { wanted: to, .. } = step(on("k"), Method::Automatic, own("t")) else {
            panic!("a sign-in");
        };
        assert_eq!(to, wanted(Method::Automatic, false));
    }

    #[test]
    fn the_word_of_a_proxy_and_a_sent_form_decide_alone() {
        for method in [
            Method::Automatic,
            Method::Choose,
            Method::Certificate,
            Method::Kerberos,
            Method::Password,
        ] {
            let alone = step(on(""), method, Brought::Word("alice".to_owned()));
            assert_eq!(said(&alone), "word", "{method:?}");
            for (is_on, expected) in [("f", "password"), ("kcf", "password"), ("kc", "form off")] {
                let sent = Brought::Password {
                    username: "alice".to_owned(),
                    password: SecretString::from("secret".to_owned()),
                };
                let step = step(on(is_on), method, sent);
                assert_eq!(said(&step), expected, "{method:?} with {is_on:?}");
            }
        }
    }

    #[test]
    fn what_is_switched_off_is_never_done_nor_offered() {
        let methods = [Method::Automatic, Method::Choose, Method::Kerberos];
        for method in methods
            .into_iter()
            .chain([Method::Certificate, Method::Password])
        {
            for is_on in ["", "k", "c", "f", "kc", "kf", "cf", "kcf"] {
                for brings in ["", "c", "t", "ct"] {
                    let said = said(&step(on(is_on), method, own(brings)));
                    let ways = on(is_on);
                    let kerberos = ["kerberos", "challenge", "+k"]
                        .iter()
                        .any(|it| said.contains(it));
                    let certificate = said.starts_with("certificate") || said.contains("+c");
                    assert!(ways.kerberos || !kerberos, "{said} with {is_on:?}");
                    assert!(ways.certificates || !certificate, "{said} with {is_on:?}");
                    assert!(
                        ways.form || !said.starts_with("form"),
                        "{said} with {is_on:?}"
                    );
                }
            }
        }
    }
}
