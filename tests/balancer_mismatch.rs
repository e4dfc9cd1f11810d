//! Each way in which a balancer and an instance can disagree is recognised, and shown in the log, by a
//! metric, by `/readyz` on `OPS_LISTEN` and on the console, with the key that corrects it. The real `HAProxy`
//! runs the shipped configuration, with one thing wrong.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::lab::{
    Lab,
    haproxy::Haproxy,
    instance::{Builder, Instance},
    wait_until,
};

const SECONDS: Duration = Duration::from_secs(10);

/// What is wrong, and what an administrator reads of it.
struct Case<'a> {
    reason: &'a str,
    instance: Builder,
    file: &'a str,
    replaced: &'a [(&'a str, &'a str)],
    /// The key, or the word of the balancer's configuration, that corrects it.
    remedy: &'a str,
    /// Users see nothing but a broken connection.
    fatal: bool,
}

impl Case<'_> {
    fn check(self) {
        let instance = self.instance.console().start();
        assert_eq!(instance.ops("/readyz").map(|(status, _)| status), Some(200));
        let _balancer = Haproxy::misconfigured(self.file, self.replaced, &instance);
        let reason = format!("\"reason\":\"{}\"", self.reason);
        let line = instance.await_event("balancer.mismatch", &[&reason]);
        assert!(line.contains(self.remedy), "{line}");

        let metric = format!(
            "ad_edge_balancer_mismatches_total{{reason=\"{}\"}}",
            self.reason
        );
        assert!(instance.metric(&metric).is_some_and(|count| count >= 1.0));

        let status = if self.fatal { 503 } else { 200 };
        let what = format!("/readyz does not tell {}", self.reason);
        wait_until(SECONDS, &what, || {
            instance.ops("/readyz").is_some_and(|(found, text)| {
                found == status && text.contains("balancer: ") && text.contains(self.remedy)
            })
        });
        let ready = instance.metric("ad_edge_ready");
        assert_eq!(ready, Some(if self.fatal { 0.0 } else { 1.0 }));

        let page = instance.console("/").run();
        let text = page.body.replace("&#39;", "'").replace("&#34;", "\"");
        assert!(text.contains(self.remedy), "{text}");
        assert_eq!(text.contains("Nobody can be signed in here"), self.fatal);
    }
}

/// Sends it through the balancer, and waits until it has been looked at.
fn send(balancer: &Haproxy, bytes: &[u8]) {
    let address = (Lab::get().address.as_str(), balancer.port);
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(SECONDS)).expect("a limit");
    stream.write_all(bytes).expect("sends");
    // Closed or reset: either way.
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn a_proxy_header_while_proxy_protocol_is_off() {
    Case {
        reason: "proxy_header",
        instance: Instance::builder(),
        file: "passthrough.cfg",
        replaced: &[],
        remedy: "set PROXY_PROTOCOL to v2 and TRUSTED_PROXIES",
        fatal: true,
    }
    .check();
}

#[test]
fn no_proxy_header_where_one_is_required() {
    Case {
        reason: "no_proxy_header",
        instance: Instance::builder().behind_proxy(),
        file: "passthrough.cfg",
        replaced: &[(" send-proxy-v2", "")],
        remedy: "add send-proxy-v2",
        fatal: true,
    }
    .check();
}

#[test]
fn a_proxy_header_of_version_1() {
    Case {
        reason: "proxy_version_1",
        instance: Instance::builder().behind_proxy(),
        file: "passthrough.cfg",
        replaced: &[("send-proxy-v2", "send-proxy")],
        remedy: "write send-proxy-v2",
        fatal: true,
    }
    .check();
}

#[test]
fn a_balancer_that_is_not_trusted() {
    Case {
        reason: "not_trusted",
        instance: Instance::builder()
            .behind_proxy()
            .set("TRUSTED_PROXIES", "192.0.2.1"),
        file: "passthrough.cfg",
        replaced: &[],
        remedy: "add it to TRUSTED_PROXIES",
        fatal: true,
    }
    .check();
}

/// Its checks ask for `/readyz` all the same, which tells them nothing: each user meets a page that says no.
#[test]
fn a_balancer_that_ends_tls_and_is_not_trusted() {
    let instance = Instance::builder()
        .set("TLS_TERMINATION", "proxy")
        .set("TRUSTED_PROXIES", "192.0.2.1");
    Case {
        reason: "not_trusted",
        instance,
        file: "terminating.cfg",
        replaced: &[(" send-proxy-v2", "")],
        remedy: "add it to TRUSTED_PROXIES",
        fatal: true,
    }
    .check();
}

/// One in front of the balancer, in a cloud for instance, writes a header that the balancer does not read: its
/// checks are served, and no user is.
#[test]
fn a_proxy_header_in_front_of_the_balancer_s() {
    let instance = Instance::builder().behind_proxy().console().start();
    let balancer = Haproxy::start(&[&instance]);
    for _ in 0..5 {
        send(&balancer, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    }
    let line = instance.await_event("balancer.mismatch", &["second_proxy_header"]);
    assert!(line.contains("accept-proxy on its bind line"), "{line}");
    let (status, text) = instance.ops("/readyz").expect("an answer");
    assert_eq!(status, 200, "the checks arrive: {text}");
    assert!(text.contains("accept-proxy"), "{text}");
    let page = instance.console("/").run().body;
    assert!(page.contains("accept-proxy on its bind line"), "{page}");
}

#[test]
fn tls_where_the_balancer_should_end_it() {
    Case {
        reason: "tls",
        instance: Instance::builder().set("TLS_TERMINATION", "proxy"),
        file: "passthrough.cfg",
        replaced: &[(" send-proxy-v2", "")],
        remedy: "TLS_TERMINATION",
        fatal: true,
    }
    .check();
}

#[test]
fn plain_http_where_tls_ends_here() {
    Case {
        reason: "plain_http",
        instance: Instance::builder().behind_proxy(),
        file: "terminating.cfg",
        replaced: &[],
        remedy: "add check-ssl",
        fatal: true,
    }
    .check();
}

#[test]
fn a_check_that_asks_for_another_host() {
    Case {
        reason: "server_name",
        instance: Instance::builder().behind_proxy(),
        file: "passthrough.cfg",
        replaced: &[("check-sni \"${LOGIN_HOST}\"", "check-sni sso.corp.example")],
        remedy: "correct check-sni",
        fatal: false,
    }
    .check();
}

#[test]
fn a_check_that_asks_for_another_path() {
    Case {
        reason: "probe_path",
        instance: Instance::builder().behind_proxy(),
        file: "passthrough.cfg",
        replaced: &[("uri /readyz", "uri /health")],
        remedy: "GET /readyz",
        fatal: false,
    }
    .check();
}

#[test]
fn a_check_that_names_no_host() {
    Case {
        reason: "probe_host",
        instance: Instance::builder().behind_proxy(),
        file: "passthrough.cfg",
        replaced: &[("hdr Host \"${LOGIN_HOST}\" ", "")],
        remedy: "hdr Host",
        fatal: false,
    }
    .check();
}

#[test]
fn a_check_by_tls_on_the_operators_port() {
    let instance = Instance::builder().behind_proxy().start();
    let port = format!("default-server check port {} ", instance.ops_port);
    let _balancer = Haproxy::misconfigured(
        "passthrough.cfg",
        &[("default-server check ", &port), (" send-proxy-v2", "")],
        &instance,
    );
    let line = instance.await_event("balancer.mismatch", &["\"reason\":\"tls\""]);
    assert!(line.contains("OPS_LISTEN"), "{line}");
}

#[test]
fn a_balancer_that_is_right_is_no_trouble() {
    let instance = Instance::builder().behind_proxy().console().start();
    let page = instance.console("/").run().body;
    assert!(page.contains("start the balancer"), "{page}");
    let balancer = Haproxy::start(&[&instance]);
    assert_eq!(balancer.curl("/wsfed").run().status, 401);
    assert_eq!(instance.ops("/readyz"), Some((200, "ready\n".to_owned())));
    let page = instance.console("/").run().body;
    assert!(
        page.contains("no disagreement within the last minute"),
        "{page}"
    );
}

#[test]
fn what_a_client_sends_through_a_balancer_that_is_right_is_no_trouble() {
    let instance = Instance::builder().behind_proxy().start();
    let balancer = Haproxy::start(&[&instance]);
    assert_eq!(balancer.curl("/wsfed").run().status, 401);
    for bytes in [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        for _ in 0..5 {
            send(&balancer, bytes);
        }
    }
    let counted = |reason: &str| {
        let metric = format!("ad_edge_balancer_mismatches_total{{reason=\"{reason}\"}}");
        instance.metric(&metric).unwrap_or(0.0)
    };
    wait_until(SECONDS, "they are not counted", || {
        counted("second_proxy_header") >= 5.0 && counted("plain_http") >= 5.0
    });
    assert_eq!(instance.ops("/readyz"), Some((200, "ready\n".to_owned())));
    assert_eq!(
        instance.process.event_lines("balancer.mismatch", &[]),
        Vec::<String>::new()
    );
}
