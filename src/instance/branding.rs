//! What the pages that users see have in common, as the configuration says.

use crate::{
    config::{Config, PagesConfig},
    http::{Branding, HelpLink, Pictures},
    web,
};

pub(super) fn branding(config: &Config) -> Branding {
    let PagesConfig {
        language,
        logo,
        help_text,
        help_url,
    } = &config.pages;
    let base = config.federation.server_url.path().trim_end_matches('/');
    Branding {
        language: *language,
        site: config.instance.site.clone(),
        pictures: Some(Pictures {
            icon: format!("{base}{}", web::ICON_PATH),
            logo: logo
                .as_ref()
                .map(|logo| format!("{base}{}", web::logo_path(logo))),
        }),
        help_text: help_text.clone(),
        help: help_url.as_ref().map(HelpLink::new),
    }
}
