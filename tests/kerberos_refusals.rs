//! A token that cannot be accepted gets a 401 page in plain words without a new challenge, one log
//! line that names the cause and the remedy, and a count by reason. Tokens that no ticket is needed for are
//! tested in `src/instance/site_tests.rs`.

use std::{process::Command, time::Duration};

use crate::lab::{Lab, curl::Response, instance::Instance, run_with_input, wait_for};

const SERVICE: &str = "HTTP@login.corp.example";

fn with_token(instance: &Instance, token: &str) -> Response {
    instance
        .curl("/wsfed")
        .header("Authorization", &format!("Negotiate {token}"))
        .run()
}

/// Checks what every refusal must be; `words` are on the page, `cause` is in the log line.
fn assert_refused(
    instance: &Instance,
    response: &Response,
    reason: &str,
    words: &str,
    cause: &str,
) {
    assert_eq!(response.status, 401, "{}", response.body);
    assert_eq!(
        response.header("www-authenticate"),
        None,
        "no new challenge"
    );
    assert!(response.body.contains(words), "{words}\n{}", response.body);
    assert!(!response.body.contains("wresult"), "no token");
    let line = instance.await_event("login.refused", &[&format!(r#""reason":"{reason}""#)]);
    assert!(line.contains(cause), "{cause}\n{line}");
    let id = response.header("x-request-id").expect("an id");
    assert!(line.contains(id) && response.body.contains(id), "{line}");
    let counted =
        format!(r#"ad_edge_logins_total{{method="kerberos",outcome="refused",reason="{reason}"}}"#);
    assert_eq!(instance.metric(&counted), Some(1.0), "{reason}");
}

#[test]
fn a_ticket_for_a_name_of_which_there_is_no_key() {
    let lab = Lab::get();
    lab.add_user(
        "svc-other",
        "servicePrincipalName: HTTP/other.corp.example\n",
    );
    let instance = Instance::builder()
        .set("KERBEROS_ALIASES", "other.corp.example")
        .start();
    let token = lab.token(&lab.kinit("alice"), "HTTP@other.corp.example", None);
    let response = with_token(&instance, &token);
    assert_refused(
        &instance,
        &response,
        "wrong_principal",
        "does not hold the matching key",
        "the ticket is for HTTP/other.corp.example@CORP.EXAMPLE kvno",
    );
}

#[test]
fn a_ticket_of_a_newer_key() {
    let lab = Lab::get();
    lab.add_user(
        "svc-rotated",
        "servicePrincipalName: HTTP/rotated.corp.example\nmsDS-SupportedEncryptionTypes: 24\n",
    );
    let old = tempfile::TempDir::new().expect("a folder");
    let keytab = old.path().join("old.keytab");
    let path = keytab.to_str().expect("a path");
    lab.samba_tool(&[
        "domain",
        "exportkeytab",
        path,
        "--principal=HTTP/rotated.corp.example",
    ]);
    let instance = Instance::builder()
        .set("KERBEROS_KEYTAB", path)
        .set("KERBEROS_ALIASES", "rotated.corp.example")
        .start();
    lab.samba_tool(&[
        "user",
        "setpassword",
        "svc-rotated",
        "--newpassword=N3w-Passw0rd!x",
    ]);
    let token = lab.token(&lab.kinit("alice"), "HTTP@rotated.corp.example", None);
    let response = with_token(&instance, &token);
    assert_refused(
        &instance,
        &response,
        "key_version",
        "does not hold the matching key",
        "export the keytab again",
    );
}

#[test]
fn an_expired_ticket() {
    let (lab, instance) = (Lab::get(), Instance::builder().clock("+11h").start_alive());
    let response = with_token(&instance, &lab.token(&lab.kinit("alice"), SERVICE, None));
    assert_refused(
        &instance,
        &response,
        "ticket_expired",
        "has expired",
        "klist purge",
    );
}

#[test]
fn a_clock_that_is_off() {
    let (lab, instance) = (Lab::get(), Instance::builder().clock("+8m").start_alive());
    let response = with_token(&instance, &lab.token(&lab.kinit("alice"), SERVICE, None));
    assert_refused(
        &instance,
        &response,
        "clock_skew",
        "clock is wrong",
        "synchronise both",
    );
}

#[test]
fn a_replay() {
    let (lab, instance) = (Lab::get(), Instance::start());
    let token = lab.token(&lab.kinit("alice"), SERVICE, None);
    assert_eq!(with_token(&instance, &token).status, 200);
    let remembered = instance.metric("ad_edge_kerberos_authenticators");
    assert_eq!(remembered, Some(1.0));
    let response = with_token(&instance, &token);
    assert_refused(
        &instance,
        &response,
        "replay",
        "was used before",
        "a replay",
    );
}

#[test]
fn a_user_of_a_realm_that_is_not_listed() {
    let instance = Instance::builder()
        .set("KERBEROS_REALMS", "PARTNER.EXAMPLE")
        .start();
    let lab = Lab::get();
    let response = with_token(&instance, &lab.token(&lab.kinit("alice"), SERVICE, None));
    assert_refused(
        &instance,
        &response,
        "foreign_realm",
        "Accounts of your domain cannot sign in here",
        "alice@CORP.EXAMPLE is of a realm that KERBEROS_REALMS does not list",
    );
}

/// What a token for this instance's certificate is bound to (RFC 5929, section 4).
fn bindings_of(instance: &Instance) -> Vec<u8> {
    let der = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(instance.home().join("certs/tls.pem"))
        .output()
        .expect("openssl")
        .stdout;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
    [b"tls-server-end-point:".as_slice(), hash.as_ref()].concat()
}

#[test]
fn a_token_bound_to_another_connection() {
    let (lab, instance) = (Lab::get(), Instance::start());
    let wrong = [b"tls-server-end-point:".as_slice(), &[7; 32]].concat();
    let token = lab.token(&lab.kinit("alice"), SERVICE, Some(&wrong));
    let response = with_token(&instance, &token);
    assert_refused(
        &instance,
        &response,
        "channel_binding",
        "made for another connection",
        "TLS",
    );
}

#[test]
fn a_token_bound_to_this_connection_is_accepted() {
    let (lab, instance) = (Lab::get(), Instance::start());
    let right = bindings_of(&instance);
    let token = lab.token(&lab.kinit("alice"), SERVICE, Some(&right));
    let response = with_token(&instance, &token);
    assert_eq!(response.status, 200, "{}", response.body);
}

#[test]
fn a_token_without_a_binding_where_one_is_required() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    let strict = Instance::builder()
        .set("CHANNEL_BINDING", "require")
        .start();
    let response = with_token(&strict, &lab.token(&alice, SERVICE, None));
    assert_refused(
        &strict,
        &response,
        "no_channel_binding",
        "not tied to this connection",
        "CHANNEL_BINDING requires it",
    );
    let right = lab.token(&alice, SERVICE, Some(&bindings_of(&strict)));
    let response = with_token(&strict, &right);
    assert_eq!(response.status, 200, "{}", response.body);

    let lax = Instance::builder().set("CHANNEL_BINDING", "off").start();
    let wrong = [b"tls-server-end-point:".as_slice(), &[7; 32]].concat();
    let response = with_token(&lax, &lab.token(&alice, SERVICE, Some(&wrong)));
    assert_eq!(response.status, 200, "{}", response.body);
}

#[test]
fn a_key_that_differs_under_the_same_version() {
    let lab = Lab::get();
    // A keytab with the right name, version and encryption type, and a key made of another password.
    let folder = tempfile::TempDir::new().expect("a folder");
    let keytab = folder.path().join("wrong.keytab");
    let entry = run_with_input(Command::new("klist").arg("-k").arg(lab.keytab()), "");
    let kvno = entry
        .lines()
        .find_map(|line| {
            line.trim()
                .strip_suffix("HTTP/login.corp.example@CORP.EXAMPLE")
        })
        .map(|kvno| kvno.trim().to_owned())
        .expect("the service's key");
    let script = format!(
        "add_entry -password -p HTTP/login.corp.example@CORP.EXAMPLE -k {kvno} -e \
         aes256-cts-hmac-sha1-96 -s x\nanother password\nwrite_kt {}\n",
        keytab.display()
    );
    run_with_input(
        Command::new("ktutil").env("KRB5_CONFIG", lab.krb5_conf()),
        &script,
    );
    let path = keytab.to_str().expect("a path");
    let instance = Instance::builder().set("KERBEROS_KEYTAB", path).start();
    let response = with_token(&instance, &lab.token(&lab.kinit("alice"), SERVICE, None));
    assert_refused(
        &instance,
        &response,
        "decrypt",
        "does not hold the matching key",
        "does not open with the keytab's key",
    );
}

#[test]
fn behind_a_balancer_that_ends_tls_its_certificate_is_what_counts() {
    let (lab, alice) = (Lab::get(), Lab::get().kinit("alice"));
    let instance = Instance::builder()
        .set("TLS_TERMINATION", "proxy")
        .set("CHANNEL_BINDING", "require")
        .set(
            "CHANNEL_BINDING_CERT_FILES",
            serde_json::json!(["certs/cert.pem", "certs/tls.pem"]),
        )
        .start();
    let with = |bindings: Option<&[u8]>| {
        let token = lab.token(&alice, SERVICE, bindings);
        let header = format!("Negotiate {token}");
        instance
            .plain_curl("/wsfed")
            .header("Authorization", &header)
            .run()
    };
    let right = with(Some(&bindings_of(&instance)));
    assert_eq!(right.status, 200, "{}", right.body);
    let wrong = [b"tls-server-end-point:".as_slice(), &[7; 32]].concat();
    let refused = with(Some(&wrong));
    assert_refused(
        &instance,
        &refused,
        "channel_binding",
        "made for another connection",
        "TLS",
    );
    let refused = with(None);
    assert_refused(
        &instance,
        &refused,
        "no_channel_binding",
        "not tied to this connection",
        "CHANNEL_BINDING requires it",
    );
}

#[test]
fn an_instance_whose_clock_is_off_says_that_it_is_not_ready() {
    let instance = Instance::builder().clock("+10m").start_alive();
    let not_ready = || {
        instance
            .ops("/readyz")
            .filter(|(_, body)| body.contains("clock"))
    };
    let (status, body) = wait_for(Duration::from_secs(10), "it says ready", not_ready);
    assert_eq!(status, 503);
    assert!(body.contains("set it by NTP"), "{body}");
    instance.await_event("directory.clock_off", &[]);
}
