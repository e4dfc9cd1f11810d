//! Where a login ends: the browser brings the signed token, the tenant says whether it accepts it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::assertion::{self, Assertion};
use crate::signature;
use crate::tenant::Tenant;

/// The fields of the self-submitting page.
#[derive(Deserialize)]
pub struct Login {
    #[serde(default)]
    wa: String,
    #[serde(default)]
    wresult: String,
    #[serde(default)]
    wctx: String,
}

pub async fn receive(
    State(tenant): State<Arc<Tenant>>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let wctx = login.wctx.clone();
    let (status, answer) = match verify(&tenant, login).await {
        Ok(assertion) => (StatusCode::OK, accepted(&assertion, &wctx)),
        Err(reason) => {
            println!("refused: {reason}");
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "verified": false, "reason": reason }),
            )
        }
    };
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accepts.contains("text/html") {
        (status, Html(page(&answer))).into_response()
    } else {
        (status, Json(answer)).into_response()
    }
}

async fn verify(tenant: &Tenant, login: Login) -> Result<Assertion, String> {
    if login.wa != "wsignin1.0" {
        return Err(format!("wa is {:?}, expected wsignin1.0", login.wa));
    }
    let assertion = assertion::parse(&login.wresult)?;

    let trusted = tenant.trusted();
    let xml = assertion.xml.clone();
    tokio::task::spawn_blocking(move || {
        let mut refusal = "no certificate is registered".to_owned();
        for certificate in trusted {
            match signature::verify(&xml, &certificate) {
                Ok(()) => return Ok(()),
                Err(reason) => refusal = format!("the signature does not hold: {reason}"),
            }
        }
        Err(refusal)
    })
    .await
    .map_err(|error| error.to_string())??;

    let issuer = format!("urn:{}", tenant.args.domain);
    assertion.check(
        &issuer,
        &tenant.args.realm,
        ad_edge::clock::Clock::system().now().into(),
    )?;
    Ok(assertion)
}

fn accepted(assertion: &Assertion, wctx: &str) -> Value {
    json!({
        "verified": true,
        "id": assertion.id,
        "issuer": assertion.issuer,
        "audience": assertion.audience,
        "authenticationMethod": assertion.authentication_method,
        "nameIdentifier": assertion.name_identifier,
        "notBefore": assertion.not_before.to_string(),
        "notOnOrAfter": assertion.not_on_or_after.to_string(),
        "wctx": wctx,
        "context": assertion.context,
        "claims": assertion.claims,
    })
}

/// What a person with a browser sees.
fn page(answer: &Value) -> String {
    let mut rows = String::new();
    for (name, value) in answer.as_object().into_iter().flatten() {
        if name == "claims" {
            for (claim, value) in value.as_object().into_iter().flatten() {
                rows.push_str(&row(claim, value));
            }
        } else {
            rows.push_str(&row(name, value));
        }
    }
    let title = if answer["verified"] == true {
        "Signed in"
    } else {
        "Not signed in"
    };
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
         <style>body{{font:16px sans-serif;margin:2em}}td{{padding:.2em 1em .2em 0;vertical-align:top;white-space:pre-wrap}}</style>\
         <h1>{title}</h1><p>This is the tenant's stand-in. It says about the token that it was given:</p>\
         <table>{rows}</table></html>"
    )
}

fn row(name: &str, value: &Value) -> String {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n"),
        other => other.to_string(),
    };
    format!("<tr><td>{}<td>{}", escape(name), escape(&value))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
