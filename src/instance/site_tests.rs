//! The direct logins of one configuration, asked without a connection, a directory or a KDC: all that is
//! decided before a proof is looked at, and proofs that nobody needs to look up.

use axum::{
    body::Body,
    http::{Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::site_fixture::{from, front};

#[tokio::test]
async fn what_is_no_acceptable_token_is_refused_in_plain_words_and_without_a_new_challenge() {
    // SPNEGO's NegTokenInit that offers Kerberos but brings no token (RFC 4178, section 4.2.1).
    let no_token = [
        0x60, 0x1b, 0x06, 0x06, 0x2b, 6, 1, 5, 5, 2, 0xa0, 0x11, 0x30, 0x0f, 0xa0, 0x0d, 0x30,
        0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2,
    ];
    let ntlm = "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==";
    for (token, reason, words, cause) in [
        (ntlm, "ntlm", "(NTLM)", "setspn -Q"),
        (
            &STANDARD.encode(no_token),
            "second_leg",
            "another kind of sign-in",
            "second leg",
        ),
        (
            "not-base64!",
            "malformed_token",
            "was not understood",
            "base64",
        ),
        (
            &STANDARD.encode(vec![0x60; 65_536]),
            "malformed_token",
            "was not understood",
            "malformed",
        ),
    ] {
        let front = front(&json!({}));
        let value = format!("Negotiate {token}");
        let answer = front.get("/wsfed", &[("authorization", &value)]).await;
        answer.assert_page(401);
        assert!(!answer.head.contains("www-authenticate"), "{}", answer.head);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        let line = front.log.line(&format!(r#""reason":"{reason}""#));
        assert!(line.contains("not signed in"), "{line}");
        assert!(line.contains(cause), "{cause}: {line}");
        assert!(line.contains(&answer.request_id), "{line}");
        assert!(
            front.counted(&format!(
                r#"ad_edge_logins_total{{method="kerberos",outcome="refused",reason="{reason}"}}"#
            )),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn a_callback_that_is_not_listed_gets_no_token_whoever_asks() {
    let front = front(&json!({}));
    for query in [
        "wreply=https://evil.example/",
        "wreply=https://tenant.example/cb/",
        "wtrealm=urn:auth0:other",
        "wtrealm=LDAP_BIND_PASSWORD",
        "wa=wsignin2.0",
        "wreply=https://tenant.example/cb&wreply=https://evil.example/",
    ] {
        let path = format!("/wsfed?{query}");
        for answer in [
            front
                .get(&path, &[("authorization", "Negotiate YAAA")])
                .await,
            front.post(&path, "username=alice&password=x").await,
        ] {
            answer.assert_page(400);
        }
    }
    let direct = front.post(
        "/wsfed/direct?wreply=https://evil.example/",
        "username=alice",
    );
    let direct = direct.await;
    assert_eq!(direct.status, 400, "{}", direct.body);
    assert!(
        direct.body.starts_with("{\"invalid_request\""),
        "{}",
        direct.body
    );
}

#[tokio::test]
async fn the_pages_of_a_sign_in() {
    let front = front(&json!({}));
    let challenge = front.get("/wsfed?wctx=%22%3E%3Cscript%3E", &[]).await;
    insta::assert_snapshot!("challenge", challenge.picture());
    let retried = front.get("/wsfed?ad-edge-retry=1", &[]).await;
    insta::assert_snapshot!("challenge_again", retried.picture());
    let choose = front.get("/wsfed?wprompt=login&wctx=a%26b", &[]).await;
    insta::assert_snapshot!("choose", choose.picture());
    let password = front.get("/wsfed?ad-edge-method=password", &[]).await;
    insta::assert_snapshot!("password", password.picture());
    let certificate = front.get("/wsfed?ad-edge-method=certificate", &[]).await;
    insta::assert_snapshot!("certificate", certificate.picture());
    let kerberos = front.get("/wsfed?ad-edge-method=kerberos", &[]).await;
    assert!(kerberos.head.contains("www-authenticate: Negotiate\n"));
    let out = front.get("/wsfed?wa=wsignout1.0", &[]).await;
    insta::assert_snapshot!("signed_out", out.picture());
    assert_eq!(out.body, front.get("/logout", &[]).await.body);
    let wrong = front
        .get("/wsfed?wreply=https://evil.example/%3Cb%3E", &[])
        .await;
    insta::assert_snapshot!("not_listed", wrong.picture());
    assert!(
        front.page().contains("ad_edge_challenges_total 3\n"),
        "{}",
        front.page()
    );
}

#[tokio::test]
async fn without_kerberos_the_form_comes_first_and_without_any_way_a_page_says_so() {
    let form = front(&json!({ "KERBEROS_AUTH": false }));
    let page = form
        .get("/wsfed", &[("authorization", "Negotiate YAAA")])
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.head.contains("www-authenticate"), "{}", page.head);
    assert!(page.body.contains(r#"name="password""#), "{}", page.body);
    drop(form);
    let none = front(&json!({ "KERBEROS_AUTH": false, "FORM_LOGIN": false }));
    insta::assert_snapshot!("no_way", none.get("/wsfed", &[]).await.picture());
}

#[tokio::test]
async fn a_form_that_is_switched_off_is_neither_shown_nor_taken() {
    let front = front(&json!({ "FORM_LOGIN": false }));
    for path in [
        "/wsfed",
        "/wsfed?ad-edge-retry=1",
        "/wsfed?ad-edge-method=password",
        "/wsfed?wprompt=login",
    ] {
        let page = front.get(path, &[]).await;
        assert!(!page.body.contains(r#"name="password""#), "{path}");
    }
    let fields = "username=bob&password=x";
    front.post("/wsfed", fields).await.assert_page(403);
    let direct = front.post("/wsfed/direct", fields).await;
    assert_eq!(direct.status, 403, "{}", direct.body);
    assert!(direct.body.contains("FORM_LOGIN"), "{}", direct.body);
}

#[tokio::test]
async fn a_proxy_s_word_for_a_user_counts_only_where_it_is_trusted() {
    let forwarded = |address: &str, user: &str| {
        Request::get("/wsfed")
            .header("x-forwarded-user", user)
            .extension(from(address))
            .body(Body::empty())
            .expect("a request")
    };
    let plain = front(&json!({}));
    plain
        .ask(forwarded("127.0.0.1:5000", "alice"))
        .await
        .assert_page(401);
    drop(plain);
    let trusting = front(&json!({
        "WITH_KERBEROS_PROXY_FRONTEND": true,
        "TRUSTED_PROXIES": "192.0.2.7",
    }));
    // Accepted: what is missing is the directory alone.
    let trusted = trusting.ask(forwarded("192.0.2.7:5000", "alice"));
    let trusted = trusted.await;
    trusted.assert_page(503);
    assert!(trusted.body.contains("directory does not answer"));
    let untrusted = trusting.ask(forwarded("192.0.2.8:5000", "alice"));
    let untrusted = untrusted.await;
    untrusted.assert_page(401);
    assert!(untrusted.head.contains("www-authenticate: Negotiate\n"));
}

#[tokio::test]
async fn a_proxy_s_word_that_is_not_one_user_signs_nobody_in() {
    let front = front(&json!({
        "WITH_KERBEROS_PROXY_FRONTEND": true,
        "TRUSTED_PROXIES": "192.0.2.7",
    }));
    for users in [
        &["alice", "bob"][..],
        &["alice", "alice"],
        &["", "bob"],
        &["alice, bob"],
        &[""],
        &["ali\tce"],
    ] {
        let mut request = Request::get("/wsfed").extension(from("192.0.2.7:5000"));
        for user in users {
            request = request.header("x-forwarded-user", *user);
        }
        // Neither by the word nor by what the client brings beside it.
        let request = request.header("authorization", "Negotiate YWJj");
        let answer = front.ask(request.body(Body::empty()).expect("a request"));
        let answer = answer.await;
        answer.assert_page(400);
        assert!(!answer.head.contains("www-authenticate"), "{users:?}");
    }
    let counted = front
        .metrics
        .logins
        .with_label_values(&["frontend", "refused", "unclear_user"]);
    assert_eq!(counted.get(), 6);
}

/// Such a page would sign its reader in as somebody else (login CSRF).
#[tokio::test]
async fn a_page_of_another_site_may_not_send_the_form() {
    let front = front(&json!({}));
    let post = |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::post(path).extension(from("192.0.2.9:5000"));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        request = request.header("host", "login.corp.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from("username=bob&password=x");
        front.ask(request.body(body).expect("a request"))
    };
    for headers in [
        &[][..],
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://login.corp.example"),
        ],
        &[("origin", "https://login.corp.example")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://tenant.example"),
        ],
    ] {
        // Looked at: what is missing is the directory alone.
        post("/wsfed", headers).await.assert_page(503);
        assert_eq!(
            post("/wsfed/direct", headers).await.status,
            503,
            "{headers:?}"
        );
    }
    for headers in [
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ][..],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.corp.example"),
        ],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        let page = post("/wsfed", headers).await;
        page.assert_page(403);
        assert!(page.body.contains("They were not used"), "{}", page.body);
        assert!(
            page.body.contains(r#"name="password""#),
            "it may be typed here"
        );
        assert!(!page.body.contains("bob"), "{}", page.body);
        let direct = post("/wsfed/direct", headers).await;
        assert_eq!(direct.status, 403, "{}", direct.body);
        assert!(direct.body.contains("access_denied"), "{}", direct.body);
    }
    let counted = front
        .metrics
        .logins
        .with_label_values(&["password", "refused", "other_site"]);
    assert_eq!(counted.get(), 10);
}

/// A bind without a password succeeds as nobody (RFC 4513, section 5.1.2).
#[tokio::test]
async fn an_empty_password_is_wrong_and_no_directory_is_asked() {
    let front = front(&json!({}));
    for path in ["/wsfed", "/wsfed/direct"] {
        // What is missing is the directory alone.
        let asked = front.post(path, "username=bob&password=x").await;
        assert_eq!(asked.status, 503, "{}", asked.body);
        let refused = front.post(path, "username=bob&password=").await;
        assert_eq!(refused.status, 401, "{}", refused.body);
        assert!(!refused.body.contains("wresult"), "{}", refused.body);
    }
}

#[tokio::test]
async fn what_is_too_large_unknown_or_malformed_gets_a_page() {
    let front = front(&json!({}));
    front.get("/nowhere", &[]).await.assert_page(404);
    front.get("/wsfed?wa=other", &[]).await.assert_page(400);
    let large = format!("username={}", "x".repeat(100_000));
    front.post("/wsfed", &large).await.assert_page(413);
    let value = format!("Negotiate {}", "A".repeat(120_000));
    let large = front.get("/wsfed", &[("authorization", &value)]).await;
    large.assert_page(431);
    let json = Request::post("/wsfed/direct").header(header::CONTENT_TYPE, "application/json");
    let answer = front.ask(json.body(Body::from("[1]")).expect("one")).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn the_metadata_names_issuer_and_address() {
    let front = front(&json!({}));
    let path = "/wsfed/FederationMetadata/2007-06/FederationMetadata.xml";
    let metadata = front.get(path, &[]).await;
    assert_eq!(metadata.status, 200);
    for part in [
        "entityID=\"urn:corp.example\"",
        "<Address>https://login.corp.example/wsfed</Address>",
    ] {
        assert!(metadata.body.contains(part), "{}", metadata.body);
    }
}

#[tokio::test]
async fn only_the_tenant_searches_users() {
    let front = front(&json!({}));
    for (headers, status) in [
        (&[][..], 403),
        (&[("authorization", "Basic YTpi")][..], 403),
        (&[("authorization", "Bearer a.b.c")][..], 401),
    ] {
        let answer = front.get("/users?criteria=alice", headers).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.starts_with("{\"error\""), "{}", answer.body);
    }
}
