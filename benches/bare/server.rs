//! The bare server: what a login cannot do without, in blocking calls, and nothing else.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use libgssapi::{
    context::{SecurityContext as _, ServerCtx},
    credential::{Cred, CredUsage},
    oid::OidSet,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// Of an instance's page with a token.
const PAGE: usize = 12 << 10;
/// Connections at once: a thread each, since they wait for their client.
const THREADS: usize = 16;
const LIMIT: Duration = Duration::from_secs(20);

struct Server {
    tls: Arc<ServerConfig>,
    signer: RsaKeyPair,
    random: SystemRandom,
}

/// Serves until the process is ended, or nobody can be served any more.
pub fn serve(chain: &Path, key: &Path, signer: &Path, address: SocketAddr) {
    let chain: Vec<_> = CertificateDer::pem_file_iter(chain)
        .expect("a file")
        .collect::<Result<_, _>>()
        .expect("PEM");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a key and certificate");
    let signer = match PrivateKeyDer::from_pem_file(signer).expect("a key") {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        other => RsaKeyPair::from_der(other.secret_der()),
    };
    let server = Arc::new(Server {
        tls: Arc::new(tls),
        signer: signer.expect("an RSA key"),
        random: SystemRandom::new(),
    });
    let listener = Arc::new(TcpListener::bind(address).expect("a free port"));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (server, listener) = (Arc::clone(&server), Arc::clone(&listener));
            thread::spawn(move || {
                let usage = CredUsage::Accept;
                let service = Cred::acquire(None, None, usage, None::<&OidSet>).expect("a keytab");
                while let Ok((stream, _)) = listener.accept() {
                    // Whoever only looks whether it listens says nothing.
                    let _given_up = server.login(stream, &service);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it serves");
    }
}

impl Server {
    fn login(&self, stream: TcpStream, service: &Cred) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let tls = ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
        let mut stream = BufReader::new(StreamOwned::new(tls, stream));
        let mut token = None;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                line => {
                    let value = line.strip_prefix("Authorization: Negotiate ");
                    token = value.map(str::to_owned).or(token);
                }
            }
        }
        let token = STANDARD
            .decode(token.unwrap_or_default())
            .map_err(io::Error::other)?;
        let mut context = ServerCtx::new(Some(service.clone()));
        let answer = context.step(&token, None).map_err(io::Error::other)?;
        let user = context.source_name().and_then(|name| name.display_name());
        let user = String::from_utf8_lossy(&user.map_err(io::Error::other)?).into_owned();
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer
            .sign(
                &RSA_PKCS1_SHA256,
                &self.random,
                user.as_bytes(),
                &mut signature,
            )
            .map_err(io::Error::other)?;
        let mut page = format!(
            "<!doctype html><title>{user}</title><input type=\"hidden\" name=\"wresult\" value=\"{}\">",
            STANDARD.encode(&signature)
        );
        page.extend(std::iter::repeat_n(' ', PAGE.saturating_sub(page.len())));
        let answer = STANDARD.encode(answer.as_deref().unwrap_or_default());
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nWWW-Authenticate: Negotiate {answer}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            page.len()
        );
        let mut stream = stream.into_inner();
        stream.write_all(format!("{head}{page}").as_bytes())?;
        stream.conn.send_close_notify();
        stream.flush()
    }
}
