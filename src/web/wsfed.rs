//! `/wsfed`: the passive sign-in, by Kerberos, a trusted proxy's word, or the form.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Extension, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::{
    negotiate,
    pages::{self, Form, Other},
    refusal,
    request::{Asked, Method, Pairs, SignIn},
    state::Web,
    step::{Brought, Negotiate, Step, Ways},
};
use crate::{
    http::page::{PageContext, notice, worded},
    language::{Notice, Phrase},
    login::{Proof, SignedIn, Wanted},
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
    let brought = || web.brought(&info, &headers);
    web.answer(&page, &info, &pairs, brought).await
}

/// `POST /wsfed`: the form.
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    Extension(info): Extension<ConnectionInfo>,
    RawQuery(query): RawQuery,
    page: PageContext,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut posted = Pairs::parse(&body);
    let (username, password) = posted.take_credentials();
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes()).or(posted);
    let brought = || match web.stranger(&headers) {
        None => Brought::Password { username, password },
        Some(sender) => Brought::OthersForm { sender },
    };
    web.answer(&page, &info, &pairs, brought).await
}

/// `GET /logout`.
pub(super) async fn sign_out(page: PageContext) -> Response {
    signed_out(&page)
}

fn signed_out(page: &PageContext) -> Response {
    notice(page, StatusCode::OK, Notice::SignedOut)
}

impl Web {
    /// What the client brings, or a trusted proxy says in its place.
    fn brought(&self, info: &ConnectionInfo, headers: &HeaderMap) -> Brought {
        if let Some(user) = self.frontend_user(info, headers) {
            return Brought::Word(user);
        }
        Brought::Own {
            chain: self.client_chain(info, headers),
            negotiate: negotiate::token(headers).map(|token| Negotiate {
                token,
                bindings: self.bindings(info),
            }),
        }
    }

    /// Does what the request leads to.
    async fn answer(
        &self,
        page: &PageContext,
        info: &ConnectionInfo,
        pairs: &Pairs,
        brought: impl FnOnce() -> Brought,
    ) -> Response {
        let ways = Ways {
            kerberos: self.logins.kerberos.is_some(),
            certificates: self.logins.certificates.is_some(),
            form: self.form,
        };
        let links = |others: Vec<Method>| -> Vec<Other> {
            others
                .into_iter()
                .map(|way| Other::to(way, pairs))
                .collect()
        };
        let form = |status, title: &str, message: Option<&str>, others| {
            let form = Form {
                message,
                offered: self.form,
                others: &links(others),
                ..Form::new(title)
            };
            pages::form(page, status, &form)
        };
        let ask = |title, others| form(StatusCode::OK, &page.phrase(title), None, others);
        let refuse = |about| notice(page, StatusCode::FORBIDDEN, about);
        match Step::of(ways, Asked::read(pairs, &self.relying_parties), brought) {
            Step::SignOut => signed_out(page),
            Step::BadRequest(error) => {
                let title = page.phrase(Phrase::CannotComplete);
                let message = error.in_words(page.language);
                worded(page, StatusCode::BAD_REQUEST, &title, &message)
            }
            Step::SignIn {
                wanted,
                proof,
                others,
            } => {
                let others = links(others);
                self.sign_in(page, info, &wanted, proof, &others).await
            }
            Step::Challenge { retry, explain } => self.challenge(page, retry, explain),
            Step::Form { others } => ask(Phrase::SignIn, others),
            Step::Choose { others } => ask(Phrase::Choose, others),
            Step::NoCertificate { others } => {
                let title = page.language.title(Notice::NoCertificate);
                let message = page.language.message(Notice::NoCertificate);
                form(StatusCode::FORBIDDEN, &title, Some(&message), others)
            }
            Step::OnlyCertificates => refuse(Notice::NoCertificate),
            Step::FormOff => refuse(Notice::FormOff),
            Step::NoWay => refuse(Notice::NoWay),
        }
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
            Proof::Kerberos { .. }
            | Proof::Certificate { .. }
            | Proof::Frontend { .. }
            | Proof::OthersForm { .. } => String::new(),
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
                let title = page.language.title(words.about);
                let message = page.language.message(words.about);
                let name_kind = self.logins.accounts.directory.name_kind();
                let hint = refusal::hint(&refused, &username, &name_kind, page.language);
                let form = Form {
                    message: Some(&message),
                    hint: hint.as_deref(),
                    username: &username,
                    offered: self.form && refusal::retry_after(&refused).is_none(),
                    others,
                    ..Form::new(&title)
                };
                let answer = pages::form(page, words.status, &form);
                refusal::with_retry_after(answer, &refused)
            }
        }
    }

    fn challenge(&self, page: &PageContext, retry: bool, explain: bool) -> Response {
        self.logins.accounts.metrics.challenges.inc();
        let title = page.phrase(Phrase::SignIn);
        let no_proof = explain.then(|| page.phrase(Phrase::NoProof));
        let form = Form {
            offered: self.form,
            retry,
            message: no_proof.as_deref(),
            ..Form::new(&title)
        };
        let mut answer = pages::form(page, StatusCode::UNAUTHORIZED, &form);
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, negotiate::CHALLENGE);
        answer
    }
}
