//! Keys of the directory: its servers, the service account, how users are found.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::{Flag, List, Number, OwnFilter, Preset, Secret, Span, Text},
        shape::{Format, Usual},
    },
    declare::{OFF, PASSWORD, SECRET, declare, list, number, own_filter, preset, text},
};

#[rustfmt::skip]
declare! { Section::Directory;
    LDAP_URL: List = list(Format::Url, Usual::None), "directory server, `ldaps://dc1.corp.example`, a list in order of preference, or `srv:corp.example` for those of the domain's SRV records (by LDAPS, or StartTLS with LDAP_STARTTLS)", setup, legacy;
    LDAP_SRV_NAMESERVERS: List = list(Format::Network, Usual::Words("the system's")), "name servers for `srv:`, as `address` or `address:port`", setup;
    LDAP_STARTTLS: Flag = OFF, "upgrade `ldap://` connections to TLS before the bind";
    LDAP_BASE: Text = text(Format::Dn), "where users are searched, `DC=corp,DC=example`", setup, legacy;
    LDAP_BIND_USER: Text = text(Format::Plain), "the service account that searches: a DN or a user principal name", setup, legacy;
    LDAP_BIND_PASSWORD: Secret = PASSWORD, "its password", legacy;
    LDAP_BIND_CREDENTIALS: Secret = SECRET, "its password, encrypted with the signing key", legacy;
    ANONYMOUS_SEARCH_ENABLED: Flag = OFF, "search without a service account", setup, legacy;
    LDAP_USER_BY_NAME: OwnFilter = own_filter(Usual::Words("on Active Directory `alice`, `CORP\\alice`, `alice@corp.example` or the mail address; elsewhere `(sAMAccountName={0})`"), "(sAMAccountName={0})"), "finds a user by the name that was typed. A ticket of Active Directory is that of whoever has its SID: objectSid takes the place of what is compared with {0}, and other conditions stay", legacy;
    LDAP_NUMBER_OF_PARALLEL_BINDS: Number<usize> = number(32, 1, 1024), "password checks under way at the same time", legacy;
    LDAP_TIMEOUT_SECONDS: Span = Span::seconds(10, 1, 300), "limit of one connect, bind or search";
    LDAP_HEARTBEAT_SECONDS: Span = Span::seconds(60, 0, 86_400).with_floor(1), "pause between two probes of the directory", legacy;
    LDAP_HEARTBEAT_SEARCH_QUERY: Preset = preset(Format::Filter, "(&(objectclass=user)(|(sAMAccountName=foo)(UserPrincipalName=foo)))"), "what a probe searches", legacy;
}
