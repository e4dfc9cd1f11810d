//! The ticket: what an installation asks at set-up and at each start, and the tenant's clock.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::tenant::Tenant;

/// What an installation registers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Base64 of the DER of its signing certificate.
    certs: Vec<String>,
    sign_in_endpoint: String,
}

pub async fn info(
    State(tenant): State<Arc<Tenant>>,
    Path(ticket): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let args = &tenant.args;
    if ticket != args.ticket {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(Json(json!({
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
    })))
}

pub async fn register(
    State(tenant): State<Arc<Tenant>>,
    Path(ticket): Path<String>,
    Json(registration): Json<Registration>,
) -> Result<Json<Value>, (StatusCode, String)> {
    if ticket != tenant.args.ticket {
        return Err((StatusCode::NOT_FOUND, "wrong ticket".to_owned()));
    }
    for cert in &registration.certs {
        tenant
            .trust(cert)
            .map_err(|reason| (StatusCode::BAD_REQUEST, reason))?;
    }
    println!("registered {}", registration.sign_in_endpoint);
    Ok(Json(json!({ "signingKey": tenant.request_cert })))
}

pub async fn clock() -> Json<Value> {
    let now = ad_edge::clock::Clock::system()
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Json(json!({ "clock": u64::try_from(now.as_millis()).unwrap_or(u64::MAX) }))
}
