//! Names, lookups and decisions, on certificates made here.

use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair, OtherNameValue,
    SanType, SerialNumber,
};

use super::*;
use crate::{config::CertificateName as N, directory::Entry};

fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("signs").der().to_vec()
}

fn names(change: impl FnOnce(&mut CertificateParams)) -> CertificateNames {
    CertificateNames::read(&made(change)).expect("readable")
}

#[test]
fn a_subject_is_written_as_directories_write_it() {
    let read = names(|params| {
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "CH");
        name.push(DnType::OrganizationName, "R&D, \"Ltd\"; a+b");
        name.push(DnType::CommonName, " #Zoë <x> ");
    });
    assert_eq!(
        read.subject,
        r#"CN=\ #Zoë \<x\>\ ,O=R&D\, \"Ltd\"\; a\+b,C=CH"#
    );
    let (ours, windows) = (
        [r"C=CH", r#"O=R&D\, \"Ltd\"\; a\+b"#, r"CN=\ #Zoë \<x\>\ "],
        ["C=CH", r#"O="R&D, ""Ltd""; a+b""#, r#"CN=" #Zoë <x> ""#],
    );
    for mut parts in [ours, windows] {
        assert!(
            read.issuers.contains(&parts.join(",")),
            "{:?}",
            read.issuers
        );
        parts.reverse();
        assert!(
            read.issuers.contains(&parts.join(", ")),
            "{:?}",
            read.issuers
        );
    }
    assert_eq!(read.cn.only(), Ok(Some(" #Zoë <x> ")));
}

#[test]
fn every_name_becomes_its_question() {
    let read = names(|params| {
        params.distinguished_name.push(DnType::CommonName, "al*ce");
        params.serial_number = Some(SerialNumber::from(vec![0x00, 0x9a, 0x0b]));
        let upn = OtherNameValue::Utf8String("a)(b@corp.example".to_owned());
        let oid = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
        params.subject_alt_names = vec![
            SanType::OtherName((oid, upn)),
            SanType::Rfc822Name("alice@corp.example".try_into().expect("ASCII")),
        ];
    });
    let all = N::WORDS.map(|(_, name)| name);
    let questions = mapping::lookups(&read, &all, false).expect("good");
    let of = |name: N| {
        questions
            .iter()
            .find(|lookup| lookup.name == name)
            .map(|lookup| lookup.filter.clone().unwrap_or_default())
    };
    assert_eq!(
        of(N::Upn).as_deref(),
        Some(r"(userPrincipalName=a\29\28b@corp.example)")
    );
    assert_eq!(of(N::Sid), None, "there is none");
    assert_eq!(
        of(N::IssuerSerial).as_deref(),
        Some(
            r"(|(altSecurityIdentities=X509:<I>CN=al\2ace<SR>0b9a00)(altSecurityIdentities=X509:<I>CN=al\2ace<SR>0b9a))"
        )
    );
    assert_eq!(
        of(N::Sha1).expect("hashes").matches("<SHA1-PUKEY>").count(),
        3
    );
    assert_eq!(of(N::Email).as_deref(), Some("(mail=alice@corp.example)"));
    assert_eq!(
        of(N::Dn).as_deref(),
        Some(r"(|(distinguishedName=CN=al\2ace)(entryDN=CN=al\2ace))")
    );
    assert_eq!(of(N::Cn).as_deref(), Some(""), "by LDAP_USER_BY_NAME");
    assert_eq!(order(&read, false), Ok(vec![N::Cn, N::Upn]));
    let strong = [N::IssuerSerial, N::Sha1, N::Cn, N::Upn];
    assert_eq!(order(&read, true), Ok(strong.to_vec()));
}

/// The names that are asked for.
fn order(names: &CertificateNames, strong: bool) -> Result<Vec<N>, &'static str> {
    let lookups = mapping::lookups(names, &[N::Cn, N::Sid, N::Upn], strong);
    let lookups = lookups.map_err(|refusal| refusal.reason())?;
    Ok(lookups.iter().map(|lookup| lookup.name).collect())
}

fn other_name(oid: &[u64], text: &str) -> SanType {
    SanType::OtherName((oid.to_vec(), OtherNameValue::Utf8String(text.to_owned())))
}

const UPN: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

#[test]
fn a_name_with_two_values_names_nobody() {
    let alice = || other_name(&UPN, "alice@corp.example");
    let bob = || other_name(&UPN, "bob@corp.example");
    let upper = || other_name(&UPN, "ALICE@corp.example");
    let order = |alternative: Vec<SanType>| {
        let read = names(|params| {
            params.distinguished_name.push(DnType::CommonName, "x");
            params.subject_alt_names = alternative;
        });
        order(&read, false)
    };
    assert_eq!(order(vec![alice(), upper()]), Ok(vec![N::Cn, N::Upn]));
    assert_eq!(
        order(vec![alice(), bob()]),
        Err("certificate_several_names")
    );
    let sid = |sid: &str| {
        let text = format!("tag:microsoft.com,2022-09-14:sid:{sid}");
        SanType::URI(text.try_into().expect("ASCII"))
    };
    let one = || sid("S-1-5-21-1-2-3-4");
    assert_eq!(order(vec![one(), one()]), Ok(vec![N::Cn, N::Sid]));
    let other = sid("S-1-5-21-1-2-3-5");
    assert_eq!(order(vec![one(), other]), Err("certificate_several_names"));
    assert_eq!(
        order(vec![other_name(&UPN, "alice\0x")]),
        Err("unusable_name")
    );
    let long = "a".repeat(257);
    assert_eq!(order(vec![other_name(&UPN, &long)]), Err("unusable_name"));
}

#[test]
fn a_sid_needs_no_other_strong_name() {
    let read = names(|params| {
        let uri = "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-4";
        params.subject_alt_names = vec![
            SanType::URI(uri.try_into().expect("ASCII")),
            other_name(&UPN, "alice@corp.example"),
        ];
    });
    assert_eq!(order(&read, true), Ok(vec![N::Sid, N::Upn]));
    let bad = made(|params| {
        let uri = "tag:microsoft.com,2022-09-14:sid:alice";
        params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("ASCII"))];
    });
    assert!(CertificateNames::read(&bad).is_err());
}

#[test]
fn what_is_broken_is_unreadable() {
    let good = made(|_| {});
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        let read = CertificateNames::read(&good[..length]);
        assert!(
            matches!(read, Err(CertificateRefusal::Unreadable(_))),
            "{length}"
        );
    }
    let followed = [good, vec![0]].concat();
    assert!(CertificateNames::read(&followed).is_err());
    let oid = [1, 3, 6, 1, 4, 1, 311, 25, 2];
    let extension = CustomExtension::from_oid_content(&oid, b"\x30\x03abc".to_vec());
    let bad_sid = made(|params| params.custom_extensions.push(extension));
    assert!(
        CertificateNames::read(&bad_sid).is_err(),
        "a SID that is none is no empty SID"
    );
    let alternative = |content: &[u8]| {
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 17], content.to_vec());
        let made = made(|params| params.custom_extensions.push(extension));
        CertificateNames::read(&made)
    };
    let none = alternative(b"\x04\x00");
    assert!(none.is_err(), "alternative names that are none");
    for (content, what, needed) in [
        (
            &b"\x30\x04\x81\x02\xff\xfe"[..],
            "a mail address that is no text",
            N::Email,
        ),
        (
            b"\x30\x15\xa0\x13\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03\xa0\x05\x04\x03a@b",
            "a user principal name that is no text",
            N::Upn,
        ),
    ] {
        let read = alternative(content).expect(what);
        let of = |map: &[N]| mapping::lookups(&read, map, false).map(|all| all.len());
        assert!(of(&[needed]).is_err(), "{what}");
        assert!(
            of(&[needed, N::Sha1]).is_err(),
            "{what}: no weaker one counts"
        );
        assert_eq!(of(&[N::Sha1, needed]), Ok(1), "{what}: another decides");
    }
    let twice = made(|params| {
        let ski = [2, 5, 29, 14];
        for content in [b"\x04\x01a".to_vec(), b"\x04\x01b".to_vec()] {
            let extension = CustomExtension::from_oid_content(&ski, content);
            params.custom_extensions.push(extension);
        }
    });
    assert!(
        CertificateNames::read(&twice).is_err(),
        "an extension twice"
    );
}

fn mapped(name: N, found: &[&str]) -> Mapped {
    let entry = |dn: &&str| Entry::new((*dn).to_owned(), Vec::new());
    Mapped {
        lookup: Lookup {
            name,
            value: name.to_string(),
            filter: None,
        },
        found: found.iter().map(entry).collect(),
    }
}

fn decided(answers: Vec<Mapped>) -> Result<String, &'static str> {
    decided_by(answers, false)
}

fn decided_by(answers: Vec<Mapped>, strong: bool) -> Result<String, &'static str> {
    Mapped::decide(answers, "CN=x", strong)
        .map(|entry| entry.dn().to_owned())
        .map_err(|refusal| refusal.reason())
}

#[test]
fn the_first_name_decides_and_none_may_disagree() {
    let alice = || Ok("CN=alice".to_owned());
    assert_eq!(decided(vec![]), Err("certificate_no_name"));
    assert_eq!(decided(vec![mapped(N::Upn, &["CN=alice"])]), alice());
    assert_eq!(
        decided(vec![mapped(N::Upn, &[]), mapped(N::Cn, &["CN=alice"])]),
        Err("unknown_user"),
        "no second choice"
    );
    assert_eq!(
        decided(vec![mapped(N::Upn, &["CN=alice", "CN=bob"])]),
        Err("ambiguous_user")
    );
    for (other, found, expected) in [
        (N::Cn, &[][..], alice()),
        (N::Ski, &[], alice()),
        (N::Sid, &[], Err("certificate_disagreement")),
        (N::Sid, &["CN=alice"], alice()),
        (N::Cn, &["CN=bob"], Err("certificate_disagreement")),
        (N::Cn, &["CN=bob", "CN=alice"], alice()),
    ] {
        let answers = vec![mapped(N::Upn, &["CN=alice"]), mapped(other, found)];
        assert_eq!(decided(answers), expected, "{other} {found:?}");
    }
}

type Answers<'a> = &'a [(N, &'a [&'a str])];

#[test]
fn a_strong_name_decides_where_one_is_wanted() {
    let (alice, weak) = (|| Ok("CN=alice".to_owned()), Err("certificate_weak"));
    let disagree = Err("certificate_disagreement");
    let cases: [(Answers<'_>, Result<String, &str>); 9] = [
        (
            &[(N::Upn, &["CN=alice"]), (N::Cn, &["CN=alice"])],
            weak.clone(),
        ),
        (&[(N::Dn, &["CN=alice"])], weak.clone()),
        (&[(N::Sid, &["CN=alice"]), (N::Upn, &["CN=alice"])], alice()),
        (
            &[(N::Sid, &["CN=alice"]), (N::Upn, &["CN=bob"])],
            disagree.clone(),
        ),
        (
            &[(N::Sid, &[]), (N::Upn, &["CN=alice"])],
            Err("unknown_user"),
        ),
        (
            &[
                (N::IssuerSerial, &[]),
                (N::Ski, &["CN=alice"]),
                (N::Cn, &[]),
            ],
            alice(),
        ),
        (
            &[
                (N::IssuerSerial, &[]),
                (N::Ski, &[]),
                (N::Upn, &["CN=alice"]),
            ],
            weak,
        ),
        (&[(N::Ski, &["CN=alice"]), (N::Sha1, &["CN=bob"])], disagree),
        (&[(N::Ski, &[]), (N::Upn, &[])], Err("unknown_user")),
    ];
    for (answers, expected) in cases {
        let given = answers.iter().map(|(name, found)| mapped(*name, found));
        assert_eq!(decided_by(given.collect(), true), expected, "{answers:?}");
    }
}
