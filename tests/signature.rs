//! The signature holds for programs that are not ours, whatever is in the profile.

use crate::lab::{
    Lab,
    instance::Instance,
    page::Form,
    stand_in::Tenant,
    verify::{verify_with_xml_crypto, verify_with_xmlsec1},
};

#[test]
fn markup_quotes_emoji_line_ends_and_tabs_in_names_and_groups() {
    let (lab, tenant, instance) = (Lab::get(), Tenant::start(), Instance::start());
    for user in ["zoe", "alice"] {
        let page = instance
            .curl("/wsfed")
            .negotiate(&lab.kinit(user))
            .run()
            .body;
        let form = Form::read(&page);
        let assertion = form.assertion();
        verify_with_xmlsec1(assertion, &lab.signer()).expect("xmlsec1");
        verify_with_xml_crypto(assertion, &lab.signer()).expect("xml-crypto");
        let claims = tenant.verified(&form)["claims"].to_string();
        if user == "zoe" {
            let name = serde_json::json!("Zoë <b>\"O'Neil\"</b> & 🦊 ]]>\r\n\tsecond line");
            assert!(claims.contains(&name.to_string()), "{name} in {claims}");
            for group in [
                "Tab\there",
                "R&D <b>\"x\" 'y'</b>, ]]>",
                "(star*) back\\slash #",
            ] {
                let group = serde_json::json!(group).to_string();
                assert!(claims.contains(&group), "{group} in {claims}");
            }
        }
    }
}

#[test]
fn a_changed_token_does_not_verify() {
    let (lab, instance) = (Lab::get(), Instance::start());
    let page = instance
        .curl("/wsfed")
        .negotiate(&lab.kinit("alice"))
        .run()
        .body;
    let changed = Form::read(&page)
        .assertion()
        .replace("Alice Smith", "Alice Smyth");
    assert!(verify_with_xmlsec1(&changed, &lab.signer()).is_err());
    assert!(verify_with_xml_crypto(&changed, &lab.signer()).is_err());
}
