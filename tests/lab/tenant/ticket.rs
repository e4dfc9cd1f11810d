//! The ticket: what an installation asks at set-up and at each start, and the tenant's clock.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::tenant::Tenant;

/// One chunk of padding.
const PADDING: usize = 64 << 10;

/// What a broken or hostile tenant says.
#[derive(Debug, clap::Args)]
pub struct Odd {
    /// A JSON object laid over the answer of the ticket; a null takes a member out.
    #[arg(long, default_value = "{}")]
    info: String,
    /// Bytes that are added to that answer, which then has no length in its head.
    #[arg(long, default_value_t = 0)]
    padding: usize,
    /// In place of the key that signs the hub's requests.
    #[arg(long, allow_hyphen_values = true)]
    signing_key: Option<String>,
    /// Registrations are answered with 500.
    #[arg(long)]
    refuse_registration: bool,
    /// How far its clock is ahead.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    clock_ahead_ms: i64,
    /// There is no /test.
    #[arg(long)]
    no_clock: bool,
}

/// What an installation registers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Base64 of the DER of its signing certificate.
    certs: Vec<String>,
    sign_in_endpoint: String,
    agent_mode: bool,
}

pub async fn info(
    State(tenant): State<Arc<Tenant>>,
    Path(ticket): Path<String>,
) -> Result<Response, StatusCode> {
    let args = &tenant.args;
    if ticket != args.ticket {
        return Err(StatusCode::NOT_FOUND);
    }
    let mut answer = json!({
        "adHub": format!("{}/lo/hub", tenant.url),
        "connectionDomain": args.domain,
        "connectionName": args.connection,
        "certAuth": args.cert_auth,
        "kerberos": args.kerberos,
        "realm": {
            "name": args.realm,
            "postTokenUrl": format!("{}/login/callback", tenant.url),
        },
        "thumbprints": tenant.thumbprints(),
    });
    let odd: Map<String, Value> =
        serde_json::from_str(&args.odd.info).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    if let Some(members) = answer.as_object_mut() {
        members.extend(odd);
        members.retain(|_, value| !value.is_null());
    }
    if args.odd.padding == 0 {
        return Ok(Json(answer).into_response());
    }
    let chunks = [answer.to_string()].into_iter().chain(std::iter::repeat_n(
        " ".repeat(PADDING),
        args.odd.padding.div_ceil(PADDING),
    ));
    let stream = futures_util::stream::iter(chunks.map(Ok::<_, std::io::Error>));
    Ok(Body::from_stream(stream).into_response())
}

pub async fn register(
    State(tenant): State<Arc<Tenant>>,
    Path(ticket): Path<String>,
    Json(registration): Json<Registration>,
) -> Result<Json<Value>, (StatusCode, String)> {
    if ticket != tenant.args.ticket {
        return Err((StatusCode::NOT_FOUND, "wrong ticket".to_owned()));
    }
    tenant
        .register(&registration.certs)
        .map_err(|reason| (StatusCode::BAD_REQUEST, reason))?;
    if tenant.args.odd.refuse_registration {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "not now".to_owned()));
    }
    println!(
        "registered {} agent {}",
        registration.sign_in_endpoint, registration.agent_mode
    );
    let key = tenant.args.odd.signing_key.as_ref();
    Ok(Json(
        json!({ "signingKey": key.unwrap_or(&tenant.request_cert) }),
    ))
}

pub async fn clock(State(tenant): State<Arc<Tenant>>) -> Result<Json<Value>, StatusCode> {
    let odd = &tenant.args.odd;
    if odd.no_clock {
        return Err(StatusCode::NOT_FOUND);
    }
    let now = ad_edge::clock::Clock::system()
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    Ok(Json(
        json!({ "clock": now.saturating_add(odd.clock_ahead_ms) }),
    ))
}
