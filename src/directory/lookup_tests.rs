use std::sync::Arc;

use super::*;

fn active_directory() -> Kind {
    let forest = [("CORP", "corp.example")];
    let domains = Domains::of("corp.example", Some(&forest));
    Kind::ActiveDirectory(Arc::new(domains))
}

fn filter(by: By<'_>, own: Option<&str>, kind: Kind) -> String {
    let own = own.map(|own| FilterTemplate::parse(own).expect("a filter"));
    let name = Name::read(by).expect("a name");
    name.question(own.as_ref(), Some(kind)).filter
}

#[test]
fn an_own_filter_rules_what_is_typed_and_never_who_is_proved() {
    let own = Some("(&(memberOf=CN=VPN)(mail={0}))");
    let sid = Sid::read(b"\x01\x01\0\0\0\0\0\x05\x15\0\0\0").expect("a SID");
    for (by, expected) in [
        (By::Name(" a*b "), r"(&(memberOf=CN=VPN)(mail=a\2ab))"),
        (
            By::Name("\u{202a}\u{a0}a*b\u{200b}\u{202c}\u{feff} "),
            r"(&(memberOf=CN=VPN)(mail=a\2ab))",
        ),
        (
            By::EscapedName(r"a\2ab"),
            r"(&(memberOf=CN=VPN)(mail=a\2ab))",
        ),
        (By::CommonName("alice"), "(&(memberOf=CN=VPN)(mail=alice))"),
        (
            By::Principal("alice"),
            "(&(memberOf=CN=VPN)(sAMAccountName=alice))",
        ),
        (
            By::Sid(&sid),
            r"(&(memberOf=CN=VPN)(objectSid=\01\01\00\00\00\00\00\05\15\00\00\00))",
        ),
    ] {
        assert_eq!(filter(by, own, active_directory()), expected);
    }
    for by in [
        By::Name("zoe\u{308}@corp.example."),
        By::EscapedName("zoe\u{308}@corp.example"),
        By::EscapedName(r"zo\c3\ab@corp.example."),
    ] {
        let expected = "(&(memberOf=CN=VPN)(mail=zoë@corp.example))";
        assert_eq!(filter(by, own, active_directory()), expected);
    }
    let by_sid = filter(By::Sid(&sid), None, active_directory());
    assert_eq!(by_sid, r"(objectSid=\01\01\00\00\00\00\00\05\15\00\00\00)");
    let elsewhere = filter(By::Principal("alice"), own, Kind::Other);
    assert_eq!(elsewhere, "(&(memberOf=CN=VPN)(mail=alice))");
}

#[test]
fn without_one_the_directory_decides() {
    let by_account = "(sAMAccountName=alice)";
    for kind in [active_directory(), Kind::Other] {
        for by in [
            By::Name("alice"),
            By::EscapedName("alice"),
            By::Principal("alice"),
            By::CommonName("alice"),
        ] {
            assert_eq!(filter(by, None, kind.clone()), by_account);
        }
    }
    let whole = r"(sAMAccountName=CORP\5calice)";
    let typed = r"CORP\alice";
    assert_eq!(
        filter(By::Name(typed), None, active_directory()),
        by_account
    );
    assert_eq!(
        filter(By::EscapedName(r"CORP\5calice"), None, active_directory()),
        by_account
    );
    assert_eq!(
        filter(By::CommonName(typed), None, active_directory()),
        whole
    );
    assert_eq!(
        filter(By::Principal(typed), None, active_directory()),
        whole
    );
    assert_eq!(filter(By::Name(typed), None, Kind::Other), whole);
}

#[test]
fn what_can_be_nobodys_name_is_not_searched() {
    let read = |by| Name::read(by).map(|name| name.text.as_str().to_owned());
    for (by, why) in [
        (By::Name("bob\0x"), UnusableName::ControlCharacter),
        (By::EscapedName(r"bob\00x"), UnusableName::ControlCharacter),
        (By::Principal("bob\0x"), UnusableName::ControlCharacter),
        (By::CommonName("bob\u{85}"), UnusableName::ControlCharacter),
    ] {
        assert_eq!(read(by), Err(Some(why)), "{by:?}");
    }
    assert_eq!(read(By::Name("  ")), Err(None));
    assert_eq!(read(By::Name(" \u{a0}bob ")), Ok("bob".to_owned()));
    assert_eq!(read(By::Principal("bob ")), Ok("bob ".to_owned()));
    let cut = Found::nobody(By::Name(&"A".repeat(5000)), Some(UnusableName::TooLong));
    assert_eq!(cut.spelling, "a".repeat(256));
}

#[test]
fn a_typed_name_has_one_spelling_and_a_proved_one_its_own() {
    let read = |by| Name::read(by).map(|name| name.text.as_str().to_owned());
    for (typed, written) in [
        ("Zoe\u{308}", "Zoë"),
        ("zoë@corp.example.", "zoë@corp.example"),
        ("CORP\\zoe\u{308}", r"CORP\zoë"),
        ("alice.", "alice."),
        ("@.", "@."),
        ("a@b..", "a@b"),
    ] {
        assert_eq!(read(By::Name(typed)).as_deref(), Ok(written), "{typed}");
    }
    let proved = "zoe\u{308}@corp.example.";
    assert_eq!(read(By::Principal(proved)).as_deref(), Ok(proved));
    assert_eq!(read(By::CommonName(proved)).as_deref(), Ok(proved));
}

#[test]
fn the_kind_of_directory_is_asked_for_only_where_it_counts() {
    let own = FilterTemplate::parse("(mail={0})").expect("a filter");
    for (by, with_own, without) in [
        (By::Name("a"), false, true),
        (By::EscapedName("a"), false, true),
        (By::Principal("a"), true, true),
        (By::CommonName("a"), false, false),
    ] {
        let name = Name::read(by).expect("a name");
        assert_eq!(name.depends_on_kind(Some(&own)), with_own);
        assert_eq!(name.depends_on_kind(None), without);
    }
}

#[test]
fn another_domains_name_is_told_apart_from_an_unknown_one() {
    let asked = |text: &str| {
        let name = Name::read(By::Name(text)).expect("a name");
        let alice = Entry::new("CN=alice,DC=corp,DC=example".to_owned(), Vec::new());
        name.question(None, Some(active_directory()))
            .answered(vec![alice])
    };
    let found = asked(r"OTHER\alice");
    assert!(found.users.is_empty());
    let text = found.unusable.expect("a reason").to_string();
    assert_eq!(
        text,
        "the directory has no domain \"OTHER\"; its own is CORP"
    );
    let found = asked(r"corp\Alice");
    assert_eq!((found.users.len(), found.unusable), (1, None));
    assert_eq!(found.spelling, "alice");
}
