//! Whose ticket it is: the SID in the PAC that Active Directory puts into it ([MS-PAC]).
//!
//! GSSAPI has checked the signatures; what is read here is bounded by the bytes that are there. No
//! `unsafe`, no panic, for whatever bytes: `user_sid` is what a fuzzer calls.

use super::gss::Name;
use crate::directory::Sid;

/// What a ticket says of the account that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pac {
    /// The account's SID, by a PAC that the service's key signs.
    Of(Sid),
    /// There is no PAC in the ticket, or none that names an account.
    Absent,
    /// There is one, and it counts for nothing.
    Bad(PacError),
}

/// Why a PAC counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacError {
    #[error("its signature is not by the service's key, or it was made for another ticket")]
    Unverified,
    #[error("its {0} is not encoded as it should be")]
    Malformed(&'static str),
    #[error("it is of {logon} by its logon information and of {upn} by its names")]
    TwoAccounts { logon: Sid, upn: Sid },
    /// In the library's words.
    #[error("GSSAPI does not give it out: {0}")]
    Unavailable(String),
}

impl Pac {
    /// That of the ticket by which GSSAPI knows the client.
    pub(super) fn of(client: &Name) -> Self {
        match client.pac() {
            Ok(None) => Self::Absent,
            Ok(Some(pac)) if !pac.verified => Self::Bad(PacError::Unverified),
            Ok(Some(pac)) => match user_sid(pac.bytes()) {
                Ok(sid) => sid.map_or(Self::Absent, Self::Of),
                Err(error) => Self::Bad(error),
            },
            Err(error) => Self::Bad(PacError::Unavailable(error.to_string())),
        }
    }
}

/// Types of the parts of a PAC ([MS-PAC] 2.4).
const LOGON_INFO: u32 = 1;
const UPN_DNS_INFO: u32 = 12;

/// The flag of UPN_DNS_INFO that a SID is there ([MS-PAC] 2.10).
const HAS_SID: u32 = 2;

/// The SID of the user in a PAC ([MS-PAC] 2.3); `None` when it names none. Where two of its parts name one,
/// they must be equal.
///
/// # Errors
/// When the bytes are no PAC, or it is of two users.
pub fn user_sid(pac: &[u8]) -> Result<Option<Sid>, PacError> {
    let logon = match part(pac, LOGON_INFO)? {
        Some(bytes) => Some(logon_sid(bytes).ok_or(PacError::Malformed("logon information"))?),
        None => None,
    };
    let upn = match part(pac, UPN_DNS_INFO)? {
        Some(bytes) if has_upn_sid(bytes) => {
            Some(upn_sid(bytes).ok_or(PacError::Malformed("part of names"))?)
        }
        _ => None,
    };
    match (logon, upn) {
        (Some(logon), Some(upn)) if logon != upn => Err(PacError::TwoAccounts { logon, upn }),
        (logon, upn) => Ok(logon.or(upn)),
    }
}

/// The part of this type: the table is one of type, length and place from the start of the PAC.
fn part(pac: &[u8], wanted: u32) -> Result<Option<&[u8]>, PacError> {
    let malformed = PacError::Malformed("table");
    let mut table = Reader::new(pac);
    let (Some(count), Some(0)) = (table.u32(), table.u32()) else {
        return Err(malformed);
    };
    let mut found = None;
    for _ in 0..count {
        let (Some(kind), Some(length), Some(place)) = (table.u32(), table.u32(), table.u64())
        else {
            return Err(malformed);
        };
        if kind != wanted {
            continue;
        }
        let bytes = usize::try_from(place)
            .ok()
            .and_then(|place| pac.get(place..)?.get(..usize::try_from(length).ok()?));
        // One of two could be the one that another reader takes.
        if bytes.is_none() || found.is_some() {
            return Err(malformed);
        }
        found = bytes;
    }
    Ok(found)
}

/// The user of a KERB_VALIDATION_INFO ([MS-PAC] 2.5) in NDR (C706, chapter 14), with the headers of a
/// serialized type ([MS-RPCE] 2.2.6): the SID of the domain with the account's number at its end.
fn logon_sid(bytes: &[u8]) -> Option<Sid> {
    let mut ndr = Reader::new(bytes);
    // Version 1, little endian, a header of 8 bytes, then four to ignore; the length of what follows.
    if ndr.take(4)? != [1, 0x10, 8, 0] {
        return None;
    }
    ndr.take(12)?;
    if ndr.u32()? == 0 {
        return None;
    }
    // Six times.
    ndr.take(6 * 8)?;
    let names: [u32; 6] = ndr.strings()?;
    // Two counts of 16 bits.
    ndr.take(4)?;
    let user = ndr.u32()?;
    let _primary_group = ndr.u32()?;
    let groups = ndr.u32()?;
    let group_ids = ndr.u32()?;
    // Flags and a session key.
    ndr.take(4 + 16)?;
    let server: [u32; 2] = ndr.strings()?;
    let domain = ndr.u32()?;
    // Reserved; userAccountControl; five members for which no use is left, and reserved.
    ndr.take(8 + 4 + 28)?;
    let extra = ndr.u32()?;
    let extra_sids = ndr.u32()?;
    // The groups of resources.
    ndr.take(12)?;
    // What the pointers lead to comes in the order of the pointers.
    for pointer in names {
        ndr.skip_string(pointer)?;
    }
    if group_ids != 0 {
        ndr.array(groups, 8)?;
    }
    for pointer in server {
        ndr.skip_string(pointer)?;
    }
    let domain = if domain == 0 { None } else { Some(ndr.sid()?) };
    if user != 0 {
        return domain?.of_account(user);
    }
    // An account without a number of its own is the first of the further SIDs.
    if extra == 0 || extra_sids == 0 {
        return None;
    }
    let mut entries = Reader::new(ndr.array(extra, 8)?);
    if entries.u32()? == 0 {
        return None;
    }
    ndr.sid().filter(Sid::has_number)
}

/// Whether an UPN_DNS_INFO ([MS-PAC] 2.10) says that it has a SID: only then is its length that of one.
fn has_upn_sid(bytes: &[u8]) -> bool {
    let mut info = Reader::new(bytes);
    // Two names by length and place; a part that ends before its flags is read, and is malformed.
    info.take(8);
    info.u32().is_none_or(|flags| flags & HAS_SID != 0)
}

fn upn_sid(bytes: &[u8]) -> Option<Sid> {
    let mut info = Reader::new(bytes);
    // Two names, the flags, and a third name.
    info.take(8 + 4 + 4)?;
    let (length, place) = (usize::from(info.u16()?), usize::from(info.u16()?));
    Sid::read(bytes.get(place..)?.get(..length)?).filter(Sid::has_number)
}

/// Little-endian values, read from the front.
struct Reader<'a> {
    rest: &'a [u8],
    /// How many bytes came before.
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(length)?;
        self.rest = tail;
        self.at = self.at.checked_add(length)?;
        Some(head)
    }

    fn array_of<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array_of().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array_of().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array_of().map(u64::from_le_bytes)
    }

    /// The pointers of so many RPC_UNICODE_STRINGs ([MS-DTYP] 2.3.10).
    fn strings<const N: usize>(&mut self) -> Option<[u32; N]> {
        let mut pointers = [0; N];
        for pointer in &mut pointers {
            // The lengths stand before the text once more.
            self.take(4)?;
            *pointer = self.u32()?;
        }
        Some(pointers)
    }

    /// The text that a pointer leads to: a conformant and varying array of 16-bit units.
    fn skip_string(&mut self, pointer: u32) -> Option<()> {
        if pointer == 0 {
            return Some(());
        }
        let (most, offset, length) = (self.u32()?, self.u32()?, self.u32()?);
        if offset != 0 || length > most {
            return None;
        }
        self.take(usize::try_from(length).ok()?.checked_mul(2)?)?;
        self.align()
    }

    /// A conformant array of so many members of `size` bytes.
    fn array(&mut self, count: u32, size: usize) -> Option<&'a [u8]> {
        if self.u32()? != count {
            return None;
        }
        self.take(usize::try_from(count).ok()?.checked_mul(size)?)
    }

    /// A SID, with the number of its parts before it.
    fn sid(&mut self) -> Option<Sid> {
        let parts = usize::try_from(self.u32()?).ok()?;
        Sid::read(self.take(parts.checked_mul(4)?.checked_add(8)?)?)
    }

    /// To the next multiple of four.
    fn align(&mut self) -> Option<()> {
        self.take(self.at.wrapping_neg() % 4).map(drop)
    }
}

#[cfg(test)]
#[path = "pac_tests.rs"]
mod tests;
