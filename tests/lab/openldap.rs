//! An OpenLDAP directory: a real slapd with a few people, over TLS by the lab's CA.

use std::path::Path;
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
        let access = match anonymous {
            Anonymous::Reads => {
                "access to * by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by * read"
            }
            Anonymous::Refused => {
                "access to * by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by users read by anonymous auth\n\
                 disallow bind_anon"
            }
        };
        let password = &lab.password;
        let access_lines: Vec<_> = access.split('\n').collect();
        let global = format!(
            "moduleload back_mdb\nmoduleload ppolicy\n{}\n",
            access_lines.get(1).copied().unwrap_or_default()
        );
        Self::run(&global, Some(PEOPLE), |folder| {
            format!(
                "database mdb\nsuffix \"o=acme\"\ndirectory {data}\nmaxsize 67108864\n\
                 rootdn \"cn=admin,o=acme\"\nrootpw {password}\n\
                 access to attrs=userPassword by dn.base=\"uid=ad-edge,ou=services,o=acme\" write by anonymous auth by * none\n\
                 {access}\noverlay ppolicy\n",
                data = folder.join("data").display(),
                access = access_lines[0],
            )
        })
    }

    /// A proxy in front of the lab's domain, which shows all of its entries, and not what kind of directory they
    /// are from.
    pub fn in_front_of_the_domain() -> Self {
        let lab = Lab::get();
        // The schema is that of Active Directory.
        let global = "include /etc/ldap/schema/nis.schema\ninclude /etc/ldap/schema/msuser.schema\n\
                      moduleload back_ldap\n";
        Self::run(global, None, |_| {
            format!(
                "database ldap\nsuffix \"dc=corp,dc=example\"\nuri ldaps://{}\n\
                 tls ldaps tls_cacert={} tls_reqcert=never\nrebind-as-user yes\n",
                lab.address,
                lab.ca().display()
            )
        })
    }

    fn run(global: &str, people: Option<&str>, database: impl Fn(&Path) -> String) -> Self {
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
        let config = format!(
            "include /etc/ldap/schema/core.schema\n\
             include /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\n\
             modulepath /usr/lib/ldap\n\
             TLSCertificateFile {server}.pem\nTLSCertificateKeyFile {server}.key\n\
             TLSCACertificateFile {ca}\n\
             {global}{database}",
            server = server.display(),
            ca = lab.ca().display(),
            database = database(folder.path()),
        );
        let file = path("slapd.conf");
        std::fs::write(&file, config).expect("its configuration");
        if let Some(people) = people {
            let mut add = Command::new("/usr/sbin/slapadd");
            run_with_input(add.arg("-q").arg("-f").arg(&file), people);
        }
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
