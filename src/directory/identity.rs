//! What tells an account from all others for good. Its name and its DN do not: another may be given them.

/// Written by the server alone, in directories other than Active Directory: RFC 4530, and 389 Directory
/// Server's. They are asked for by name, since `*` leaves them out, and never shown to mappers.
pub(super) const OPERATIONAL: [&str; 2] = ["entryUUID", "nsUniqueId"];
/// Where an entry has none of the others: its DN is not given to two entries at the same time.
pub(super) const CREATED: &str = "createTimestamp";
/// Attributes like any other: Active Directory's, and FreeIPA's.
const STORED: [&str; 3] = ["objectGUID", "objectSid", "ipaUniqueID"];

/// The operational attributes of one entry, while it is read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    identifiers: [Option<String>; OPERATIONAL.len()],
    created: Option<String>,
}

impl Kept {
    /// Takes an attribute that is one of these.
    pub fn takes(&mut self, name: &str, values: &[Vec<u8>]) -> bool {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let place = match OPERATIONAL.iter().position(|known| is(known)) {
            Some(place) => &mut self.identifiers[place],
            None if is(CREATED) => &mut self.created,
            None => return false,
        };
        *place = values
            .first()
            .and_then(|value| String::from_utf8(value.clone()).ok())
            .filter(|text| !text.is_empty());
        true
    }

    /// What tells the entry from others; `None` when that is its DN. `stored` gives the text of an attribute.
    pub fn identity<'a>(
        self,
        dn: &str,
        stored: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<String> {
        let operational = self.identifiers.into_iter().flatten().next();
        operational
            .or_else(|| {
                STORED
                    .iter()
                    .find_map(|name| stored(name))
                    .map(str::to_owned)
            })
            .or_else(|| self.created.map(|created| format!("{dn} of {created}")))
    }
}
