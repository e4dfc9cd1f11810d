//! What `tests/fuzz` calls: certificates of users, and what administrators upload.

use super::{given::GivenAuthorities, given_list::GivenList, names::CertificateNames};

/// The names in a certificate in DER.
pub fn certificate_names(data: &[u8]) {
    if let Ok(names) = CertificateNames::read(data) {
        for values in [&names.upn, &names.sid, &names.email, &names.cn] {
            match values.only() {
                // A character of one byte has up to two in UTF-8, and so has one of two bytes three.
                Ok(value) => assert!(value.unwrap_or_default().len() <= data.len() * 2),
                Err(several) => assert!(several.len() > 1),
            }
        }
    }
}

/// Authorities and revocation lists, in PEM or DER.
pub fn given_authorities(data: &[u8]) {
    if let Ok(authorities) = GivenAuthorities::read(data) {
        let again =
            GivenAuthorities::read(&authorities.to_pem()).expect("what was written is read");
        assert_eq!(again.to_pem(), authorities.to_pem());
        if let Ok(list) = GivenList::read(data) {
            let _ = list.check(&authorities);
        }
    }
    if let Ok(list) = GivenList::read(data) {
        let again = GivenList::read(&list.to_pem()).expect("what was written is read");
        assert_eq!(again.to_pem(), list.to_pem());
    }
}
