//! What each request leads to, as tables.

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
                Proof::OthersForm { .. } => "others' form",
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
        let alone = step(on(""), method, Brought::Word(Ok("alice".to_owned())));
        assert_eq!(said(&alone), "word", "{method:?}");
        for (is_on, expected) in [("f", "password"), ("kcf", "password"), ("kc", "form off")] {
            let sent = Brought::Password {
                username: "alice".to_owned(),
                password: SecretString::from("secret".to_owned()),
            };
            let step = step(on(is_on), method, sent);
            assert_eq!(said(&step), expected, "{method:?} with {is_on:?}");
            let sender = "https://evil.example".to_owned();
            let others = self::step(on(is_on), method, Brought::OthersForm { sender });
            let expected = if expected == "password" {
                "others' form"
            } else {
                expected
            };
            assert_eq!(said(&others), expected, "{method:?} with {is_on:?}");
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
