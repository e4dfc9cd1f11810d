//! What is soaked: three instances with the tunnel behind the shipped balancer, and those who sign in.

use std::fmt::Write as _;

use crate::lab::{
    Ccache, Lab,
    client_ca::{Certificate, ClientCa, add_upn},
    haproxy::Haproxy,
    instance::Instance,
    stand_in::Tenant,
};

/// Those who sign in. Few: the lab's controller takes long for the groups of each, on each instance, each time
/// that the cache forgets them.
pub const USERS: usize = 12;

pub struct Fleet {
    pub tenant: Tenant,
    pub instances: Vec<Instance>,
    pub balancer: Haproxy,
    pub tickets: Vec<Ccache>,
    pub certificates: Vec<Certificate>,
}

impl Fleet {
    pub fn start() -> Self {
        let lab = Lab::get();
        lab.ldbmodify(&people());
        let ca = ClientCa::new("Users");
        let certificate = |name: String| {
            ca.issue(&name, |params| {
                add_upn(params, &format!("{name}@corp.example"));
            })
        };
        let tenant = Tenant::start();
        let instance = |_| {
            Instance::builder()
                .behind_proxy()
                .tunnel(&tenant)
                .set("CLIENT_CERT_AUTH", true)
                // One at a time makes all others wait, for which the lab's controller takes long enough.
                .set("LDAP_NUMBER_OF_PARALLEL_BINDS", 4)
                .file("certs/client-ca.pem", &ca.pem)
                .start()
        };
        let instances: Vec<_> = (0..3).map(instance).collect();
        let balancer = Haproxy::start(&instances.iter().collect::<Vec<_>>());
        tenant.await_agents(instances.len());
        Self {
            tickets: (0..USERS).map(|n| lab.kinit(&user(n))).collect(),
            certificates: (0..USERS).map(user).map(certificate).collect(),
            tenant,
            instances,
            balancer,
        }
    }

    /// Empties each log that is longer than this.
    pub fn shorten_logs(&self, bytes: u64) {
        let instances = self.instances.iter().map(|instance| &instance.process);
        for process in instances.chain([&self.balancer.process, &self.tenant.process]) {
            process.shorten_log(bytes);
        }
    }
}

pub fn user(number: usize) -> String {
    format!("soak-{number}")
}

/// One whose password is always given wrong: some are users, and most are nobody.
pub fn guessed(number: usize) -> String {
    format!("soak-guessed-{number}")
}

/// LDIF of the users; without the groups that make one user's token large, since the controller looks at every
/// group for each user's.
fn people() -> String {
    let lab = Lab::get();
    let mut ldif = String::new();
    for number in 1..=400 {
        let group = format!("CN=Many {number:03},CN=Users,DC=corp,DC=example");
        write!(ldif, "dn: {group}\nchangetype: delete\n\n").expect("a String takes all");
    }
    for name in (0..USERS).map(user).chain((0..USERS).map(guessed)) {
        ldif += &lab.new_user(&name, "\n");
    }
    ldif += "dn: CN=Staff,CN=Users,DC=corp,DC=example\nchangetype: modify\nadd: member\n";
    for name in (0..USERS).map(user) {
        writeln!(ldif, "member: CN={name},CN=Users,DC=corp,DC=example")
            .expect("a String takes all");
    }
    ldif
}
