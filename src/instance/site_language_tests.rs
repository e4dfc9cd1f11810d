//! Every page in every language, under the company's logo.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

use super::site_fixture::{Front, front};
use crate::language::Language;

const SITE: &str = "בית הבז";
const HELP: &str = "5555, 8-18";

/// With all that a page may show.
fn branded(change: &Value) -> Front {
    let mut all = json!({
        "SITE_NAME": SITE,
        "SITE_LOGO": "logo.svg",
        "HELP_TEXT": HELP,
        "HELP_URL": "https://help.corp.example/sign-in?a=1&b=2",
    });
    for (key, value) in change.as_object().expect("an object") {
        all[key] = value.clone();
    }
    front(&all)
}

/// The texts between tags and in `aria-label`, without scripts and styles.
fn words(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = page;
    while let Some((text, tag)) = rest.split_once('<') {
        found.insert(text.trim().to_owned());
        let (tag, after) = tag.split_once('>').expect("a whole tag");
        let label = tag.split_once("aria-label=\"");
        found.extend(label.map(|(_, label)| label.trim_end_matches('"').to_owned()));
        rest = match ["style", "script"]
            .iter()
            .find(|name| tag.starts_with(**name))
        {
            Some(name) => after.split_once(&format!("</{name}")).expect("its end").1,
            None => after,
        };
        if rest.starts_with('>') {
            rest = &rest[1..];
        }
    }
    found.retain(|text| text.chars().any(char::is_alphabetic));
    found
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

fn post(path: &str, body: String) -> Request<Body> {
    let kind = "application/x-www-form-urlencoded";
    let request = Request::post(path).header(header::CONTENT_TYPE, kind);
    request.body(Body::from(body)).expect("a request")
}

/// One request for each way in which a page is made.
fn requests() -> Vec<Request<Body>> {
    let ntlm = "Negotiate TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==";
    let long = format!("Negotiate {}", "A".repeat(120_000));
    vec![
        get("/", &[]),
        get("/wsfed", &[]),
        get("/wsfed?ad-edge-retry=1", &[]),
        get("/wsfed?wprompt=login", &[]),
        get("/wsfed?ad-edge-method=password", &[]),
        get("/wsfed?ad-edge-method=certificate", &[]),
        get("/wsfed?wa=wsignout1.0", &[]),
        get("/wsfed?wa=other", &[]),
        get("/wsfed?wreply=https://evil.example/", &[]),
        get("/wsfed?wtrealm=urn:other", &[]),
        get("/wsfed?wctx=a&wctx=b", &[]),
        get("/wsfed", &[("authorization", ntlm)]),
        get("/wsfed", &[("authorization", "Negotiate YAAA")]),
        get("/wsfed", &[("authorization", &long)]),
        get("/nowhere", &[]),
        post("/logout", String::new()),
        post("/wsfed", "username=alice&password=x".to_owned()),
        post("/wsfed", format!("username={}", "x".repeat(100_000))),
    ]
}

/// No page says anything in English where another language was asked for.
async fn assert_translated(change: &Value) {
    let kept = ["ID", SITE, HELP];
    let front = branded(change);
    for number in 0..requests().len() {
        let mut english = BTreeSet::new();
        for language in Language::ALL {
            let tag = language.tag();
            let mut request = requests().swap_remove(number);
            let path = request.uri().clone();
            let value = format!("xx, {tag};q=0.8").parse().expect("a value");
            request.headers_mut().insert("accept-language", value);
            let answer = front.ask(request).await;
            let asked = format!("{path} in {tag}: {}", answer.body);
            assert!(
                answer.body.contains(&format!("<html lang=\"{tag}\">")),
                "{asked}"
            );
            let language_header = format!("content-language: {tag}\nvary: accept-language\n");
            assert!(answer.head.contains(&language_header), "{}", answer.head);
            assert!(!answer.body.contains("{ $"), "{asked}");
            let words = words(&answer.body);
            assert!(words.len() > kept.len() + 1, "{words:?}");
            if language == Language::English {
                english = words;
                continue;
            }
            let same: Vec<_> = words
                .intersection(&english)
                .filter(|text| !kept.contains(&text.as_str()))
                // The same word in both.
                .filter(|text| !(tag == "es" && text.starts_with("Error ")))
                .filter(|text| !(tag == "it" && *text == "Password"))
                .collect();
            assert!(same.is_empty(), "{path} in {tag}: {same:?}");
        }
    }
}

#[tokio::test]
async fn every_page_is_in_the_language_that_the_browser_asks_for() {
    assert_translated(&json!({})).await;
    assert_translated(&json!({ "FORM_LOGIN": false })).await;
    let nothing = json!({ "FORM_LOGIN": false, "KERBEROS_AUTH": false, "REALM": null });
    assert_translated(&nothing).await;
}

#[tokio::test]
async fn one_language_for_everybody_and_english_for_those_of_none() {
    let german = [("accept-language", "de-CH, fr;q=0.9")];
    let fixed = front(&json!({ "SITE_LANGUAGE": "fr" }));
    let page = fixed.get("/logout", &german).await;
    assert!(
        page.body.contains("Aucune session n’est ouverte"),
        "{}",
        page.body
    );
    drop(fixed);
    let free = front(&json!({}));
    let page = free.get("/logout", &german).await;
    assert!(
        page.body.contains("Sie sind hier nicht angemeldet"),
        "{}",
        page.body
    );
    for headers in [&[][..], &[("accept-language", "ar, xx")]] {
        let page = free.get("/logout", headers).await;
        assert!(page.body.contains("You are not signed in"), "{}", page.body);
    }
    // What programs read is as it was.
    let direct = Request::post("/wsfed/direct?wtrealm=x&wreply=https://evil.example/")
        .header(header::CONTENT_TYPE, "application/json")
        .header("accept-language", "de");
    let direct = free.ask(direct.body(Body::from("[1]")).expect("one")).await;
    assert!(direct.body.contains("not a JSON object"), "{}", direct.body);
}

#[tokio::test]
async fn logo_and_help_are_on_every_page_and_nothing_else_may_be_loaded() {
    let site = branded(&json!({}));
    let mut logos = BTreeSet::new();
    for request in requests() {
        let page = site.ask(request).await;
        let (_, from) = page
            .body
            .split_once("<img class=\"logo\" src=\"")
            .expect("a logo");
        logos.insert(from.split('"').next().expect("a path").to_owned());
        for part in [
            "alt=\"בית הבז\"",
            "<link rel=\"icon\" href=\"/favicon.ico\">",
            "5555, 8-18",
            "<a href=\"https://help.corp.example/sign-in?a=1&#38;b=2\">Get help</a>",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        assert!(page.head.contains("img-src 'self'; "), "{}", page.head);
        assert!(!page.body.contains("<svg"), "never in the page itself");
    }
    let logo = logos.pop_first().expect("one");
    assert!(logos.is_empty(), "the same on all");
    let policy = "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; base-uri \
                  'none'; frame-ancestors 'none'; sandbox";
    for path in [logo.as_str(), "/favicon.ico", "/logo/of-another-instance"] {
        let picture = site.get(path, &[]).await;
        assert_eq!(picture.status, 200);
        assert!(
            picture.body.contains("M0 0h4v1z"),
            "{path}: {}",
            picture.body
        );
        assert!(
            picture.head.contains("content-type: image/svg+xml"),
            "{}",
            picture.head
        );
        assert!(picture.head.contains(policy), "{}", picture.head);
    }
    drop(site);
    let plain = front(&json!({}));
    plain.get(&logo, &[]).await.assert_page(404);
    let page = plain.get("/logout", &[]).await;
    assert!(!page.body.contains("<img"), "{}", page.body);
}

#[tokio::test]
async fn help_by_mail_or_telephone_shows_the_address() {
    for (url, shown) in [
        (
            "mailto:help@corp.example?subject=Sign-in",
            "help@corp.example",
        ),
        ("tel:+49-5555", "+49-5555"),
    ] {
        let site = front(&json!({ "HELP_URL": url }));
        let page = site.get("/", &[]).await;
        let link = format!("<a href=\"{url}\"><bdi>{shown}</bdi></a>");
        assert!(page.body.contains(&link), "{}", page.body);
    }
}
