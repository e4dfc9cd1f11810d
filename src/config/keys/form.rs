//! Keys of the form, and of a proxy that names the user.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::{Flag, Number, Span},
    },
    declare::{OFF, ON, declare, number},
};

#[rustfmt::skip]
declare! { Section::Form;
    FORM_LOGIN: Flag = ON, "offer the password form when Kerberos is not possible";
    FORM_ATTEMPTS_PER_MINUTE: Number<u32> = number(60, 0, 100_000), "wrong passwords from one client address at the form; 0: no limit";
    FORM_FAILURES_PER_USER: Number<u32> = number(3, 0, 1000), "wrong passwords of one user at the form, on each instance, before it is refused for a while: times the number of instances it has to be below the domain's lockout threshold; 0: no limit";
    FORM_FAILURES_SECONDS: Span = Span::seconds(1860, 1, 86_400), "how long after the last of them those failures count: longer than the domain counts its own (`lockOutObservationWindow`)";
    WITH_KERBEROS_PROXY_FRONTEND: Flag = OFF, "take the user from X-Forwarded-User, only of a connection straight from TRUSTED_PROXIES", legacy;
}
