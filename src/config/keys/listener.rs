//! Keys of the listener that browsers reach: its address, its certificate, its limits.

use std::net::{IpAddr, Ipv6Addr};

use super::{
    super::{
        choices::{ProxyProtocol, TlsTermination},
        home,
        key::{Declared, Key, Section},
        kinds::{Address, Choice, File, List, Number, Secret, Text},
        shape::{Format, Usual},
    },
    declare::{PASSWORD, SECRET, bytes_or_default, choice, declare, list, number, usual},
};

#[rustfmt::skip]
declare! { Section::Listener;
    SERVER_URL: Text = usual(Format::Url, Usual::OfHost("https://<hostname>:<PORT>")), "the address users open: the balancer's", setup, legacy;
    LISTEN_ADDRESS: Address = Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), "address to listen on; `::` takes IPv4 too", host, restart;
    PORT: Number<u16> = number(4000, 0, u16::MAX), "port of the direct logins, `/healthz` and `/readyz`; 0: any that is free", host, restart, legacy;
    TLS_CERT_FILE: File = File { usual: home::TLS_CERTIFICATE, when_there: true }, "certificate chain for SERVER_URL, PEM, leaf first; else SSL_PFX";
    TLS_KEY_FILE: File = File { usual: home::TLS_KEY, when_there: true }, "its key, PEM";
    SSL_PFX: Secret = SECRET, "certificate and key for SERVER_URL: a PKCS#12 file in base64", legacy;
    SSL_KEY_PASSWORD: Secret = PASSWORD, "password of SSL_PFX", legacy;
    TLS_TICKET_SECRET: Secret = SECRET, "what the keys of TLS session tickets are made of, the same on every instance: 32 characters at least, in no backup; without it the signing key";
    TLS_TERMINATION: Choice<TlsTermination> = choice(TlsTermination::Here, &[("here", TlsTermination::Here), ("proxy", TlsTermination::Proxy)]), "`proxy`: plain HTTP on PORT, the balancers in TRUSTED_PROXIES end TLS", restart;
    PROXY_PROTOCOL: Choice<ProxyProtocol> = choice(ProxyProtocol::Off, &[("off", ProxyProtocol::Off), ("v2", ProxyProtocol::V2), ("false", ProxyProtocol::Off)]), "`v2`: every connection must open with a PROXY v2 header from TRUSTED_PROXIES", restart;
    TRUSTED_PROXIES: List = list(Format::Network, Usual::None), "addresses of the balancers, as CIDRs", restart;
    MAX_CONNECTIONS: Number<usize> = number(10_000, 1, 1_000_000), "open connections; for one more, the longest idle one of the network that holds most is closed", restart;
    NETWORK_PREFIX_IPV4: Number<u8> = number(32, 8, 32), "leading bits of an IPv4 address that make one network, where connections and wrong passwords are counted", restart;
    NETWORK_PREFIX_IPV6: Number<u8> = number(64, 16, 128), "the same of an IPv6 address", restart;
    MAX_LOGINS: Number<usize> = number(1000, 1, 1_000_000), "logins under way at the same time; one more gets 503 at once, with the seconds after which to come back";
    MAX_HEADER_SIZE: Number<usize> = bytes_or_default(65_536, 0, 1_048_576), "the largest Kerberos token", restart, legacy;
}
