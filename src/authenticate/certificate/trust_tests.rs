//! Certificates of smart cards and old CAs: what is accepted, and why something is not.

use rcgen::{
    BasicConstraints, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose as P, IsCa,
    KeyUsagePurpose,
};

use super::{
    armour::pem,
    made::{self, Ca, tlv},
    revocation_tests::now,
    *,
};
use crate::config::CertificateName;

fn trusting(authorities: &[&[u8]]) -> Certificates {
    let texts = authorities.iter().map(|der| pem("CERTIFICATE", der));
    made::trusting(texts.collect(), made::no_lists()).expect("loads")
}

fn verdict(certificates: &Certificates, chain: &[&[u8]]) -> Result<CertificateNames, String> {
    let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(*der)).collect();
    let checked = certificates.check(&chain, now());
    checked.map_err(|refusal| format!("{}: {refusal}", refusal.reason()))
}

fn critical(number: u64, content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, number], content.to_vec());
    extension.set_criticality(true);
    extension
}

/// `2.16.840.1.101.3.2.1.3.13`, and one that is longer than a byte's length says.
fn policies(more: usize) -> Vec<u8> {
    let oid = b"\x06\x0a\x60\x86\x48\x01\x65\x03\x02\x01\x03\x0d";
    let one = tlv(0x30, &[oid]);
    tlv(0x30, &[&one.repeat(more)])
}

#[test]
fn critical_policies_are_taken_wherever_they_stand() {
    let root = Ca::new("Common Policy CA");
    let trusting = trusting(&[&root.der]);
    let each = [
        (32, policies(1)),
        (32, policies(9)),
        (32, policies(30)),
        (
            33,
            tlv(0x30, &[&tlv(0x30, &[&policies(1)[4..], &policies(1)[4..]])]),
        ),
        (36, vec![0x30, 6, 0x80, 1, 0, 0x81, 1, 0]),
        (54, vec![2, 1, 0]),
    ];
    for (number, content) in &each {
        let leaf = root.issue(1, |params| {
            params.custom_extensions.push(critical(*number, content));
        });
        let read = verdict(&trusting, &[&leaf]);
        assert!(read.is_ok(), "{number}: {read:?}");
        // What is signed still decides.
        let mut forged = leaf.clone();
        let at = leaf
            .windows(8)
            .position(|part| part == b"somebody")
            .expect("a name");
        forged[at] = b'S';
        let read = verdict(&trusting, &[&forged]);
        assert!(
            read.is_err_and(|why| why.starts_with("certificate_issuer")),
            "{number}"
        );
    }
    let (sub, key) = root.issue_with_key(2, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Agency PIV CA");
        for (number, content) in &each[2..] {
            params.custom_extensions.push(critical(*number, content));
        }
    });
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "bob");
    params.custom_extensions.push(critical(32, &policies(1)));
    let bob = rcgen::KeyPair::generate().expect("a key");
    let leaf = params.signed_by(&bob, &key).expect("one").der().to_vec();
    let read = verdict(&trusting, &[&leaf, &sub]);
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn another_critical_extension_is_refused_with_its_reason() {
    let root = Ca::new("A CA");
    let trusting = trusting(&[&root.der]);
    for number in [18, 46, 99] {
        let leaf = root.issue(1, |params| {
            params.custom_extensions.push(critical(number, &[0x30, 0]));
        });
        let why = verdict(&trusting, &[&leaf]).expect_err("refused");
        assert!(why.starts_with("certificate_invalid"), "{number}: {why}");
        assert!(why.contains("critical extension"), "{number}: {why}");
    }
}

#[test]
fn a_key_for_every_use_is_one_for_clients() {
    let root = Ca::new("A CA");
    let trusting = trusting(&[&root.der]);
    let of = |purposes: &[P]| {
        let leaf = root.issue(1, |params| params.extended_key_usages = purposes.to_vec());
        verdict(&trusting, &[&leaf]).map_err(|why| why.split(':').next().map(str::to_owned))
    };
    let logon = P::Other(vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 2]);
    for good in [
        &[P::Any][..],
        &[P::ClientAuth],
        &[logon.clone(), P::ClientAuth],
        &[],
    ] {
        assert!(of(good).is_ok(), "{good:?}");
    }
    for bad in [&[P::ServerAuth][..], &[logon]] {
        assert_eq!(
            of(bad).err().flatten().as_deref(),
            Some("certificate_usage")
        );
    }
}

/// The name of a part in another string type, in place.
fn retyped(der: &[u8], text: &[u8], tag: u8, with: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("short");
    let part = [&[length], text].concat();
    let mut der = der.to_vec();
    let at = der
        .windows(part.len())
        .position(|one| one == part)
        .expect("there");
    der[at - 1] = tag;
    der[at + 1..=at + with.len()].copy_from_slice(with);
    der
}

#[test]
fn old_string_types_refuse_no_login_that_does_not_need_them() {
    let root = Ca::new("A CA");
    let bmp = |text: &str| DnValue::BmpString(text.try_into().expect("BMP"));
    let universal = |text: &str| DnValue::UniversalString(text.try_into().expect("one"));
    for value in [bmp("Compañía Ñandú"), universal("Compañía 😀")] {
        let leaf = root.issue(1, |params| {
            params
                .distinguished_name
                .push(DnType::OrganizationName, value.clone());
        });
        let read = verdict(&trusting(&[&root.der]), &[&leaf]).expect("good");
        assert!(read.subject.contains("O=Compañía"), "{}", read.subject);
    }
    // Latin-1 in T.61, bytes that are no UTF-8, a type that is no string.
    let leaf = root.issue(1, |params| {
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Company");
    });
    for (tag, text, shown) in [
        (20, &b"Compa\xf1y"[..], "O=Compañy"),
        (12, b"Compa\xf1y", "O=Compa"),
        (19, b"Compa\xf1y", "O=Compa"),
        (22, b"Compa\xf1y", "O=Compa"),
        (4, b"Company", "O="),
        (30, b"\0a\0b\0c\0", "O="),
    ] {
        let leaf = retyped(&leaf, b"Company", tag, text);
        let names = CertificateNames::read(&leaf).expect("read");
        assert!(names.subject.contains(shown), "{tag}: {}", names.subject);
        let of = |map: &[CertificateName]| mapping::lookups(&names, map, false).is_ok();
        assert!(of(&[CertificateName::Cn]), "{tag}");
        assert!(of(&[CertificateName::IssuerSerial]), "{tag}");
        assert!(
            !of(&[CertificateName::Dn]),
            "{tag}: nobody knows what it is"
        );
    }
    // A common name that cannot be read decides nothing, and refuses nothing where another one decides.
    let leaf = retyped(&leaf, b"somebody", 20, b"someb\xf6dy");
    let names = CertificateNames::read(&leaf).expect("read");
    let of = |map: &[CertificateName]| mapping::lookups(&names, map, false).map(|all| all.len());
    assert!(of(&[CertificateName::Cn]).is_err());
    assert!(
        of(&[
            CertificateName::Upn,
            CertificateName::Sid,
            CertificateName::Cn
        ])
        .is_err()
    );
    assert_eq!(of(&[CertificateName::Sha1, CertificateName::Cn]), Ok(1));
}

#[test]
fn an_issuer_s_name_in_another_type_or_case_is_the_ca_s() {
    // The same key under a name as another tool writes it.
    let ca = Ca::changed("Corp  CA", |_| {});
    let leaf = ca.issue(1, |_| {});
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let printable = DnValue::PrintableString("CORP CA".try_into().expect("plain"));
    params
        .distinguished_name
        .push(DnType::CommonName, printable);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let renewed = params.self_signed(ca.issuer.key()).expect("one");
    let read = verdict(&trusting(&[renewed.der()]), &[&leaf]);
    assert!(read.is_ok(), "{read:?}");
    let other = Ca::new("Corp CA");
    let why = verdict(&trusting(&[&other.der]), &[&leaf]).expect_err("another key");
    assert!(why.starts_with("certificate_issuer"), "{why}");
}

#[test]
fn alternative_security_identities_are_asked_for_as_they_are_written() {
    let state = "California".to_owned();
    let root = Ca::changed("Acme Issuing CA", |params| {
        let name = &mut params.distinguished_name;
        *name = rcgen::DistinguishedName::new();
        name.push(DnType::CountryName, "US");
        name.push(DnType::StateOrProvinceName, state);
        name.push(DnType::OrganizationName, "Acme, Inc.");
        name.push(DnType::CustomDnType(vec![2, 5, 4, 97]), "NTRUS-1");
        name.push(DnType::CommonName, "Acme Issuing CA");
    });
    let leaf = root.issue(0x1234, |_| {});
    let names = CertificateNames::read(&leaf).expect("read");
    let map = [CertificateName::IssuerSerial];
    let lookups = mapping::lookups(&names, &map, false).expect("good");
    let filter = lookups[0].filter.as_deref().expect("a filter");
    for text in [
        r#"X509:<I>C=US,S=California,O="Acme, Inc.",OID.2.5.4.97=NTRUS-1,CN=Acme Issuing CA<SR>3412"#,
        r#"X509:<I>CN=Acme Issuing CA, OID.2.5.4.97=NTRUS-1, O="Acme, Inc.", S=California, C=US<SR>3412"#,
        r"X509:<I>C=US,ST=California,O=Acme\5c, Inc.,2.5.4.97=NTRUS-1,CN=Acme Issuing CA<SR>3412",
        r"X509:<I>CN=Acme Issuing CA,2.5.4.97=NTRUS-1,O=Acme\5c, Inc.,ST=California,C=US<SR>3412",
    ] {
        let term = format!("(altSecurityIdentities={text})");
        assert!(filter.contains(&term), "no {term} in {filter}");
    }
}
