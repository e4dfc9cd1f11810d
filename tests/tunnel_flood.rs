//! A hub that sends without end and reads nothing.

use std::{io, net::Ipv4Addr, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::Runtime,
    time::timeout,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::{
    flood::resident,
    lab::{instance::Instance, stand_in::Tenant, wait_until},
};

/// So long nothing is taken: the instance has stopped reading.
const STALLED: Duration = Duration::from_secs(2);
/// What it may hold of the flood, in KiB.
const MOST: usize = 60 << 10;

/// A port whose connections keep little of what nobody reads: without that the system takes megabytes of answers
/// before the instance notices.
fn narrow() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.set_send_buffer_size(4096)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(1)
}

#[test]
fn a_hub_that_sends_and_does_not_read_fills_no_memory() {
    let runtime = Runtime::new().expect("a runtime");
    let listener = {
        let _entered = runtime.enter();
        narrow().expect("a port")
    };
    let address = listener.local_addr().expect("an address");
    let tenant = Tenant::start();
    let instance = Instance::builder()
        .tunnel(&tenant)
        .set("AD_HUB", format!("http://{address}/lo/hub"))
        .start_alive();
    // Each is another one: one that comes again has no answer.
    let frame = |number: usize| {
        let claims = json!({ "pid": format!("r{number}"), "username": "nobody", "password": "x" });
        let frame = json!({ "n": "authenticate_user", "p": { "jwt": Tenant::token(&claims) } });
        Message::text(frame.to_string())
    };
    let before = resident(&instance);
    let sent = runtime.block_on(async {
        let (stream, _) = listener.accept().await.expect("the instance");
        let mut hub = accept_async(stream).await.expect("a handshake");
        hub.next().await.expect("a proof").expect("a message");
        let accepted = Message::text(r#"{"n":"authenticated"}"#);
        hub.send(accepted).await.expect("read");
        let mut sent = 0_usize;
        while let Ok(Ok(())) = timeout(STALLED, hub.send(frame(sent))).await {
            sent += 1;
            if sent.is_multiple_of(1000) && resident(&instance) > before + 4 * MOST {
                break;
            }
        }
        sent
    });
    let held = resident(&instance).saturating_sub(before);
    assert!(held < MOST, "{held} KiB after {sent} requests");
    wait_until(Duration::from_secs(30), "the link is given up", || {
        instance.process.log().contains("tunnel.disconnected")
    });
}
