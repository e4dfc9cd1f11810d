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
    assert_eq!(
        read.issuer,
        r#"C=CH,O=R&D\, \"Ltd\"\; a\+b,CN=\ #Zoë \<x\>\ "#
    );
    assert_eq!(read.cn.as_deref(), Some(" #Zoë <x> "));
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
    let questions = mapping::lookups(&read, &N::WORDS.map(|(_, name)| name));
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
    let order: Vec<_> = mapping::lookups(&read, &[N::Cn, N::Sid, N::Upn])
        .iter()
        .map(|lookup| lookup.name)
        .collect();
    assert_eq!(order, [N::Cn, N::Upn]);
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
    Mapped::decide(answers, "CN=x")
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
