//! What each route has of its request: the console, and the page to answer with.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request, response::Response};

use super::{backend::ConsoleBackend, guard::Console, page::Outcome};
use crate::http::page::PageContext;

pub(super) struct ConsoleRequest {
    console: Console,
    page: PageContext,
}

impl ConsoleRequest {
    pub fn backend(&self) -> &dyn ConsoleBackend {
        &*self.console.backend
    }

    /// The one page, with what the route has found out.
    pub fn show(&self, outcome: &Outcome) -> Response {
        self.console.show(&self.page, outcome)
    }
}

impl FromRequestParts<Console> for ConsoleRequest {
    type Rejection = Infallible;

    async fn from_request_parts(
        head: &mut request::Parts,
        console: &Console,
    ) -> Result<Self, Infallible> {
        Ok(Self {
            console: console.clone(),
            page: PageContext::from_request_parts(head, console).await?,
        })
    }
}
