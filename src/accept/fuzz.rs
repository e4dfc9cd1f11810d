//! What `tests/fuzz` calls: the first bytes of a connection.

use futures_util::FutureExt as _;
use proxy_header::ProxiedAddress;

use super::{
    first::recognised,
    proxy::{ProxyRefusal, SIGNATURE, read},
};

/// A PROXY header: an address is taken only from a header of version 2 that says exactly that, and not a
/// byte behind it is read.
pub fn proxy_header(data: &[u8]) {
    if !data.is_empty() {
        let _ = recognised(&data[..data.len().min(SIGNATURE.len())]);
    }
    let mut rest = data;
    // Reading from memory never waits.
    let answer = read(&mut rest).now_or_never().expect("ready");
    let taken = &data[..data.len() - rest.len()];
    match answer {
        Ok(address) => {
            assert!(taken.starts_with(SIGNATURE));
            let length = usize::from(u16::from_be_bytes([data[14], data[15]]));
            assert_eq!(taken.len(), 16 + length);
            if let Some(address) = address {
                assert_eq!(data[12], 0x21, "version 2, command PROXY");
                is_written(&address, data[13], &data[16..]);
            }
        }
        Err(ProxyRefusal::Closed(_)) => assert!(rest.is_empty()),
        Err(_) => assert!(taken.len() <= 16 + usize::from(u16::MAX)),
    }
}

/// Over a stream, and the source is what the header's first bytes say.
fn is_written(address: &ProxiedAddress, family: u8, body: &[u8]) {
    let source = address.source;
    match source.ip() {
        std::net::IpAddr::V4(ip) => {
            assert_eq!(family, 0x11);
            assert_eq!(body[..4], ip.octets());
            assert_eq!(body[8..10], source.port().to_be_bytes());
        }
        std::net::IpAddr::V6(ip) => {
            assert_eq!(family, 0x21);
            assert_eq!(body[..16], ip.octets());
            assert_eq!(body[32..34], source.port().to_be_bytes());
        }
    }
}
