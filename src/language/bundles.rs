//! The message files, parsed once for the whole process.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use super::{
    Language,
    messages::{Notice, Phrase},
};

type Bundle = FluentBundle<FluentResource>;

/// In the order of [`Language::ALL`].
static BUNDLES: LazyLock<[Bundle; 10]> = LazyLock::new(|| Language::ALL.map(bundle));

impl Language {
    /// Its message file.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::English => include_str!("messages/en.ftl"),
            Self::German => include_str!("messages/de.ftl"),
            Self::French => include_str!("messages/fr.ftl"),
            Self::Spanish => include_str!("messages/es.ftl"),
            Self::Portuguese => include_str!("messages/pt.ftl"),
            Self::Italian => include_str!("messages/it.ftl"),
            Self::Dutch => include_str!("messages/nl.ftl"),
            Self::Polish => include_str!("messages/pl.ftl"),
            Self::Japanese => include_str!("messages/ja.ftl"),
            Self::Chinese => include_str!("messages/zh-Hans.ftl"),
        }
    }

    #[must_use]
    pub fn phrase(self, phrase: Phrase) -> Cow<'static, str> {
        self.text(phrase.id(), None, &FluentArgs::new())
    }

    /// A phrase with a variable in it.
    #[must_use]
    pub fn phrase_with(self, phrase: Phrase, variable: &'static str, value: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(variable, isolated(value));
        self.text(phrase.id(), None, &arguments).into_owned()
    }

    #[must_use]
    pub fn title(self, notice: Notice) -> Cow<'static, str> {
        self.text(notice.id(), None, &FluentArgs::new())
    }

    #[must_use]
    pub fn message(self, notice: Notice) -> Cow<'static, str> {
        self.text(notice.id(), Some("message"), &FluentArgs::new())
    }

    /// A message or its attribute. The tests know that none is missing; a page without one text is
    /// still better than none.
    fn text(self, id: &str, attribute: Option<&str>, values: &FluentArgs) -> Cow<'static, str> {
        let bundle = &BUNDLES[self as usize];
        let pattern = bundle.get_message(id).and_then(|message| match attribute {
            Some(name) => Some(message.get_attribute(name)?.value()),
            None => message.value(),
        });
        let Some(pattern) = pattern else {
            return Cow::Borrowed("");
        };
        let text = bundle.format_pattern(pattern, Some(values), &mut Vec::new());
        Cow::Owned(text.into_owned())
    }
}

/// What may be written from right to left stands between marks that keep its direction to itself; ASCII
/// needs none, and is copied without.
fn isolated(value: &str) -> String {
    if value.is_ascii() {
        value.to_owned()
    } else {
        format!("\u{2068}{value}\u{2069}")
    }
}

fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    // What could not be read is left out, and what could be is there.
    let resource = FluentResource::try_new(language.file().to_owned());
    let resource = resource.unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}
