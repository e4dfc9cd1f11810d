//! Which list counts for whom, in whatever order files lie.

use std::{fs, time::Duration};

use rcgen::{BasicConstraints, DnType, IsCa, KeyUsagePurpose};
use tempfile::TempDir;

use super::{
    armour::pem,
    made::{Ca, DELTA, INDIRECT, List, SHA1, UNKNOWN, USERS_ONLY, no_lists, tlv, trusting, utc},
    *,
};
use crate::config::{RevocationConfig, RevocationFiles};

/// `certs/crl` of an installation, with these CAs.
struct Files {
    folder: TempDir,
    authorities: Vec<Vec<u8>>,
    required: bool,
}

impl Files {
    fn new(authorities: &[&Ca]) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            authorities: authorities.iter().map(|ca| ca.der.clone()).collect(),
            required: false,
        }
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), content).expect("written");
    }

    fn empty(&self) {
        for entry in fs::read_dir(self.folder.path()).expect("a folder") {
            fs::remove_file(entry.expect("one").path()).expect("removed");
        }
    }

    fn load_as(&self, lists: &str) -> Result<Certificates, TrustError> {
        let texts = self.authorities.iter().map(|der| pem("CERTIFICATE", der));
        let revocation = RevocationConfig {
            files: RevocationFiles::of(vec![self.folder.path().join(lists)]),
            required: self.required,
        };
        trusting(texts.collect(), revocation)
    }

    fn load(&self) -> Certificates {
        self.load_as("*").expect("loads")
    }
}

/// In 2026.
pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

fn verdict(certificates: &Certificates, chain: &[&[u8]]) -> &'static str {
    let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(*der)).collect();
    match certificates.check(&chain, now()) {
        Ok(_) => "good",
        Err(refusal) => refusal.reason(),
    }
}

/// Each stands first and last once, and before and after each of its neighbours.
fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    let turned = (0..of.len()).map(|at| [&of[at..], &of[..at]].concat());
    let back = |order: Vec<T>| order.into_iter().rev().collect();
    turned
        .flat_map(|order| [order.clone(), back(order)])
        .collect()
}

#[test]
fn two_cas_of_one_name_have_each_their_own_lists_in_every_order() {
    let (old, new, other) = (Ca::new("CORP-CA"), Ca::new("CORP-CA"), Ca::new("Other"));
    let seven = [&old, &new].map(|ca| ca.issue(7, |_| {}));
    let eight = [&old, &new].map(|ca| ca.issue(8, |_| {}));
    let nine = [&old, &new].map(|ca| ca.issue(9, |_| {}));
    for with_key_id in [true, false] {
        let made = |list: List<'_>| {
            let list = List {
                with_key_id,
                ..list
            };
            pem("X509 CRL", &list.der())
        };
        let lists = [
            // Seven of the old key, eight of the new one.
            made(old.list().number(5, (25, 40)).revoking(7)),
            made(new.list().number(5, (25, 40)).revoking(8)),
            // Ended, and nine is on hold no more.
            made(old.list().number(4, (24, 25)).revoking(9)),
            made(old.list().number(6, (26, 40)).with(DELTA)),
            made(other.list().revoking(7).revoking(8).revoking(9)),
        ];
        for order in orders(&lists) {
            for authorities in [[&old, &new], [&new, &old]] {
                let files = Files {
                    required: true,
                    ..Files::new(&authorities)
                };
                for (index, list) in order.iter().enumerate() {
                    files.put(&format!("{index}.pem"), list);
                }
                let loaded = files.load();
                let of =
                    |chains: &[Vec<u8>; 2]| chains.each_ref().map(|leaf| verdict(&loaded, &[leaf]));
                let revoked = "certificate_revoked";
                assert_eq!(of(&seven), [revoked, "good"], "{with_key_id}");
                assert_eq!(of(&eight), ["good", revoked], "{with_key_id}");
                assert_eq!(of(&nine), ["good", "good"], "{with_key_id}");
                assert_eq!(loaded.list_notes().len(), 3, "{:?}", loaded.list_notes());
                let end = loaded.ends().revocation_list.expect("one");
                assert!(end > 2_200_000_000, "the list that ended is not used");
            }
        }
    }
}

#[test]
fn a_renewal_locks_nobody_out_at_any_step_of_it() {
    let (old, new) = (Ca::new("CORP-CA"), Ca::new("CORP-CA"));
    let good = [&old, &new].map(|ca| ca.issue(1, |_| {}));
    let revoked = [&old, &new].map(|ca| ca.issue(2, |_| {}));
    for with_key_id in [true, false] {
        let of = |ca: &Ca| {
            let list = ca.list().revoking(2);
            List {
                with_key_id,
                ..list
            }
            .der()
        };
        let (of_old, of_new) = (of(&old), of(&new));
        // Only the new list, while the new CA is not known; both; only the new CA.
        for (authorities, lists) in [
            (vec![&old], vec![&of_old, &of_new]),
            (vec![&old, &new], vec![&of_old]),
            (vec![&old, &new], vec![&of_new]),
            (vec![&old, &new], vec![&of_old, &of_new]),
            (vec![&new], vec![&of_old]),
            (vec![&new], vec![&of_new]),
        ] {
            let files = Files::new(&authorities);
            for (index, list) in lists.iter().enumerate() {
                files.put(&format!("CORP-CA({index}).crl"), list);
            }
            let loaded = files.load();
            for (at, ca) in [&old, &new].into_iter().enumerate() {
                let is_known = authorities.iter().any(|known| known.der == ca.der);
                if is_known {
                    assert_eq!(verdict(&loaded, &[&good[at]]), "good", "{at}");
                }
                let list = [&of_old, &of_new][at];
                if is_known && lists.contains(&list) {
                    assert_eq!(verdict(&loaded, &[&revoked[at]]), "certificate_revoked");
                }
            }
        }
    }
}

#[test]
fn what_is_not_whole_or_not_verified_takes_away_and_gives_nothing() {
    let ca = Ca::new("CORP-CA");
    let (one, two) = (ca.issue(1, |_| {}), ca.issue(2, |_| {}));
    let mut damaged = ca.list().revoking(2).der();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let sha1 = List {
        algorithm: SHA1,
        ..ca.list().revoking(2)
    };
    let whole = ca.list().number(1, (19, 40)).der();
    let open = "certificate_no_crl";
    for (list, says, alone) in [
        (
            ca.list().revoking(2).with(DELTA).der(),
            "delta list",
            "good",
        ),
        (
            ca.list().revoking(2).with(INDIRECT).der(),
            "indirect",
            "good",
        ),
        (
            ca.list().revoking(2).with(UNKNOWN).der(),
            "not known",
            "good",
        ),
        (damaged, "is not signed by", open),
        (sha1.der(), "SHA-1", open),
    ] {
        let mut files = Files::new(&[&ca]);
        files.put("a.crl", &list);
        let loaded = files.load();
        let notes = loaded.list_notes().join("\n");
        assert!(notes.contains("a.crl") && notes.contains(says), "{notes}");
        assert_eq!(verdict(&loaded, &[&one]), alone, "{says}");
        assert_eq!(verdict(&loaded, &[&two]), "certificate_revoked", "{says}");
        files.required = true;
        assert_eq!(verdict(&files.load(), &[&one]), open, "{says}");
        files.put("b.crl", &whole);
        let loaded = files.load();
        assert_eq!(verdict(&loaded, &[&one]), "good", "{says}");
        assert_eq!(verdict(&loaded, &[&two]), "certificate_revoked", "{says}");
    }
}

#[test]
fn a_delta_list_counts_until_the_next_whole_one() {
    let ca = Ca::new("CORP-CA");
    let two = ca.issue(2, |_| {});
    let back = tlv(0x30, &[&[6, 3, 0x55, 0x1d, 21, 4, 3, 0x0a, 1, 8]]);
    let mut gone = ca.list().with(DELTA).number(2, (25, 40));
    gone.revoked
        .push([&[2, 1, 2][..], &utc(20), &tlv(0x30, &[&back])].concat());
    let files = Files::new(&[&ca]);
    files.put("whole.crl", ca.list().number(1, (24, 40)).der());
    for (delta, expected) in [
        (
            ca.list().with(DELTA).number(2, (25, 40)).revoking(2),
            "certificate_revoked",
        ),
        (
            ca.list().with(DELTA).number(1, (23, 40)).revoking(2),
            "good",
        ),
        (gone, "good"),
    ] {
        files.put("delta+.crl", delta.der());
        assert_eq!(verdict(&files.load(), &[&two]), expected);
    }
}

#[test]
fn lists_of_old_tools_count() {
    let ca = Ca::new("CORP-CA");
    let leaves = [1, 2].map(|serial| ca.issue(serial, |_| {}));
    for list in [
        ca.list().of_version_1().revoking(2),
        ca.list().with(USERS_ONLY).revoking(2),
        // The serial number with a zero in front of it, as some write it.
        List {
            revoked: vec![[&[2, 2, 0, 2][..], &utc(20)].concat()],
            ..ca.list()
        },
    ] {
        let files = Files {
            required: true,
            ..Files::new(&[&ca])
        };
        files.put("list", list.der());
        let loaded = files.load();
        assert_eq!(loaded.list_notes(), [""; 0]);
        let of = leaves.each_ref().map(|leaf| verdict(&loaded, &[leaf]));
        assert_eq!(of, ["good", "certificate_revoked"]);
    }
}

#[test]
fn every_form_and_name_of_a_file_is_read_and_what_is_no_list_is_named() {
    let (ca, other) = (Ca::new("CORP-CA"), Ca::new("Other"));
    let two = ca.issue(2, |_| {});
    let (list, theirs) = (ca.list().revoking(2).der(), other.list().der());
    let files = Files::new(&[&ca, &other]);
    let both = pem("X509 CRL", &theirs) + &pem("X509 CRL", &list);
    for (name, content) in [
        ("CORP-CA(1)+.crl", list.clone()),
        ("with blanks", list.clone()),
        ("a.der", list.clone()),
        (".hidden", list.clone()),
        ("x.pem", pem("X509 CRL", &list).replace('\n', "\r\n").into()),
        ("certutil.txt", pem("CERTIFICATE", &list).into()),
        ("both", both.into()),
    ] {
        files.empty();
        files.put(name, content);
        let loaded = files.load();
        assert_eq!(verdict(&loaded, &[&two]), "certificate_revoked", "{name}");
        assert_eq!(loaded.list_notes(), [""; 0], "{name}");
    }
    for (name, content) in [
        ("README", b"text".to_vec()),
        ("CORP-CA.crt", ca.der.clone()),
        ("ca.pem", pem("CERTIFICATE", &ca.der).into()),
        ("nsrev_CORP-CA.asp", b"<% Response %>".to_vec()),
    ] {
        files.empty();
        files.put(name, content);
        files.put("good.crl", &list);
        let notes = files.load().list_notes();
        assert!(notes.len() == 1 && notes[0].contains(name), "{notes:?}");
    }
    fs::create_dir(files.folder.path().join("old")).expect("a folder");
    files.put("b.txt", &list);
    let notes = files
        .load_as("*.crl")
        .expect("loads")
        .list_notes()
        .join("\n");
    for name in ["/old is not used", "b.txt is not used"] {
        assert!(notes.contains(name), "{notes}");
    }
    fs::remove_dir(files.folder.path().join("old")).expect("removed");
    let cut = pem("X509 CRL", &list);
    for (name, content) in [
        ("a.crl", &list[..list.len() - 1]),
        ("a", &list[..20]),
        ("a.txt", &cut.as_bytes()[..cut.len() - 40]),
        ("a.pem", b""),
        ("a.crl", b"<html>not found</html>"),
    ] {
        files.empty();
        files.put(name, content);
        let error = files.load_as("*").err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains(name)), "{name}");
    }
}

#[test]
fn ways_over_intermediate_cas_are_looked_at_whole() {
    let root = Ca::new("Root");
    let (sub, key) = root.issue_with_key(5, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Sub");
    });
    let (_, read) = x509_parser::parse_x509_certificate(&sub).expect("read");
    let sub = Ca {
        name: read.subject().as_raw().to_vec(),
        key_id: Vec::new(),
        der: sub.clone(),
        issuer: key,
    };
    let leaf = sub.issue(1, |_| {});
    let chain = [&leaf[..], &sub.der];
    let of_sub = sub.list().without_key_id();
    let files = Files {
        required: true,
        ..Files::new(&[&root])
    };
    files.put("root", root.list().der());
    assert_eq!(verdict(&files.load(), &chain), "certificate_no_crl");
    files.put("sub", of_sub.der());
    assert_eq!(verdict(&files.load(), &chain), "good");
    files.put("sub", of_sub.revoking(1).der());
    assert_eq!(verdict(&files.load(), &chain), "certificate_revoked");
    files.put("sub", sub.list().without_key_id().der());
    files.put("root", root.list().revoking(5).der());
    assert_eq!(verdict(&files.load(), &chain), "certificate_revoked");
    // Where both are CAs of clients, the one that the other has revoked counts no more.
    let both = Files::new(&[&sub, &root]);
    both.put("root", root.list().revoking(5).der());
    let loaded = both.load();
    assert!(loaded.left_out(now()).join("").contains("revoked"));
    assert_eq!(verdict(&loaded, &chain), "certificate_revoked");
    assert_eq!(verdict(&loaded, &chain[..1]), "certificate_issuer");
}

#[test]
fn a_certificate_of_a_ca_that_cannot_be_read_is_an_error() {
    let ca = Ca::new("CORP-CA");
    let good = pem("CERTIFICATE", &ca.der);
    let load =
        |text: &str| trusting(text.to_owned(), no_lists()).map_err(|error| error.to_string());
    assert!(load(&format!("text\n{good}more\n{good}")).is_ok());
    for bad in [
        pem("CERTIFICATE", &ca.der[..ca.der.len() - 1]),
        pem("CERTIFICATE", b"x"),
        good.replace("END", "AND"),
        good.replacen('M', "*", 1),
        good[..good.len() - 40].to_owned(),
    ] {
        for text in [format!("{good}{bad}"), format!("{bad}{good}")] {
            let error = load(&text).expect_err("refused");
            assert!(error.contains("cannot be read"), "{error}");
        }
    }
}
