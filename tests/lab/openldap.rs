//! An OpenLDAP directory: a real slapd with a few people, over TLS by the lab's CA.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::Running;
use super::{Lab, project, run_with_input, wait_until};

const PEOPLE: &str = include_str!("openldap/people.ldif");

/// What people may do without signing in to the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    Reads,
    Refused,
}

/// A running directory; killed when dropped.
#[derive(Debug)]
pub struct OpenLdap {
    pub process: Running,
    pub port: u16,
    _folder: TempDir,
}

impl OpenLdap {
    pub fn start(anonymous: Anonymous) -> Self {
        let lab = Lab::get();
        let (folder, port) = (TempDir::new().expect("a folder"), lab.free_port());
        let path = |name: &str| folder.path().join(name);
        let server = path("server");
        run_with_input(
            Command::new(project().join("certs/make-server.sh"))
                .arg(lab.state.join("pki"))
                .arg(&server)
                .args(["ldap.acme.example", &lab.address]),
            "",
        );
        std::fs::create_dir(path("data")).expect("a folder");
        let access = match anonymous {
            Anonymous::Reads => {
                "access to * by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by * read"
            }
            Anonymous::Refused => {
                "access to * by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by users read by anonymous auth\n\
                 disallow bind_anon"
            }
        };
        let config = format!(
            "include /etc/ldap/schema/core.schema\n\
             include /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\n\
             modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n\
             TLSCertificateFile {server}.pem\nTLSCertificateKeyFile {server}.key\n\
             TLSCACertificateFile {ca}\n\
             {disallow}\n\
             database mdb\nsuffix \"o=acme\"\ndirectory {data}\nmaxsize 67108864\n\
             rootdn \"cn=admin,o=acme\"\nrootpw {password}\n\
             access to attrs=userPassword by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by anonymous auth by * none\n\
             {access}\noverlay ppolicy\n",
            password = lab.password,
            server = server.display(),
            ca = lab.ca().display(),
            data = path("data").display(),
            access = access.split('\n').next().unwrap_or_default(),
            disallow = access.split('\n').nth(1).unwrap_or_default(),
        );
        let file = path("slapd.conf");
        std::fs::write(&file, config).expect("its configuration");
        run_with_input(
            Command::new("/usr/sbin/slapadd")
                .arg("-q")
                .arg("-f")
                .arg(&file),
            PEOPLE,
        );
        let mut command = Command::new("/usr/sbin/slapd");
        command
            .args(["-d", "0", "-h"])
            .arg(format!("ldaps://{}:{port}", lab.address))
            .arg("-f")
            .arg(&file);
        let process = Running::start(&mut command, &path("log"));
        wait_until(Duration::from_secs(10), "slapd does not listen", || {
            std::net::TcpStream::connect((lab.address.as_str(), port)).is_ok()
        });
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    pub fn url(&self) -> String {
        format!("ldaps://{}:{}", Lab::get().address, self.port)
    }
}
