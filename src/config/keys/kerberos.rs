//! Keys of Kerberos.

use super::{
    super::{
        choices::ChannelBindingPolicy,
        home,
        key::{Declared, Key, Section},
        kinds::{Choice, File, Files, Flag, List, Refused},
        shape::{Format, Usual},
    },
    declare::{OFF, ON, choice, declare, list},
};

#[rustfmt::skip]
declare! { Section::Kerberos;
    KERBEROS_AUTH: Flag = OFF, "sign users in by Kerberos (SPNEGO)", tenant, switch, legacy;
    KERBEROS_KEYTAB: File = File { usual: home::KEYTAB, when_there: false }, "keys of the service principal `HTTP/<host of SERVER_URL>`";
    KERBEROS_REALMS: List = list(Format::Plain, Usual::Words("the keytab's realms")), "realms whose users may sign in";
    KERBEROS_ALIASES: List = list(Format::Host, Usual::None), "further host names by which browsers reach SERVER_URL, such as what they make of a DNS alias (CNAME), or a short name: tickets for `HTTP/<name>` of these count beside those for `HTTP/<host of SERVER_URL>`, and no others";
    KERBEROS_REQUIRE_PAC: Flag = ON, "on Active Directory, refuse a ticket without a PAC, which alone says by SID which account it is for; `false`: such a ticket is that of whoever has the sAMAccountName now";
    CHANNEL_BINDING: Choice<ChannelBindingPolicy> = choice(ChannelBindingPolicy::Accept, &[("off", ChannelBindingPolicy::Off), ("accept", ChannelBindingPolicy::Accept), ("require", ChannelBindingPolicy::Require), ("false", ChannelBindingPolicy::Off)]), "Kerberos tokens made for another TLS connection: `off` does not look, `accept` refuses them, `require` refuses those without a binding too";
    CHANNEL_BINDING_CERT_FILES: Files = Files { usual: Usual::None }, "with TLS_TERMINATION `proxy`: the certificates that the balancers show, PEM, to which clients bind their tokens";
    KERBEROS_DEBUG_USER: Refused = Refused { problem: "would sign in anyone as that user" }, "refused: it would sign in anyone as that user", legacy;
}
