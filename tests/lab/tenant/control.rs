//! The lab's hand on the hub: sends a request to a connected instance and returns its answer.
//! Not part of the real protocol.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::tenant::Tenant;

const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const TOKEN_SECONDS: u64 = 60;

/// An event of the tunnel and its claims, without `pid` and `exp`.
#[derive(Deserialize)]
pub struct Request {
    event: String,
    #[serde(default)]
    claims: Map<String, Value>,
}

pub async fn agents(State(tenant): State<Arc<Tenant>>) -> Json<Value> {
    let ids: Vec<u64> = tenant.agents().iter().map(|agent| agent.id).collect();
    Json(json!({ "agents": ids }))
}

/// Asks the instance whose turn it is: `{agent, name, payload}`, or 503 without an instance and
/// 504 without an answer.
pub async fn request(
    State(tenant): State<Arc<Tenant>>,
    Json(request): Json<Request>,
) -> Result<Json<Value>, (StatusCode, String)> {
    let agent = tenant.next_agent().ok_or((
        StatusCode::SERVICE_UNAVAILABLE,
        "no instance is connected".to_owned(),
    ))?;
    let pid = format!("p{}", tenant.new_id());
    let jwt = sign(&tenant, &pid, request.claims)
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;

    let answer = tenant.expect_answer(&pid);
    let frame = json!({ "n": request.event, "p": { "jwt": jwt } });
    // If the agent left just now, no answer comes, which the limit below reports.
    let _gone = agent.send.send(frame.to_string());
    let Ok(Ok(answer)) = tokio::time::timeout(ANSWER_LIMIT, answer).await else {
        tenant.forget_answer(&pid);
        return Err((
            StatusCode::GATEWAY_TIMEOUT,
            "the instance does not answer".to_owned(),
        ));
    };
    Ok(Json(json!({
        "agent": agent.id,
        "name": answer.name.replacen(&pid, "<pid>", 1),
        "payload": answer.payload,
    })))
}

fn sign(
    tenant: &Tenant,
    pid: &str,
    mut claims: Map<String, Value>,
) -> jsonwebtoken::errors::Result<String> {
    let now = ad_edge::clock::Clock::system()
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    claims.insert("pid".to_owned(), json!(pid));
    claims
        .entry("exp")
        .or_insert_with(|| json!(now + TOKEN_SECONDS));
    let key = EncodingKey::from_rsa_pem(&tenant.request_key)?;
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key)
}
