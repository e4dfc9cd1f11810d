//! Logins of browsers other than by Kerberos: the form and certificates, each on a fresh TLS connection.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{
    counts::Kind,
    fleet::{Fleet, USERS, guessed, user},
    lab::{Lab, client_ca::Certificate},
};

const LIMIT: Duration = Duration::from_secs(30);
const HOST: &str = "login.corp.example";
/// Wrong passwords come from this many addresses, and for that many names.
const GUESSERS: usize = 250;
const GUESSED: usize = 1000;

/// Browsers of all users.
pub struct Browsers {
    address: SocketAddr,
    plain: Arc<ClientConfig>,
    certified: Vec<Arc<ClientConfig>>,
}

impl Browsers {
    pub fn new(fleet: &Fleet) -> Self {
        let address = Lab::get().address.parse().expect("an address");
        let certified = fleet.certificates.iter();
        Self {
            address: SocketAddr::new(address, fleet.balancer.port),
            plain: Arc::new(tls(None)),
            certified: certified
                .map(|certificate| Arc::new(tls(Some(certificate))))
                .collect(),
        }
    }

    /// The login of this number.
    pub async fn login(&self, kind: Kind, number: usize) -> Result<(), String> {
        let of_user = number % USERS;
        let any = Ipv4Addr::UNSPECIFIED;
        match kind {
            Kind::Certificate => {
                let head =
                    format!("GET /wsfed HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
                let answer = self.exchange(any, &self.certified[of_user], head).await?;
                token(&answer)
            }
            Kind::WrongAtForm => {
                // Not those of the others: wrong passwords make an address wait.
                let guesser = u8::try_from(number % GUESSERS).expect("few") + 1;
                let source = Ipv4Addr::new(127, 98, 0, guesser);
                let request = form(&guessed(number % GUESSED), "wrong");
                let answer = self.exchange(source, &self.plain, request).await?;
                refused(&answer)
            }
            _ => {
                let request = form(&user(of_user), &Lab::get().password);
                token(&self.exchange(any, &self.plain, request).await?)
            }
        }
    }

    /// A whole answer.
    async fn exchange(
        &self,
        source: Ipv4Addr,
        tls: &Arc<ClientConfig>,
        request: String,
    ) -> Result<String, String> {
        let exchange = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((source, 0).into())?;
            let stream = socket.connect(self.address).await?;
            let connector = TlsConnector::from(Arc::clone(tls));
            let name = HOST.try_into().expect("a name");
            let mut stream = connector.connect(name, stream).await?;
            stream.write_all(request.as_bytes()).await?;
            stream.flush().await?;
            let mut bytes = Vec::new();
            match stream.read_to_end(&mut bytes).await {
                // The end of TLS is missing, but the answer tells its own.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
                outcome => {
                    outcome?;
                }
            }
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        match timeout(LIMIT, exchange).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs())),
        }
    }
}

fn form(user: &str, password: &str) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body
        .append_pair("username", user)
        .append_pair("password", password)
        .finish();
    format!(
        "POST /wsfed HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    )
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("no answer")
}

fn token(answer: &str) -> Result<(), String> {
    match status(answer) {
        "200" if answer.contains("name=\"wresult\"") && answer.trim_end().ends_with("</html>") => {
            Ok(())
        }
        "200" => Err("status 200 without a whole token".to_owned()),
        status => Err(format!("status {status}")),
    }
}

/// Wrong, or asked too often.
fn refused(answer: &str) -> Result<(), String> {
    match status(answer) {
        "401" | "429" => Ok(()),
        status => Err(format!("status {status}")),
    }
}

fn tls(certificate: Option<&Certificate>) -> ClientConfig {
    let read = |path| std::fs::read(path).expect("PEM");
    let mut roots = RootCertStore::empty();
    for ca in CertificateDer::pem_slice_iter(&read(Lab::get().ca())) {
        roots.add(ca.expect("PEM")).expect("a CA");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let mut tls = match certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let chain = CertificateDer::pem_slice_iter(&read(certificate.chain()))
                .collect::<Result<_, _>>()
                .expect("a certificate");
            let key = PrivateKeyDer::from_pem_slice(&read(certificate.key())).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    };
    // Each login is from a computer that was not here before.
    tls.resumption = Resumption::disabled();
    tls
}
