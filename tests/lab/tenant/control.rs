//! The lab's hand on the hub: sends requests to connected instances and returns their answers, and
//! changes how the hub behaves. Not part of the real protocol.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::hostile;
use crate::jwt::sign;
use crate::tenant::{Agent, Mode, Tenant, ToAgent};

const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// An event of the tunnel and its claims, without `pid` and `exp`.
#[derive(Deserialize)]
pub struct Request {
    event: String,
    #[serde(default)]
    claims: Map<String, Value>,
}

/// Many requests, with each of the claims in turn.
#[derive(Deserialize)]
pub struct Burst {
    event: String,
    claims: Vec<Map<String, Value>>,
    count: usize,
    /// Requests under way at the same time.
    concurrency: usize,
}

/// An event of the tunnel and the token that it carries.
#[derive(Deserialize)]
pub struct Signed {
    event: String,
    jwt: String,
}

/// A message that no tenant sends.
#[derive(Deserialize)]
pub struct Hostile {
    kind: hostile::Kind,
}

/// Why there is no answer: 503 without an instance, 502 when it left, 504 when it does not answer.
type Failure = (StatusCode, String);

pub async fn agents(State(tenant): State<Arc<Tenant>>) -> Json<Value> {
    let agents: Vec<Value> = tenant
        .agents()
        .iter()
        .map(|agent| {
            json!({
                "id": agent.id,
                "requests": agent.requests.load(Ordering::Relaxed),
                "pings": agent.pings.load(Ordering::Relaxed),
            })
        })
        .collect();
    Json(json!({ "agents": agents, "strays": tenant.strays() }))
}

/// Asks the instance whose turn it is: `{agent, name, payload}`.
pub async fn request(
    State(tenant): State<Arc<Tenant>>,
    Json(request): Json<Request>,
) -> Result<Json<Value>, Failure> {
    ask(&tenant, &request.event, request.claims).await.map(Json)
}

/// Asks many times: `{answers: [...], seconds}`, each answer as of [`request`], or `{failed}`.
pub async fn burst(State(tenant): State<Arc<Tenant>>, Json(burst): Json<Burst>) -> Json<Value> {
    let start = Instant::now();
    let claims = burst.claims.iter().cycle().take(burst.count).cloned();
    let answers: Vec<Value> = stream::iter(claims.collect::<Vec<_>>())
        .map(|claims| {
            let (tenant, event) = (&tenant, &burst.event);
            async move {
                ask(tenant, event, claims)
                    .await
                    .unwrap_or_else(|(_, failed)| json!({ "failed": failed }))
            }
        })
        .buffer_unordered(burst.concurrency.max(1))
        .collect()
        .await;
    Json(json!({ "answers": answers, "seconds": start.elapsed().as_secs_f64() }))
}

async fn ask(
    tenant: &Tenant,
    event: &str,
    mut claims: Map<String, Value>,
) -> Result<Value, Failure> {
    let agent = next_agent(tenant)?;
    let pid = format!("p{}", tenant.new_id());
    claims.insert("pid".to_owned(), json!(pid));
    let jwt = sign(&tenant.request_key, claims)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;

    let answer = tenant.expect_answer(agent.id, &pid);
    agent.requests.fetch_add(1, Ordering::Relaxed);
    let frame = json!({ "n": event, "p": { "jwt": jwt } });
    // If the agent left just now, no answer comes, which the limit below reports.
    let _gone = agent.send.send(ToAgent::Message(frame.to_string().into()));
    let answer = match tokio::time::timeout(ANSWER_LIMIT, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            return Err((StatusCode::BAD_GATEWAY, "the instance has left".to_owned()));
        }
        Err(_) => {
            tenant.forget_answer(&pid);
            let silent = "the instance does not answer".to_owned();
            return Err((StatusCode::GATEWAY_TIMEOUT, silent));
        }
    };
    Ok(json!({
        "agent": agent.id,
        "name": answer.name.replacen(&pid, "<pid>", 1),
        "payload": answer.payload,
    }))
}

/// Sends one hostile message to the instance whose turn it is.
pub async fn hostile(
    State(tenant): State<Arc<Tenant>>,
    Json(hostile): Json<Hostile>,
) -> Result<StatusCode, Failure> {
    let agent = next_agent(&tenant)?;
    let message = hostile::message(&tenant, hostile.kind)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let _gone = agent.send.send(ToAgent::Message(message));
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a request with a token that was made elsewhere, as whoever has one could, to the instance whose turn
/// it is. Its answer is a stray.
pub async fn token(
    State(tenant): State<Arc<Tenant>>,
    Json(signed): Json<Signed>,
) -> Result<StatusCode, Failure> {
    let agent = next_agent(&tenant)?;
    let frame = json!({ "n": signed.event, "p": { "jwt": signed.jwt } });
    let _gone = agent.send.send(ToAgent::Message(frame.to_string().into()));
    Ok(StatusCode::NO_CONTENT)
}

/// Cuts every link without a word.
pub async fn cut(State(tenant): State<Arc<Tenant>>) -> StatusCode {
    for agent in tenant.agents() {
        let _gone = agent.send.send(ToAgent::Cut);
    }
    StatusCode::NO_CONTENT
}

/// Sets how the hub behaves; what is not named is as it should be.
pub async fn mode(State(tenant): State<Arc<Tenant>>, Json(mode): Json<Mode>) -> StatusCode {
    tenant.set_mode(mode);
    StatusCode::NO_CONTENT
}

fn next_agent(tenant: &Tenant) -> Result<Agent, Failure> {
    tenant.next_agent().ok_or((
        StatusCode::SERVICE_UNAVAILABLE,
        "no instance is connected".to_owned(),
    ))
}
