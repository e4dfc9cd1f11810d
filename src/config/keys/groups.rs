//! Keys of groups.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::{Filter, Flag, List, Number, Preset, Span, Text},
        shape::{Format, Usual},
    },
    declare::{ON, declare, filter, list, number, preset, usual},
    directory::LDAP_BASE,
};

#[rustfmt::skip]
declare! { Section::Groups;
    GROUPS: Flag = ON, "look up the user's groups", legacy;
    GROUPS_REQUIRED: Flag = ON, "a login whose groups cannot be had is refused for the moment; false: it goes on without them, and audit line and metrics say so";
    LDAP_BASE_GROUPS: Text = usual(Format::Dn, Usual::Key(LDAP_BASE.name)), "where groups are searched", legacy;
    LDAP_SEARCH_GROUPS: Filter = filter("(member:1.2.840.113556.1.4.1941:={0})"), "finds the groups of a user's DN, nested ones too. On Active Directory the default's answer is found in less time (deploy/README.md, Groups); any other filter is asked as it is written", legacy;
    GROUP_PROPERTY: Preset = preset(Format::Plain, "cn"), "attribute that names a group", legacy;
    GROUP_PROPERTIES: List = list(Format::Plain, Usual::None), "when given, each group is an object of these attributes", legacy;
    GROUPS_TIMEOUT_SECONDS: Span = Span::seconds(20, 1, 3600), "limit of a search for a user's groups", legacy;
    GROUPS_CACHE_SECONDS: Span = Span::seconds(600, 0, 31_536_000), "how long groups are remembered at most; from half of it on they are read anew behind a login that is served what is known; 0: not at all", legacy;
    GROUPS_DEREF_ALIASES: Number<u8> = number(0, 0, 3), "alias dereferencing in group searches: 0 never to 3 always", legacy;
}
