//! A form of our own page: read, known by its token, and its turn awaited, before a route has it.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts as _, Multipart, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    error::ChangeError,
    forms::Fields,
    guard::{Console, Guard},
    kept::kept,
    origin::is_proven_own,
    page::Outcome,
    section::Section,
};
use crate::http::page::{PageContext, worded};

type Files = HashMap<String, Vec<u8>>;

#[derive(Default)]
struct Sent {
    fields: Fields,
    files: Files,
    /// There were files, of a form that is not ours.
    unread: bool,
}

/// What a form of our own page sent, and leave to do what it asks: what is heavy is done a few at a time.
///
/// A form that is not ours is answered here. One of this site that is out of date is shown again, which changes
/// nothing; for any other the answer holds nothing of it.
pub(super) struct OwnForm {
    pub fields: Fields,
    pub files: Files,
    _leave: Option<OwnedSemaphorePermit>,
}

impl FromRequest<Console> for OwnForm {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut head, body) = request.into_parts();
        let Ok(page) = PageContext::from_request_parts(&mut head, console).await;
        let open = Section::of_path(head.uri.path());
        let is_upload = is_upload(&head.headers);
        let path = head.uri.path().to_owned();
        let proven = is_proven_own(&head.headers);
        let request = Request::from_parts(head, body);
        let fault = |error| console.show(&page, &Outcome::with_result(open, Err(error)));
        let sent = if is_upload {
            let form = Multipart::from_request(request, console).await;
            let form = form.map_err(IntoResponse::into_response)?;
            parts(form, &console.guard).await.map_err(fault)?
        } else {
            let form = Form::from_request(request, console).await;
            let Form(fields) = form.map_err(|error| fault(error.into()))?;
            Sent {
                fields,
                ..Sent::default()
            }
        };
        let Sent {
            fields,
            files,
            unread,
        } = sent;
        if !console.guard.is_own(fields.get("csrf").map(String::as_str)) {
            return Err(if proven {
                console.show(&page, &kept(&path, fields, unread))
            } else {
                worded(
                    &page,
                    StatusCode::FORBIDDEN,
                    "This form is out of date",
                    "The instance was restarted since the page was loaded. Open the console again and \
                     repeat it; nothing was changed.",
                )
            });
        }
        Ok(Self {
            fields,
            files,
            // The semaphore is never closed.
            _leave: Arc::clone(&console.heavy).acquire_owned().await.ok(),
        })
    }
}

fn is_upload(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// The fields and the files of an upload. A file is read only behind the token of our own page.
async fn parts(mut form: Multipart, guard: &Guard) -> Result<Sent, ChangeError> {
    let mut sent = Sent::default();
    while let Some(part) = form.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        if is_file && !guard.is_own(sent.fields.get("csrf").map(String::as_str)) {
            sent.unread = true;
            continue;
        }
        let bytes = part.bytes().await?;
        if is_file {
            sent.files.insert(name, bytes.to_vec());
        } else {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            sent.fields.insert(name, text);
        }
    }
    Ok(sent)
}
