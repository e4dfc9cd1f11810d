//! Keys of accounts, searches and profiles.

use super::{
    super::{
        home,
        key::{Declared, Key, Section},
        kinds::{File, Filter, Flag, Number, Preset, Span, Text},
        shape::Format,
    },
    declare::{OFF, ON, declare, filter, number, preset, text},
};

#[rustfmt::skip]
declare! { Section::Accounts;
    ALLOW_PASSWORD_EXPIRED: Flag = OFF, "who has an expired password signs in, with it or by another proof", legacy;
    ALLOW_PASSWORD_CHANGE_REQUIRED: Flag = OFF, "who must change the password signs in, with it or by another proof", legacy;
    ALLOW_MACHINE_ACCOUNTS: Flag = OFF, "computers and managed service accounts of Active Directory (sAMAccountType 805306369) sign in like users (805306368), and can have their password changed by the tenant";
    ENABLE_WRITE_BACK: Flag = OFF, "let the tenant change passwords", legacy;
    ENABLE_ACTIVE_DIRECTORY_UNICODE_PASSWORD: Flag = OFF, "change `unicodePwd`, as Active Directory needs it, else `userPassword`", legacy;
    AUTO_UNLOCK_ON_PASSWORD_CHANGE: Flag = OFF, "a password change ends a lockout", legacy;
    LDAP_SEARCH_QUERY: Filter = filter("(&(objectCategory=person)(anr={0}))"), "finds users by what the tenant's administrator types", legacy;
    LDAP_SEARCH_ALL_QUERY: Preset = preset(Format::Filter, "(objectCategory=person)"), "finds users when nothing is typed", legacy;
    LDAP_SEARCH_LIST_GROUPS_QUERY: Preset = preset(Format::Filter, "(objectCategory=group)"), "finds all groups", legacy;
    LDAP_SEARCH_RESULTS_OMIT_GROUPS: Flag = ON, "users found by a search carry no groups", legacy;
    PROFILE_MAPPER: Text = text(Format::JavaScript), "the profile mapper in JavaScript, as text", legacy;
    PROFILE_MAPPER_FILE: File = File { usual: home::MAPPER, when_there: true }, "the profile mapper in JavaScript", legacy;
    PROFILE_MAPPING_MEMORY_LIMIT_MB: Number<usize> = number(64, 4, 1024), "memory of a profile mapper, MiB; what needs more fails its login", legacy;
    PROFILE_MAPPING_TIMEOUT_MS: Span = Span::milliseconds(1000, 0, 60_000).with_floor(10), "how long one call of a profile mapper may take", legacy;
}
