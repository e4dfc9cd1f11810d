//! Keys of the pages that users see.

use std::sync::Arc;

use url::Url;

use super::{
    home::Home,
    keys,
    logo::{Logo, LogoError},
    problem::{Holds, Problem},
    reader::Reader,
};
use crate::language::Language;

/// What the pages have in common.
#[derive(Debug, Clone)]
pub struct PagesConfig {
    /// `SITE_LANGUAGE`; `None`: the one that each browser asks for.
    pub language: Option<Language>,
    /// `SITE_LOGO`.
    pub logo: Option<Logo>,
    /// `HELP_TEXT`.
    pub help_text: Option<String>,
    /// `HELP_URL`.
    pub help_url: Option<Url>,
}

pub(super) fn pages(home: &Home, r: &mut Reader) -> PagesConfig {
    let logo = r.read(&keys::SITE_LOGO);
    let logo = logo.and_then(|file| {
        let path = home.path(file);
        let problem = match Logo::read(path.clone()) {
            Ok(logo) => return Some(logo),
            Err(LogoError::Read(error)) => Problem::unreadable(error, Holds::Logo),
            Err(error) => Problem::NoLogo(Arc::new(error)),
        };
        r.wrong_file(&keys::SITE_LOGO, path, problem);
        None
    });
    PagesConfig {
        language: r.read(&keys::SITE_LANGUAGE),
        logo,
        help_text: r.read(&keys::HELP_TEXT),
        help_url: r.read(&keys::HELP_URL),
    }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
