//! An instance from its start to its end: every way to sign in and to be refused, a reload, more of the same, a
//! drain. In a build that watches its memory (`tests/sanitize.sh`) the end tells what was lost meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{
    Ccache, Lab,
    client_ca::{Certificate, ClientCa, add_upn},
    curl::Response,
    instance::Instance,
    stand_in::Tenant,
};

/// Each of them before the reload, and once more after it; `AD_EDGE_ROUNDS` sets another count.
const ROUNDS: usize = 5;
/// Raw NTLM, an NTLMSSP message of type 1.
const NTLM: &str = "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAGAbEdAAAADw==";
const MAPPER: &str = "
module.exports = function (raw, callback) {
  if (raw.sAMAccountName === 'zoe') { throw new Error('nobody signs in with this'); }
  callback(null, { id: raw.objectGUID, nickname: raw.sAMAccountName, groups: raw.groups, sid: raw.objectSid });
};";

/// Who is at the door.
struct Visitors {
    tenant: Tenant,
    ticket: Ccache,
    /// Of a user, and of one who is disabled.
    certificates: [Certificate; 2],
}

#[test]
fn every_way_in_a_reload_and_a_drain_end_well() {
    let rounds = std::env::var("AD_EDGE_ROUNDS").map_or(ROUNDS, |n| n.parse().expect("a number"));
    let (lab, tenant, ca) = (Lab::get(), Tenant::start(), ClientCa::new("Users"));
    let certificate = |name: &str| {
        ca.issue(name, |params| {
            add_upn(params, &format!("{name}@corp.example"));
        })
    };
    let mut instance = Instance::builder()
        .tunnel(&tenant)
        .set("CLIENT_CERT_AUTH", true)
        .set("FORM_ATTEMPTS_PER_MINUTE", 0)
        .set("FORM_FAILURES_PER_USER", 0)
        .file("certs/client-ca.pem", &ca.pem)
        .file("lib/profileMapper.js", MAPPER)
        .start();
    tenant.await_agents(1);
    let visitors = Visitors {
        ticket: lab.kinit("alice"),
        certificates: ["bob", "carol"].map(certificate),
        tenant,
    };
    for _ in 0..rounds {
        visitors.sign_in(&instance);
        visitors.are_refused(&instance);
    }
    let path = instance.home().join("config.json");
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["SITE_NAME"] = json!("Kestrel Works");
    std::fs::write(&path, config.to_string()).expect("written");
    instance.process.signal("HUP");
    instance.await_event("reload.done", &[]);
    for _ in 0..rounds {
        visitors.sign_in(&instance);
        visitors.are_refused(&instance);
    }
    instance.sigterm();
    let status = instance.wait_exit(Duration::from_secs(60));
    assert!(status.success(), "{status}");
}

impl Visitors {
    fn sign_in(&self, instance: &Instance) {
        let password = &Lab::get().password;
        let token = |response: Response| {
            let page = response.body;
            assert!(response.status == 200 && page.contains("wresult"), "{page}");
        };
        token(instance.curl("/wsfed").negotiate(&self.ticket).run());
        token(
            instance
                .curl("/wsfed")
                .certificate(&self.certificates[0])
                .run(),
        );
        token(form(instance, "bob", password));
        for user in ["alice", "bob"] {
            let claims = json!({ "username": user, "password": password });
            let (_, answer) = self.tenant.ask("authenticate_user", &claims);
            assert_eq!(answer["profile"]["nickname"], user, "{answer}");
        }
        let (_, found) = self
            .tenant
            .ask("search_users", &json!({ "search": "alice" }));
        assert!(found.to_string().contains("alice"), "{found}");
    }

    fn are_refused(&self, instance: &Instance) {
        let refused = |response: Response, status: u16| {
            let page = response.body;
            assert!(
                response.status == status && !page.contains("wresult"),
                "{page}"
            );
        };
        let negotiate = |token: &str| {
            let token = format!("Negotiate {token}");
            instance
                .curl("/wsfed")
                .header("Authorization", &token)
                .run()
        };
        let password = &Lab::get().password;
        let token = Lab::get().token(&self.ticket, "HTTP@login.corp.example", None);
        assert_eq!(negotiate(&token).status, 200);
        // Once more the same, what is no ticket, and what is nothing at all.
        for token in [&token, NTLM, "YIIB", ""] {
            refused(negotiate(token), 401);
        }
        refused(
            instance
                .curl("/wsfed")
                .certificate(&self.certificates[1])
                .run(),
            403,
        );
        refused(form(instance, "carol", password), 403);
        refused(form(instance, "whole-life-nobody", "wrong"), 401);
        refused(
            instance.curl("/wsfed?wreply=https://evil.example").run(),
            400,
        );
        refused(
            instance
                .curl("/users")
                .header("Authorization", "Bearer x.y.z")
                .run(),
            401,
        );
        for (user, password) in [
            ("whole-life-nobody", "wrong"),
            ("carol", password),
            ("dave", password),
            ("zoe", password),
        ] {
            let claims = json!({ "username": user, "password": password });
            let (_, answer) = self.tenant.ask("authenticate_user", &claims);
            assert!(answer.get("err").is_some(), "{answer}");
        }
        self.tenant.hostile("not_json");
    }
}

fn form(instance: &Instance, username: &str, password: &str) -> Response {
    let fields = [("username", username), ("password", password)];
    instance.curl("/wsfed").form(fields).run()
}
