//! Texts that findings and table share.

use super::report::InstanceReport;
use crate::cause;

pub(super) fn none() -> String {
    "none".to_owned()
}

/// `edge1 edge2 = 3fa2c1d09b7e4410, edge3 = 91bc…`.
pub(super) fn in_words(groups: &[(String, Vec<&str>)]) -> String {
    let words = groups
        .iter()
        .map(|(value, labels)| format!("{} = {value}", labels.join(" ")));
    words.collect::<Vec<_>>().join(", ")
}

/// `HTTP/login.corp.example@CORP.EXAMPLE 2+3`.
pub(super) fn keytab(report: &InstanceReport) -> String {
    if report.keytab.is_empty() {
        return none();
    }
    let principals = report.keytab.iter().map(|(principal, versions)| {
        let versions: Vec<_> = versions.iter().map(u32::to_string).collect();
        format!("{} {}", plain(principal), versions.join("+"))
    });
    principals.collect::<Vec<_>>().join("; ")
}

/// Without characters that a terminal would obey: another machine wrote it.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !cause::is_unseen(*c)).collect()
}
