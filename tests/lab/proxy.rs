//! A forward proxy that asks for a password: Debian's tinyproxy, for the tunnel's way out.

use std::process::Command;

use tempfile::TempDir;

use super::process::Running;
use super::{Lab, wait_until};

/// A running proxy; killed when dropped.
#[derive(Debug)]
pub struct Proxy {
    pub process: Running,
    port: u16,
    user: String,
    password: String,
    _folder: TempDir,
}

impl Proxy {
    pub fn start(user: &str, password: &str) -> Self {
        let lab = Lab::get();
        let (folder, port) = (TempDir::new().expect("a folder"), lab.free_port());
        let config = folder.path().join("tinyproxy.conf");
        let address = &lab.address;
        std::fs::write(
            &config,
            format!(
                "Listen {address}\nPort {port}\nTimeout 600\nLogLevel Connect\nMaxClients 20\n\
                 BasicAuth {user} {password}\n"
            ),
        )
        .expect("its configuration");
        let mut command = Command::new("/usr/bin/tinyproxy");
        command.arg("-d").arg("-c").arg(&config);
        let process = Running::start(&mut command, &folder.path().join("log"));
        wait_until(
            std::time::Duration::from_secs(10),
            "the proxy does not listen",
            || std::net::TcpStream::connect((address.as_str(), port)).is_ok(),
        );
        Self {
            process,
            port,
            user: user.to_owned(),
            password: password.to_owned(),
            _folder: folder,
        }
    }

    /// With user and password, percent-encoded.
    pub fn url(&self) -> String {
        let encode =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        format!(
            "http://{}:{}@{}:{}",
            encode(&self.user),
            encode(&self.password),
            Lab::get().address,
            self.port
        )
    }
}
