//! What pages may show.

use super::super::tests::changed;

#[test]
fn what_pages_shall_show_is_checked() {
    for (key, value, problem) in [
        ("SITE_LOGO", "missing.svg".to_owned(), "no such file"),
        (
            "SITE_LOGO",
            "config.json".to_owned(),
            "neither an SVG nor a PNG",
        ),
        ("SITE_LANGUAGE", "xx".to_owned(), "none of the words"),
        ("HELP_TEXT", "x".repeat(501), "longer than 500"),
        ("HELP_URL", "javascript:alert(1)".to_owned(), "may link to"),
        ("HELP_URL", "data:text/html,x".to_owned(), "may link to"),
        ("HELP_URL", "https://".to_owned(), "may link to"),
        ("HELP_URL", "help.corp.example".to_owned(), "may link to"),
        ("HELP_URL", "tel:".to_owned(), "may link to"),
    ] {
        let mistakes = changed(key, value.into())
            .load()
            .expect_err("a mistake")
            .mistakes;
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        let text = mistakes[0].to_string();
        assert!(text.starts_with(key) && text.contains(problem), "{text}");
    }
    for good in [
        "https://help.corp.example/a",
        "mailto:help@corp.example",
        "tel:+495555",
    ] {
        assert!(
            changed("HELP_URL", good.into())
                .config()
                .pages
                .help_url
                .is_some()
        );
    }
    let config = changed("SITE_LANGUAGE", "zh-Hans".into()).config();
    assert_eq!(
        config.pages.language,
        Some(crate::language::Language::Chinese)
    );
}
