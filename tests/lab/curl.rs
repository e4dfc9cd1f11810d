//! A browser's part, played by the real curl.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::client_ca::Certificate;
use super::{Ccache, Lab};

/// A request to a host of the lab, over TLS with its CA.
#[derive(Debug)]
pub struct Curl {
    command: Command,
    folder: TempDir,
    url: String,
}

/// What came back; after a challenge, the last response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// How many responses there were, the challenges included.
    pub responses: usize,
    pub milliseconds: f64,
}

impl Curl {
    /// `path` with the leading slash; the host resolves to the lab's address.
    pub fn new(host: &str, port: u16, path: &str) -> Self {
        Self::with("https", host, port, path)
    }

    /// Without TLS.
    pub fn plain(host: &str, port: u16, path: &str) -> Self {
        Self::with("http", host, port, path)
    }

    fn with(scheme: &str, host: &str, port: u16, path: &str) -> Self {
        let lab = Lab::get();
        let folder = TempDir::new().expect("a folder");
        let mut command = Command::new("curl");
        command
            .env("KRB5_CONFIG", lab.krb5_conf())
            // Nobody's ticket, unless `negotiate` gives one.
            .env(
                "KRB5CCNAME",
                format!("FILE:{}", folder.path().join("none").display()),
            )
            .args(["-q", "-sS", "--max-time", "30", "--cacert"])
            .arg(lab.ca())
            .args(["--resolve", &format!("{host}:{port}:{}", lab.address)]);
        Self {
            command,
            folder,
            url: format!("{scheme}://{host}:{port}{path}"),
        }
    }

    /// Signs in with the ticket.
    pub fn negotiate(mut self, ccache: &Ccache) -> Self {
        self.command
            .env("KRB5CCNAME", ccache.name())
            .args(["--negotiate", "-u", ":"]);
        self
    }

    /// Offers the client certificate.
    pub fn certificate(mut self, certificate: &Certificate) -> Self {
        self.command
            .arg("--cert")
            .arg(certificate.chain())
            .arg("--key")
            .arg(certificate.key());
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        // By file: a header may be larger than one argument may be.
        let path = self.file(&format!("{name}: {value}\n"));
        self.command.arg("-H").arg(format!("@{}", path.display()));
        self
    }

    /// Posts the fields as a form.
    pub fn form<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let path = self.file(&body);
        self.command
            .arg("--data")
            .arg(format!("@{}", path.display()));
        self
    }

    /// Posts JSON.
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        let path = self.file(&body.to_string());
        self.command
            .args(["-H", "content-type: application/json", "--data-binary"])
            .arg(format!("@{}", path.display()));
        self
    }

    /// A further argument of curl's.
    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// # Panics
    /// When there is no answer.
    pub fn run(self) -> Response {
        self.try_run().unwrap_or_else(|error| panic!("{error}"))
    }

    /// # Errors
    /// What curl says when there is no answer.
    pub fn try_run(mut self) -> Result<Response, String> {
        let (head, body) = (
            self.folder.path().join("head"),
            self.folder.path().join("body"),
        );
        let output = self
            .command
            .arg("-D")
            .arg(&head)
            .arg("-o")
            .arg(&body)
            .args(["-w", "%{http_code} %{time_total}", &self.url])
            .output()
            .expect("curl");
        if !output.status.success() {
            return Err(format!(
                "{}: {}",
                self.url,
                String::from_utf8_lossy(&output.stderr).trim()
            ));
        }
        let written = String::from_utf8_lossy(&output.stdout);
        let (status, seconds) = written.split_once(' ').expect("two numbers");
        let head =
            String::from_utf8_lossy(&std::fs::read(head).unwrap_or_default()).replace('\r', "");
        let blocks: Vec<&str> = head
            .split("\n\n")
            .filter(|block| !block.trim().is_empty())
            .collect();
        Ok(Response {
            status: status.parse().expect("a status"),
            headers: blocks
                .last()
                .map(|block| headers(block))
                .unwrap_or_default(),
            body: String::from_utf8_lossy(&std::fs::read(body).unwrap_or_default()).into_owned(),
            responses: blocks.len(),
            milliseconds: seconds.parse::<f64>().expect("seconds") * 1000.0,
        })
    }

    fn file(&mut self, content: &str) -> PathBuf {
        let number = self.command.get_args().count();
        let path = self.folder.path().join(format!("in-{number}"));
        std::fs::write(&path, content).expect("a file");
        path
    }
}

impl Response {
    /// The header's first value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

fn headers(block: &str) -> Vec<(String, String)> {
    block
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}
