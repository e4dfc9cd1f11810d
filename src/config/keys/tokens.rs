//! Keys of tokens: who issues them, who gets them, what signs them.

use super::{
    super::{
        home,
        key::{Declared, Key, Section},
        kinds::{Flag, Preset, Secret, Span, Text},
        shape::{Format, Usual},
    },
    declare::{OFF, declare, preset, text, usual},
};

#[rustfmt::skip]
declare! { Section::Tokens;
    REALM: Text = text(Format::Plain), "the relying party's name, for instance `urn:auth0:acme`; a key of that name lists its callback URLs", tenant, legacy;
    WSFED_ISSUER: Preset = preset(Format::Plain, "urn:auth0"), "issuer of the tokens", tenant, legacy;
    TOKEN_LIFETIME_SECONDS: Span = Span::seconds(28_800, 60, 86_400), "how long a token is valid";
    TOKEN_SKEW_SECONDS: Span = Span::seconds(0, 0, 300), "how many seconds NotBefore is before the time of issue, for relying parties whose clock is behind";
    TOKEN_LEGACY_METHOD: Flag = OFF, "say `am:password` in every token, whatever the login was", older("TOKEN_INCUMBENT_METHOD");
    AUTH_CERT_KEY: Secret = Secret { usual: Usual::File(home::SIGNING_KEY), exact: true }, "signing key, PEM text", legacy;
    AUTH_CERT: Text = usual(Format::Pem, Usual::File(home::SIGNING_CERTIFICATE)), "signing certificate, PEM text", legacy;
}
