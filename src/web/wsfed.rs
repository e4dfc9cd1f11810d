//! `/wsfed`: the passive sign-in, by Kerberos, a trusted proxy's word, or the form.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Extension, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    Web, negotiate,
    pages::{self, Form, Other},
    refusal,
    request::{Asked, BadRequest, Method, Pairs, SignIn},
    signed_out,
};
use crate::{
    http::page::{PageContext, notice},
    login::{Client, Origin, Proof, SignedIn, Wanted},
    tls::ConnectionInfo,
};

/// `GET /wsfed`: signs in by what came with the request, or asks for a proof.
pub(super) async fn open(
    State(web): State<Arc<Web>>,
    Extension(info): Extension<ConnectionInfo>,
    RawQuery(query): RawQuery,
    page: PageContext,
    headers: HeaderMap,
) -> Response {
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes());
    let wanted = match web.asked(&pairs) {
        Ok(Asked::SignIn(wanted)) => wanted,
        Ok(Asked::SignOut) => return signed_out(page).await,
        Err(error) => return bad_request(&page, &error),
    };
    if let Some(user) = web.frontend_user(&info, &headers) {
        let proof = Proof::Frontend { user };
        return web.sign_in(&page, &info, &wanted, proof, &[]).await;
    }
    let kerberos = web.logins.kerberos.is_some();
    let chain = web.client_chain(&info, &headers);
    let chain = chain.filter(|_| web.logins.certificates.is_some());
    let ways = Ways {
        certificate: chain.is_some(),
        kerberos,
        pairs: &pairs,
    };
    match (wanted.method, chain) {
        (Method::Automatic | Method::Certificate, Some(chain)) => {
            let proof = Proof::Certificate { chain };
            let others = ways.besides(Method::Certificate);
            return web.sign_in(&page, &info, &wanted, proof, &others).await;
        }
        (Method::Certificate, None) => {
            let form = Form {
                title: "Your browser has shown no certificate",
                message: Some(
                    "Close all of its windows, open the application again, and choose your \
                     certificate when you are asked.",
                ),
                offered: web.form,
                others: &ways.besides(Method::Certificate),
                ..Form::new(&web.site)
            };
            return pages::form(&page, StatusCode::FORBIDDEN, &form);
        }
        (Method::Choose, _) => {
            let form = Form {
                title: "Choose how to sign in",
                offered: web.form,
                others: &ways.besides(Method::Password),
                ..Form::new(&web.site)
            };
            return pages::form(&page, StatusCode::OK, &form);
        }
        (Method::Password, _) if web.form => {
            let form = Form {
                others: &ways.besides(Method::Password),
                ..Form::new(&web.site)
            };
            return pages::form(&page, StatusCode::OK, &form);
        }
        (Method::Automatic | Method::Kerberos | Method::Password, _) => {}
    }
    match negotiate::token(&headers).filter(|_| kerberos) {
        Some(token) => {
            let bindings = web.bindings(&info);
            let proof = Proof::Kerberos { token, bindings };
            let others = ways.besides(Method::Kerberos);
            web.sign_in(&page, &info, &wanted, proof, &others).await
        }
        None if kerberos => web.challenge(&page, &wanted),
        None if web.form => pages::form(&page, StatusCode::OK, &Form::new(&web.site)),
        None if web.logins.certificates.is_some() => notice(
            &page,
            StatusCode::FORBIDDEN,
            "Your browser has shown no certificate",
            "Close all of its windows, open the application again, and choose your certificate when \
             you are asked.",
        ),
        None => notice(
            &page,
            StatusCode::FORBIDDEN,
            "There is no way to sign in here",
            "The administrator has switched off every way. Go back to the application and sign in \
             from there.",
        ),
    }
}

/// The ways to sign in that this request could take.
struct Ways<'a> {
    /// The client holds a certificate.
    certificate: bool,
    kerberos: bool,
    pairs: &'a Pairs,
}

impl Ways<'_> {
    /// Links to the others; the form needs none where it stands on the page.
    fn besides(&self, this: Method) -> Vec<Other> {
        let mut others = Vec::new();
        let mut offer = |method: Method, there: bool, label| {
            if there && method != this {
                let href = method.link(self.pairs);
                others.push(Other { label, href });
            }
        };
        let certificate = "Sign in with your certificate";
        offer(Method::Certificate, self.certificate, certificate);
        let kerberos = "Sign in with your computer's account";
        offer(Method::Kerberos, self.kerberos, kerberos);
        others
    }
}

/// `POST /wsfed`: the form.
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    Extension(info): Extension<ConnectionInfo>,
    RawQuery(query): RawQuery,
    page: PageContext,
    body: Bytes,
) -> Response {
    let mut posted = Pairs::parse(&body);
    let (username, password) = posted.take_credentials();
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes()).or(posted);
    let wanted = match web.asked(&pairs) {
        Ok(Asked::SignIn(wanted)) => wanted,
        Ok(Asked::SignOut) => return signed_out(page).await,
        Err(error) => return bad_request(&page, &error),
    };
    if !web.form {
        return notice(
            &page,
            StatusCode::FORBIDDEN,
            "The form is switched off",
            "Go back to the application and sign in from there.",
        );
    }
    let proof = Proof::Password { username, password };
    web.sign_in(&page, &info, &wanted, proof, &[]).await
}

fn bad_request(page: &PageContext, error: &BadRequest) -> Response {
    notice(
        page,
        StatusCode::BAD_REQUEST,
        "This sign-in cannot be completed",
        &error.to_string(),
    )
}

impl Web {
    fn asked(&self, pairs: &Pairs) -> Result<Asked, BadRequest> {
        Asked::read(pairs, &self.relying_parties)
    }

    async fn sign_in(
        &self,
        page: &PageContext,
        info: &ConnectionInfo,
        wanted: &SignIn,
        proof: Proof,
        others: &[Other],
    ) -> Response {
        let username = match &proof {
            Proof::Password { username, .. } => username.clone(),
            Proof::Kerberos { .. } | Proof::Certificate { .. } | Proof::Frontend { .. } => {
                String::new()
            }
        };
        let target = Wanted {
            audience: &wanted.realm,
            context: &wanted.context,
        };
        match self
            .logins
            .sign_in(&self.origin(page, info), proof, target)
            .await
        {
            Ok(SignedIn { wresult, response }) => {
                let mut answer = pages::submit(page, &wanted.callback, &wresult, &wanted.context);
                // Mutual authentication: the client may check who accepted its ticket.
                if let Some(value) = response.as_deref().and_then(negotiate::response) {
                    answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
                }
                answer
            }
            Err(refused) => {
                let words = refusal::of(&refused);
                let form = Form {
                    title: words.title,
                    message: Some(words.message),
                    username: &username,
                    offered: self.form && refusal::retry_after(&refused).is_none(),
                    others,
                    ..Form::new(&self.site)
                };
                let mut answer = pages::form(page, words.status, &form);
                if let Some(seconds) = refusal::retry_after(&refused) {
                    let seconds = HeaderValue::from(seconds);
                    answer.headers_mut().insert(header::RETRY_AFTER, seconds);
                }
                answer
            }
        }
    }

    /// 401 with the challenge. The page under it is what a browser shows that has no ticket, and what
    /// a fresh Chromium profile shows once even with one: so it tries again by itself, one time.
    fn challenge(&self, page: &PageContext, wanted: &SignIn) -> Response {
        self.logins.accounts.metrics.challenges.inc();
        let form = Form {
            offered: self.form,
            retry: !wanted.retried,
            message: (!self.form && wanted.retried).then_some(
                "Your browser has shown no proof. Connect to the company network or the VPN, sign \
                 in to your computer with your company account, and try again.",
            ),
            ..Form::new(&self.site)
        };
        let mut answer = pages::form(page, StatusCode::UNAUTHORIZED, &form);
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, negotiate::CHALLENGE);
        answer
    }
}

impl Web {
    /// The request, for the audit line.
    pub(super) fn origin(&self, page: &PageContext, info: &ConnectionInfo) -> Origin {
        let address = info.client.ip();
        // Without a PROXY header the address is that of whoever has connected.
        let balancers = &self.listen.trusted_proxies;
        let balancer = info.via.is_none() && balancers.iter().any(|net| net.contains(&address));
        Origin {
            request_id: page.request_id.to_string(),
            client: if balancer {
                Client::Balancer(address)
            } else {
                Client::Address(address)
            },
        }
    }
}
