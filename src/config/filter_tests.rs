use ldap3::ldap_escape;

use ldap3::asn1::{ASNTag, StructureTag};

use super::*;

#[test]
fn nothing_between_two_stars_is_anything() {
    let template = FilterTemplate::parse("(|(cn=*{0}*{0}*)(mail={0}*))").expect("a filter");
    let filter = template.with_escaped("");
    assert_eq!(filter, "(|(cn=*)(mail=*))");
    assert!(parses(&filter));
}

#[test]
fn escapes_what_a_filter_gives_a_meaning() {
    assert_eq!(ldap_escape(r"a*(b)\c"), r"a\2a\28b\29\5cc");
    assert_eq!(ldap_escape("nul\0"), r"nul\00");
    assert_eq!(ldap_escape("Zoë 😀 &|!=<>~"), "Zoë 😀 &|!=<>~");
}

#[test]
fn an_escaped_value_never_changes_the_filter() {
    for value in ["*", ")(objectClass=*", r"\2a", "a\0b", "😀)"] {
        assert!(parses(&format!("(cn={})", ldap_escape(value))), "{value}");
    }
}

#[test]
fn tells_a_filter_from_other_text() {
    assert!(parses("(member:1.2.840.113556.1.4.1941:=CN=a,DC=b)"));
    assert!(!parses("(cn=a"));
    assert!(!parses("(cn=a)(b)"));
    assert!(!parses(&format!(
        "{}cn=a{}",
        "(!".repeat(100_000),
        ")".repeat(100_000)
    )));
}

#[test]
fn a_template_is_a_filter_with_a_place() {
    for (text, template) in [
        ("(sAMAccountName={0})", Ok("(sAMAccountName={0})")),
        ("sAMAccountName={0}", Ok("(sAMAccountName={0})")),
        (
            "(&(objectCategory=person)(|(cn=*{0}*)(mail={0})))",
            Ok("(&(objectCategory=person)(|(cn=*{0}*)(mail={0})))"),
        ),
        ("(sAMAccountName={0}", Err(FilterError::Malformed)),
        ("(sAMAccountName={0}))", Err(FilterError::Malformed)),
        ("(&(cn={0})", Err(FilterError::Malformed)),
        ("{0}", Err(FilterError::Malformed)),
        ("(sAMAccountName=alice)", Err(FilterError::NoPlace)),
    ] {
        let expected = template.map(|text| FilterTemplate(text.to_owned()));
        assert_eq!(FilterTemplate::parse(text), expected, "{text}");
    }
    assert_eq!(
        plain("objectCategory=group").as_deref(),
        Ok("(objectCategory=group)")
    );
    assert_eq!(plain("(objectCategory=group"), Err(FilterError::Malformed));
}

#[test]
fn a_place_is_a_value_and_there_is_one_kind_of_it() {
    for (text, error) in [
        ("(&(cn={0})(ou={1}))", FilterError::OtherPlace),
        ("(&(cn={0})(ou={}))", FilterError::OtherPlace),
        ("(cn={{0}})", FilterError::OtherPlace),
        ("({0}=*)", FilterError::PlaceOfName),
        ("(&(objectClass=user)(cn:{0}:=x))", FilterError::PlaceOfName),
    ] {
        assert_eq!(FilterTemplate::parse(text), Err(error), "{text}");
    }
    for text in [
        "(&(cn={0})(ou={a}))",
        "(&(cn={0})(ou={1)(l=2}))",
        "(cn=a={0})",
    ] {
        assert!(FilterTemplate::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn whoever_is_found_by_name_has_that_name() {
    for text in [
        "(|(cn={0})(objectClass=user))",
        "(|(cn={0})(!(cn={0}x)))",
        "(&(objectClass=user)(|(cn={0})(&(uid={0})(!(mail={0})))(objectClass=user)))",
    ] {
        let by_name = FilterTemplate::parse_by_name(text);
        assert_eq!(by_name, Err(FilterError::AnyName), "{text}");
        // Of groups, some may be everybody's.
        assert!(FilterTemplate::parse(text).is_ok(), "{text}");
    }
    for text in [
        "cn={0}",
        "&(cn={0})(objectClass=user)",
        "( & (objectClass=user)( | (cn={0}) (uid=*{0}*) ) )",
        "(&(!(userAccountControl:1.2.840.113556.1.4.803:=2))(cn={0}))",
        "(&(objectClass=user)(|(cn={0})(&(uid={0})(!(mail={0})))))",
    ] {
        let by_name = FilterTemplate::parse_by_name(text);
        assert_eq!(by_name, FilterTemplate::parse(text), "{text}");
    }
    for text in ["(cn>={0})", "(|(cn={0})(uid<={0}))"] {
        let by_name = FilterTemplate::parse_by_name(text);
        assert_eq!(by_name, Err(FilterError::MoreOrLess), "{text}");
    }
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    for (text, error) in [
        ("(!(member={0}))", FilterError::Negated),
        (
            "(&(objectClass=group)(!(|(member={0})(owner={0}))))",
            FilterError::Negated,
        ),
        ("(|(objectClass=*)(cn={0}))", FilterError::Everything),
        ("(|(cn={0})(!(cn={0})))", FilterError::Everything),
        ("(&(cn={0})(!(objectClass=*)))", FilterError::Nothing),
        ("(&(cn={0})(!(cn={0})))", FilterError::Nothing),
    ] {
        assert_eq!(FilterTemplate::parse(text), Err(error), "{text}");
    }
    for (text, error) in [
        ("(cn={0})", FilterError::NoValue),
        ("(cn={1})", FilterError::NoValue),
        ("(!(objectClass=*))", FilterError::Nothing),
    ] {
        assert_eq!(plain(text), Err(error), "{text}");
    }
    for text in ["(cn={a})", "(objectClass=*)", "(!(cn=a))"] {
        assert!(plain(text).is_ok(), "{text}");
    }
    // What is worth a warning.
    let template = |text| FilterTemplate::parse(text).expect("a filter");
    assert!(!template("(|(member={0})(cn=everyone))").requires_value());
    assert!(template("(|(member={0})(uniqueMember={0}))").requires_value());
    assert!(template("(&(mail=*)(cn={0}*))").takes_part());
    assert!(!template("(&(mail=*)(cn={0}))").takes_part());
}

#[test]
fn a_filter_for_everybody_is_made_of_one_for_a_name() {
    for (text, everybody) in [
        ("cn={0}", Some("(cn=*)")),
        (
            "(|(cn=*{0}*)(mail={0}@corp.example))",
            Some("(|(cn=*)(mail=*@corp.example))"),
        ),
        ("(cn:caseExactMatch:={0})", None),
        ("(&(objectClass=user)(cn>={0}))", None),
    ] {
        let template = FilterTemplate::parse(text).expect("a filter");
        assert_eq!(template.with_any_value().as_deref(), everybody, "{text}");
    }
}

#[test]
fn another_attribute_takes_the_place_and_conditions_stay() {
    for (text, by_account, attributes) in [
        ("mail={0}", "(sAMAccountName={0})", "mail"),
        (
            "(userPrincipalName={0}@corp.example)",
            "(sAMAccountName={0})",
            "userPrincipalName",
        ),
        (
            "(&(memberOf=CN=VPN \\28new\\29,DC=corp)(|(mail={0})(uid:caseExactMatch:={0})))",
            "(&(memberOf=CN=VPN \\28new\\29,DC=corp)(|(sAMAccountName={0})(sAMAccountName={0})))",
            "mail uid",
        ),
        (
            "(&(cn=*{0}*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
            "(&(sAMAccountName={0})(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
            "cn",
        ),
    ] {
        let template = FilterTemplate::parse(text).expect("a filter");
        let changed = template.by_attribute("sAMAccountName");
        assert_eq!(changed.0, by_account);
        assert!(FilterTemplate::parse(&changed.0).is_ok());
        assert_eq!(
            template.attributes().collect::<Vec<_>>().join(" "),
            attributes
        );
    }
}

proptest::proptest! {
    /// The library's parser finds one comparison, and the value that was typed in it.
    #[test]
    fn whatever_is_typed_is_one_value(value in proptest::prelude::any::<String>()) {
        let template = FilterTemplate::parse("(cn={0})").expect("a filter");
        let filter = template.with_escaped(&ldap3::ldap_escape(&*value));
        let parsed = ldap3::parse_filter(&filter).expect("parses");
        let comparison = ASNTag::into_structure(parsed);
        let parts = comparison.expect_constructed().expect("a comparison");
        let texts: Vec<_> = parts.into_iter().filter_map(StructureTag::expect_primitive).collect();
        proptest::prop_assert_eq!(texts, [b"cn".to_vec(), value.into_bytes()]);
    }
}
