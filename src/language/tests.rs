//! The message files are complete, and in their language.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;

use super::*;

/// Each message of a file, an attribute as `id.attribute`: its text as it is written.
fn texts(language: Language) -> BTreeMap<String, String> {
    FluentResource::try_new(language.file().to_owned())
        .unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
    let (mut found, mut message) = (BTreeMap::new(), "");
    for line in language.file().lines() {
        let Some((name, text)) = line.split_once(" = ") else {
            // One text is one line: a line end would be a space, also where words have none.
            assert!(
                line.is_empty() || line.starts_with('#'),
                "{language:?}: {line}"
            );
            continue;
        };
        let name = match name.strip_prefix("    .") {
            Some(attribute) => format!("{message}.{attribute}"),
            None => {
                message = name;
                name.to_owned()
            }
        };
        let twice = found.insert(name, text.to_owned());
        assert_eq!(twice, None, "{language:?}: {line}");
    }
    found
}

fn variables(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .map(|rest| rest.split('}').next().expect("closed").trim())
        .collect()
}

#[test]
fn no_message_is_missing_in_any_language_and_none_is_left_over() {
    let notices = Notice::ALL
        .iter()
        .flat_map(|notice| [notice.id().to_owned(), format!("{}.message", notice.id())]);
    let phrases = Phrase::ALL.iter().map(|phrase| phrase.id().to_owned());
    let named: BTreeSet<_> = notices.chain(phrases).collect();
    for language in Language::ALL {
        let found: BTreeSet<_> = texts(language).into_keys().collect();
        let differ: Vec<_> = found.symmetric_difference(&named).collect();
        assert!(differ.is_empty(), "{language:?}: {differ:?}");
    }
}

#[test]
fn every_message_has_the_same_variables_in_every_language() {
    let english = texts(Language::English);
    for language in Language::ALL {
        for (name, text) in texts(language) {
            assert_eq!(
                variables(&text),
                variables(&english[&name]),
                "{language:?}: {name}"
            );
        }
    }
}

#[test]
fn no_text_of_another_language_is_left_in_english() {
    // The same word in both.
    let same = [("es", "error"), ("it", "password")];
    let english = texts(Language::English);
    for language in Language::ALL.into_iter().skip(1) {
        for (name, text) in texts(language) {
            let is_same = same.contains(&(language.tag(), name.as_str()));
            assert_eq!(text == english[&name], is_same, "{language:?}: {name}");
            let own_script = |c: char| c >= '\u{3000}';
            let script = matches!(language, Language::Japanese | Language::Chinese);
            assert_eq!(text.contains(own_script), script, "{language:?}: {text}");
        }
    }
}

#[test]
fn what_an_administrator_is_told_to_set_has_its_name_in_every_language() {
    let english = texts(Language::English);
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c)));
        words
            .map(|word| word.trim_end_matches('.').to_owned())
            .filter(|word| word.contains(['_', '.']) || ["REALM", "NTLM", "VPN"].contains(&&**word))
            .collect()
    };
    for language in Language::ALL {
        for (name, text) in texts(language) {
            assert_eq!(names(&text), names(&english[&name]), "{language:?}: {name}");
        }
    }
}

#[test]
fn a_text_is_found_in_its_language_and_holds_what_is_put_into_it() {
    assert_eq!(
        Language::German.title(Notice::WrongPassword),
        "Das stimmt nicht überein"
    );
    assert_eq!(Language::Japanese.phrase(Phrase::Password), "パスワード");
    for language in Language::ALL {
        let text = language.phrase_with(Phrase::UnknownApplication, "application", "<urn:אב>");
        // Between marks that keep its direction to itself (U+2068, U+2069).
        assert!(text.contains("\u{2068}<urn:אב>\u{2069}"), "{text}");
        let text = language.phrase_with(Phrase::UnknownApplication, "application", "urn:a");
        assert!(
            text.contains("urn:a") && !text.contains('\u{2068}'),
            "{text}"
        );
        for notice in Notice::ALL {
            assert!(
                !language.title(*notice).is_empty(),
                "{language:?}: {notice:?}"
            );
            assert!(
                !language.message(*notice).is_empty(),
                "{language:?}: {notice:?}"
            );
        }
    }
}
