//! The tests' own TLS clients.

use std::{io::Write as _, net::TcpStream, path::Path, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::lab::{Lab, instance::Instance};

pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// That trusts the lab's CA.
pub fn client_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let ca = std::fs::read(Lab::get().ca()).expect("the CA");
    for certificate in CertificateDer::pem_slice_iter(&ca) {
        roots.add(certificate.expect("PEM")).expect("a CA");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A whole handshake on the connection; nothing when it fails.
pub fn handshake(config: &Arc<ClientConfig>, stream: TcpStream) -> Option<TlsStream> {
    let name = "login.corp.example".try_into().ok()?;
    let connection = ClientConnection::new(Arc::clone(config), name).ok()?;
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).ok()?;
    }
    Some(stream)
}

/// The certificate that an instance shows, as DER; nothing when it shows none.
pub fn leaf(instance: &Instance) -> Option<Vec<u8>> {
    // PROXY protocol, version 2, command LOCAL, no addresses: as the balancer's own checks begin.
    const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let mut stream = TcpStream::connect((instance.address.as_str(), instance.port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(LOCAL).ok()?;
    let stream = handshake(&client_config(), stream)?;
    let chain = stream.conn.peer_certificates()?;
    Some(chain.first()?.to_vec())
}

/// The first certificate of a PEM file, as DER.
pub fn first_of(file: &Path) -> Vec<u8> {
    let pem = std::fs::read(file).expect("a file");
    let certificate = CertificateDer::from_pem_slice(&pem).expect("a certificate");
    certificate.to_vec()
}
