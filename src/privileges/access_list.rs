//! The access list of a file (acl(5)): users and groups that may write there beside owner and group.

use std::os::fd::{AsFd, AsRawFd as _};

use rustix::{fs::getxattr, io::Errno};

/// Where Linux keeps it.
const NAME: &str = "system.posix_acl_access";
/// No list is longer.
const MOST_BYTES: usize = 64 << 10;
/// The list's version, and what an entry takes: tag, rights, and whose they are, in little-endian order.
const VERSION: [u8; 4] = 2_u32.to_le_bytes();
const ENTRY: usize = 8;
const USER: u16 = 0x02;
const GROUP: u16 = 0x08;
const MAY_WRITE: u16 = 0x02;

/// Whether it names somebody who is not root. A list that cannot be read is one that does.
pub(super) fn lets_others_write(handle: impl AsFd) -> bool {
    // A handle that is for a file's name alone gives it out in this way only.
    let path = format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd());
    let mut list = vec![0; MOST_BYTES];
    match getxattr(path, NAME, &mut list[..]) {
        Ok(length) => names_a_writer(&list[..length]),
        // None, or a file system without any.
        Err(Errno::NODATA | Errno::NOTSUP) => false,
        Err(_) => true,
    }
}

fn names_a_writer(list: &[u8]) -> bool {
    let Some((&VERSION, entries)) = list.split_first_chunk() else {
        return true;
    };
    let (entries, rest) = entries.as_chunks::<ENTRY>();
    let is_writer = |[tag, tag_, rights, rights_, whose @ ..]: &[u8; ENTRY]| {
        let (tag, rights) = (
            u16::from_le_bytes([*tag, *tag_]),
            u16::from_le_bytes([*rights, *rights_]),
        );
        [USER, GROUP].contains(&tag) && rights & MAY_WRITE != 0 && *whose != [0; 4]
    };
    !rest.is_empty() || entries.iter().any(is_writer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_beside_owner_and_group_is_found() {
        let list = |entries: &[(u16, u16, u32)]| {
            let entry = |(tag, rights, whose): &(u16, u16, u32)| {
                let (tag, rights) = (tag.to_le_bytes(), rights.to_le_bytes());
                [&tag[..], &rights, &whose.to_le_bytes()].concat()
            };
            let entries: Vec<_> = entries.iter().flat_map(entry).collect();
            [&VERSION[..], &entries].concat()
        };
        let (owner, group, mask, other) = (
            (0x01, 7, u32::MAX),
            (0x04, 7, u32::MAX),
            (0x10, 7, u32::MAX),
            (0x20, 5, u32::MAX),
        );
        for (named, found) in [
            ((USER, 7, 4711), true),
            ((GROUP, 6, 4711), true),
            ((USER, 5, 4711), false),
            ((USER, 7, 0), false),
            ((GROUP, 7, 0), false),
        ] {
            let list = list(&[owner, named, group, mask, other]);
            assert_eq!(names_a_writer(&list), found, "{named:?}");
        }
        assert!(!names_a_writer(&list(&[owner, group, other])));
        for odd in [&[][..], &[2, 0, 0], &[3, 0, 0, 0], &[2, 0, 0, 0, 1]] {
            assert!(names_a_writer(odd), "{odd:?}");
        }
    }
}
