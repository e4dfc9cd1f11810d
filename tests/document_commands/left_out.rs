//! Each step of README's production start is left out, and something says so.

use std::fs;

use super::{desk::Desk, failures};

const HOME: &str = "--home /var/lib/ad-edge";

/// The block of README that is run on a machine.
fn block(desk: &Desk, name: &str) -> String {
    let steps = desk.steps("README.md").into_iter();
    let mut of_it =
        steps.filter(|(machine, text)| machine == name && !text.contains("ad-edge doctor"));
    of_it.next().expect("a block").1
}

fn without(text: &str, left_out: &str) -> String {
    assert!(text.contains(left_out), "no {left_out:?} in {text}");
    text.replacen(left_out, "", 1)
}

/// What is said on the first machine when a part of the production start was left out: by its own commands, by
/// the check and by the doctor.
fn said_without(left_out: &str) -> String {
    let mut desk = Desk::new();
    let text = without(&block(&desk, "edge1"), left_out);
    let script = format!(
        "set +e\n{text}\nad-edge check {HOME} >/dev/null 2>&1 && echo 'the check is good'\nad-edge doctor {HOME}"
    );
    desk.run_beside_service("edge1", &script).1
}

/// No step can be left out without a word.
#[test]
fn a_step_of_the_production_start_that_is_left_out_is_told() {
    let cases = [
        ("useradd --system ad-edge\n", "invalid user"),
        (
            "install -d -m 700 -o ad-edge -g ad-edge /var/lib/ad-edge /var/lib/ad-edge/certs\n",
            "/var/lib/ad-edge/",
        ),
        (
            "install -m 600 -o ad-edge -g ad-edge config.json /var/lib/ad-edge/\n",
            "ticket",
        ),
        ("tls.pem tls.key ", "certs/tls.pem"),
        ("tls.key ", "certs/tls.key"),
        ("krb5.keytab ", "certs/krb5.keytab"),
        ("ca.pem ", "SSL_CA_FILE"),
        (
            "ad-edge setup --yes --bind-password-file ldap-password --home /var/lib/ad-edge\n",
            "LDAP_BIND_PASSWORD",
        ),
        (" --bind-password-file ldap-password", "password"),
    ];
    let said: Vec<_> = std::thread::scope(|scope| {
        let all = cases.map(|(left_out, _)| scope.spawn(move || said_without(left_out)));
        all.map(|one| one.join().expect("no panic"))
            .into_iter()
            .collect()
    });
    for ((left_out, words), said) in cases.iter().zip(said) {
        assert!(said.contains(words), "{left_out:?}: no {words:?} in {said}");
        assert!(!said.contains("the check is good"), "{left_out:?}: {said}");
        assert!(!failures(&said).is_empty(), "{left_out:?}: {said}");
    }
}

/// Nor one on the machines that come after the first; before the unit is there `ad-edge check` warns, and with it
/// nothing is good.
#[test]
fn a_step_that_is_left_out_on_another_machine_is_told() {
    let mut desk = Desk::new();
    let first = block(&desk, "edge1");
    desk.run("edge1", &first);
    let second = block(&desk, "edge2");
    let closed = "as whom ad-edge.service runs the service";
    let program = "install -m 755 target/release/ad-edge /usr/bin/ad-edge\n";
    let (_, said) = desk.run_beside_service("no-program", &without(&second, program));
    assert!(said.contains("ad-edge: command not found"), "{said}");
    let folder = "install -d -m 700 -o ad-edge -g ad-edge /var/lib/ad-edge\n";
    let import = "ad-edge import fleet.zip --home /var/lib/ad-edge\n";
    let texts = [
        (without(&second, "useradd --system ad-edge\n"), closed),
        (without(&second, folder), closed),
        // Not for the service's user.
        (without(&second, " -o ad-edge -g ad-edge"), closed),
        (without(&second, import), "config.json"),
        // Not copied to there.
        (second.replace("fleet.zip", "no-fleet.zip"), "no-fleet.zip"),
    ];
    for (number, (text, words)) in texts.iter().enumerate() {
        let script = format!(
            "set +e\n{text}\necho 'the unit comes'\nmkdir -p /etc/systemd/system\n\
             install -m 644 deploy/systemd/ad-edge.service /etc/systemd/system/\n\
             ad-edge check {HOME} && echo 'the check is good'\nad-edge doctor {HOME}"
        );
        let (_, said) = desk.run_beside_service(&format!("edge2-{number}"), &script);
        let (before, after) = said.split_once("the unit comes").expect("both halves");
        assert!(before.contains(words), "{words:?} after {text}: {said}");
        assert!(!after.contains("the check is good"), "{text}: {said}");
        assert!(!failures(after).is_empty(), "{text}: {said}");
    }

    let balancer = block(&desk, "balancer");
    let ca = "install -D -m 644 ca.pem /etc/haproxy/login-ca.pem\n";
    let (succeeded, said) = desk.run_beside_service("no-ca", &without(&balancer, ca));
    assert!(
        !succeeded && said.contains("/etc/haproxy/login-ca.pem"),
        "{said}"
    );

    // What config.json says of the balancer.
    let file = desk.work().join("config.json");
    let text = fs::read_to_string(&file).expect("written");
    let (text, _) = text
        .split_once(",\n  \"PROXY_PROTOCOL\"")
        .expect("the keys");
    fs::write(&file, format!("{text}\n}}\n")).expect("written");
    let (_, said) = desk.run_beside_service("no-balancer", &first);
    assert!(
        said.contains("the instances do not expect a balancer yet"),
        "{said}"
    );
}
