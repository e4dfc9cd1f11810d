//! The assertion is digested as it is written. Here libxml2, which xmlsec1 is built on, reads it within its
//! envelope and canonicalises it: the same bytes must come out, and the same values.
#![no_main]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
};

use ad_edge::fuzz::{Written, assertion_of};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(written) = assertion_of(data) {
        check(&written);
    }
});

fn check(written: &Written) {
    let document = roxmltree::Document::parse(&written.document).expect("XML");
    let values: Vec<String> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "AttributeValue")
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect();
    let expected: Vec<String> = written.values.iter().map(|value| shown(value)).collect();
    assert_eq!(values, expected);
    assert_eq!(canonical_assertion(&written.document), written.assertion);
}

/// XML 1.0 (section 2.2) has no way to write most control characters.
fn shown(value: &str) -> String {
    let allowed =
        |c| matches!(c, '\t' | '\n' | '\r') || c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let each = value.chars().map(|c| {
        if allowed(c) {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    });
    each.collect()
}

/// What libxml2 makes of the assertion in the document by Exclusive Canonical XML.
fn canonical_assertion(document: &str) -> String {
    let length = c_int::try_from(document.len()).expect("small");
    // SAFETY: libxml2 gets buffers with their lengths; what it makes is freed once, here.
    unsafe {
        let read = xmlReadMemory(
            document.as_ptr().cast(),
            length,
            ptr::null(),
            ptr::null(),
            NO_NET,
        );
        assert!(!read.is_null(), "libxml2 reads it");
        let mut out = ptr::null_mut();
        let size = xmlC14NDocDumpMemory(
            read,
            ptr::null_mut(),
            EXCLUSIVE,
            ptr::null_mut(),
            0,
            &raw mut out,
        );
        assert!(size > 0, "libxml2 canonicalises it");
        let text = CStr::from_ptr(out.cast())
            .to_str()
            .expect("UTF-8")
            .to_owned();
        xmlFree.expect("libxml2 is there")(out.cast());
        xmlFreeDoc(read);
        // Only the envelope is around it: exclusive canonicalisation of the part is a part of the whole's.
        let start = text.find("<saml:Assertion ").expect("an assertion");
        let end = text.rfind("</t:RequestedSecurityToken>").expect("its end");
        text[start..end].to_owned()
    }
}

const NO_NET: c_int = 1 << 11;
const EXCLUSIVE: c_int = 1;

#[link(name = "xml2")]
unsafe extern "C" {
    static xmlFree: Option<unsafe extern "C" fn(*mut c_void)>;
    fn xmlReadMemory(
        text: *const c_char,
        size: c_int,
        url: *const c_char,
        encoding: *const c_char,
        options: c_int,
    ) -> *mut c_void;
    fn xmlC14NDocDumpMemory(
        document: *mut c_void,
        nodes: *mut c_void,
        mode: c_int,
        prefixes: *mut *mut c_char,
        comments: c_int,
        out: *mut *mut u8,
    ) -> c_int;
    fn xmlFreeDoc(document: *mut c_void);
}
