//! SIGHUP and changed files: certificate and keytab are read again; a broken one is refused while the
//! old one serves on.

use crate::lab::{Lab, instance::Instance};

#[test]
fn a_broken_certificate_is_refused_and_a_good_one_taken() {
    let instance = Instance::start();
    let path = instance.home().join("certs/tls.pem");
    let good = std::fs::read(&path).expect("the certificate");
    std::fs::write(&path, "broken").expect("written");
    instance.process.signal("HUP");
    instance.await_log(&["the certificate is not used; the old one stays"]);
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
    std::fs::write(&path, good).expect("written");
    instance.process.signal("HUP");
    instance.await_log(&["the certificate of SERVER_URL was read again"]);
    instance.await_log(&["the keytab was read again"]);
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}

#[test]
fn changed_files_are_noticed_without_a_signal() {
    let instance = Instance::start();
    let home = instance.home();
    let keytab = std::fs::read(home.join("certs/krb5.keytab")).expect("the keytab");
    let new = home.join("certs/krb5.keytab.new");
    std::fs::write(&new, keytab).expect("written");
    std::fs::rename(&new, home.join("certs/krb5.keytab")).expect("replaced");
    instance.await_log(&["files have changed", "krb5.keytab"]);
    instance.await_log(&["the keytab was read again"]);
    let alice = Lab::get().kinit("alice");
    assert_eq!(instance.curl("/wsfed").negotiate(&alice).run().status, 200);
}
