//! Keys that the legacy connector writes and that have no effect here.

use super::{
    super::{
        key::{Declared, Key, Section},
        kinds::Unused,
    },
    declare::declare,
};

const PLAIN: Unused = Unused { secret: false };
const SECRET: Unused = Unused { secret: true };

#[rustfmt::skip]
declare! { Section::Unused;
    SESSION_SECRET: Unused = SECRET, "there is no session", legacy;
    AUTHENTICATION: Unused = PLAIN, "how its console signs in", legacy;
    CACHE_FILE: Unused = PLAIN, "the cache is in memory", legacy;
    FIREWALL_RULE_CREATED: Unused = PLAIN, "of Windows only", legacy;
    SSL_OPENSSLDIR_PATTERN: Unused = PLAIN, "where its OpenSSL looks for roots", legacy;
    CONNECTIONS_API_V2_KEY: Unused = SECRET, "a key to the tenant's interface", legacy;
    LAST_SENT_THUMBPRINT: Unused = PLAIN, "the signing certificate that was last sent to the tenant; kept up to date", legacy;
}
