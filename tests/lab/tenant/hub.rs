//! The hub: instances connect by WebSocket, prove who they are, and then wait for requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::tenant::{Agent, Tenant, ToAgent};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

const LOGIN_LIMIT: Duration = Duration::from_secs(10);

/// Answers the WebSocket handshake (RFC 6455, section 4.2.2) and takes the connection over.
pub async fn connect(State(tenant): State<Arc<Tenant>>, mut request: Request) -> Response {
    if tenant.mode().borrow().down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(accept) = accept_key(request.headers()) else {
        return (StatusCode::UPGRADE_REQUIRED, "the hub speaks WebSocket").into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => {
                let socket =
                    WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None)
                        .await;
                serve(&tenant, socket).await;
            }
            Err(error) => eprintln!("hub: no upgrade: {error}"),
        }
    });
    let headers = [
        (header::CONNECTION, "upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn accept_key(headers: &HeaderMap) -> Option<String> {
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    upgrade
        .eq_ignore_ascii_case("websocket")
        .then(|| derive_accept_key(key.as_bytes()))
}

async fn serve(tenant: &Tenant, mut socket: Socket) {
    let mut mode = tenant.mode();
    let pings = Arc::new(AtomicU64::new(0));
    let first = tokio::time::timeout(LOGIN_LIMIT, next_frame(&mut socket, &pings)).await;
    if mode.wait_for(|mode| !mode.silent).await.is_err() {
        return;
    }
    let login = match first {
        _ if mode.borrow().refuse => Err("nobody is accepted at the moment".to_owned()),
        Ok(Some((name, payload))) if name == "authenticate" => authenticate(tenant, &payload),
        _ => Err("the first message was not authenticate".to_owned()),
    };
    let answer = match &login {
        Ok(()) => json!({ "n": "authenticated" }),
        Err(reason) => json!({ "n": "authentication_failure", "p": { "message": reason } }),
    };
    if socket
        .send(Message::text(answer.to_string()))
        .await
        .is_err()
    {
        return;
    }
    if let Err(reason) = login {
        println!("hub: refused: {reason}");
        let _gone = socket.close(None).await;
        return;
    }

    let (send, mut outgoing) = mpsc::unbounded_channel();
    let id = tenant.new_id();
    tenant.agent_joins(Agent {
        id,
        send,
        requests: Arc::default(),
        pings: Arc::clone(&pings),
    });
    println!("hub: agent {id} connected");
    loop {
        let silent = mode.borrow().silent;
        tokio::select! {
            message = outgoing.recv() => match message {
                None | Some(ToAgent::Cut) => break,
                Some(ToAgent::Message(message)) => {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
            },
            frame = next_frame(&mut socket, &pings), if !silent => {
                let Some((name, payload)) = frame else { break };
                tenant.answered(&name, payload);
            }
            changed = mode.changed() => {
                if changed.is_err() || mode.borrow_and_update().down {
                    break;
                }
            }
        }
    }
    tenant.agent_leaves(id);
    println!("hub: agent {id} left");
}

/// The next message's name and payload; nothing when the connection ended. Pings are answered by
/// the WebSocket library while this reads.
async fn next_frame(socket: &mut Socket, pings: &AtomicU64) -> Option<(String, Value)> {
    loop {
        let text = match socket.next().await?.ok()? {
            Message::Text(text) => text,
            Message::Ping(_) => {
                pings.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            _ => continue,
        };
        let mut frame: Value = serde_json::from_str(&text).ok()?;
        let name = frame.get("n")?.as_str()?.to_owned();
        return Some((
            name,
            frame.get_mut("p").map(Value::take).unwrap_or_default(),
        ));
    }
}

/// The agent's token: RS256 by a trusted certificate, for this realm, from this connection, fresh.
fn authenticate(tenant: &Tenant, payload: &Value) -> Result<(), String> {
    let token = payload
        .get("jwt")
        .and_then(Value::as_str)
        .ok_or("jwt is missing")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[&tenant.args.connection]);
    validation.set_audience(&[&tenant.args.realm]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.leeway = 5;
    let mut refusal = "no certificate is registered".to_owned();
    for certificate in tenant.trusted() {
        let key = public_key(&certificate)?;
        match jsonwebtoken::decode::<Value>(token, &key, &validation) {
            Ok(_) => return Ok(()),
            Err(error) => refusal = error.to_string(),
        }
    }
    Err(refusal)
}

fn public_key(certificate: &std::path::Path) -> Result<DecodingKey, String> {
    let pem = std::fs::read_to_string(certificate).map_err(|error| error.to_string())?;
    let (_, pem) =
        x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
    let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
    Ok(DecodingKey::from_rsa_der(
        &certificate.public_key().subject_public_key.data,
    ))
}
