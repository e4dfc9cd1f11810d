//! Whether `serve` can load what the configuration names.

use super::{
    context::Context,
    finding::{Area, Finding, Findings},
};
use crate::instance::{Kept, LoadError, Materials};

/// All that `serve` loads, the profile mapper and the tenant's key too: reports what it would refuse.
pub(super) fn examine(context: &Context, findings: &Findings) {
    let Err(unusable) = Materials::load(&context.config, &context.clock, false, &Kept::default())
    else {
        let text = "serve can load everything that the configuration names";
        findings.add(Finding::ok(Area::Files, "load", text));
        return;
    };
    for problem in unusable.0 {
        if !is_reported_before(&problem) {
            findings.add(
                Finding::fail(
                    Area::Files,
                    "load",
                    format!("serve does not start: {problem}"),
                )
                .fix(context.command("check")),
            );
        }
    }
}

/// Whether an examination of the files reports it.
/// That there is no signing key yet keeps nobody from starting: the first start makes it.
fn is_reported_before(problem: &LoadError) -> bool {
    matches!(
        problem,
        LoadError::NoSigningKey
            | LoadError::SigningKey(_)
            | LoadError::ServerCertificate(_)
            | LoadError::ClientAuthorities(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{SigningKeyError, TenantKeyError};

    #[test]
    fn what_the_files_examination_reports_is_not_reported_again_by_the_load() {
        assert!(is_reported_before(&LoadError::NoSigningKey));
        assert!(is_reported_before(&SigningKeyError::Mismatch.into()));
        assert!(!is_reported_before(&TenantKeyError::NoRsaKey.into()));
    }
}
