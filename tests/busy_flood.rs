//! One address keeps an instance busy, in place of leaving its connections idle.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::Runtime,
};
use tokio_rustls::TlsConnector;

use crate::{
    flood::{address, config, connect},
    lab::{Lab, instance::Instance, wait_until},
};

const SOON: Duration = Duration::from_secs(60);
const LOGINS: usize = 10;

/// Begins so many connections, each of which sends `request` and what `then` does after its answers.
fn send(runtime: &Runtime, port: u16, connections: usize, request: &str) -> Arc<AtomicUsize> {
    let (config, answers) = (Arc::new(config()), Arc::<AtomicUsize>::default());
    for _ in 0..connections {
        let (config, answers) = (Arc::clone(&config), Arc::clone(&answers));
        let request = request.to_owned();
        runtime.spawn(async move {
            let stream = connect(address(port)).await?;
            let name = "login.corp.example".try_into().ok()?;
            let connector = TlsConnector::from(config);
            let mut stream = connector.connect(name, stream).await.ok()?;
            let mut answer = vec![0; 64 << 10];
            loop {
                stream.write_all(request.as_bytes()).await.ok()?;
                stream.flush().await.ok()?;
                // An answer comes as a whole; a part of it counts as one here.
                if stream.read(&mut answer).await.ok()? == 0 {
                    return Some(());
                }
                answers.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    answers
}

#[test]
fn an_address_that_sends_tokens_without_end_costs_nobody_else_a_login() {
    let instance = Instance::builder()
        .unset("TRUSTED_PROXIES")
        .set("MAX_LOGINS", json!(16))
        .start();
    let lab = Lab::get();
    let alice = lab.kinit("alice");
    let login = || instance.curl("/wsfed").negotiate(&alice).run().status;
    assert_eq!(login(), 200, "before the flood");
    // Whoever has one ticket has as many as this: each is looked at, and refused as sent before.
    let token = lab.token(&lab.kinit("bob"), "HTTP@login.corp.example", None);
    let request = format!(
        "GET /wsfed?wtrealm=urn:auth0:corp&wctx=c HTTP/1.1\r\nHost: login.corp.example\r\n\
         Authorization: Negotiate {token}\r\n\r\n"
    );
    let runtime = Runtime::new().expect("a runtime");
    let answers = send(&runtime, instance.port, 24, &request);
    let turned_away = || {
        let (_, page) = instance.ops("/metrics").unwrap_or_default();
        let mut lines = page.lines().filter(|line| line.contains("busy"));
        lines.any(|line| !line.ends_with(" 0") && !line.starts_with('#'))
    };
    wait_until(SOON, "some are turned away", turned_away);
    let before = answers.load(Ordering::Relaxed);
    let lost: Vec<_> = (0..LOGINS)
        .map(|_| login())
        .filter(|it| *it != 200)
        .collect();
    assert!(lost.is_empty(), "lost of {LOGINS}: {lost:?}");
    assert!(answers.load(Ordering::Relaxed) > before, "it goes on");
    runtime.shutdown_background();
}
