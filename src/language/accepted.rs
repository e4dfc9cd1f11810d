//! Which language a browser asks for (`Accept-Language`: RFC 9110, section 12.5.4; RFC 4647, section 3.4).

use super::Language;

/// What is read of the header; browsers send a handful.
const MOST_RANGES: usize = 20;
/// Where Chinese is written in traditional characters unless its tag says otherwise.
const TRADITIONAL: [&str; 3] = ["tw", "hk", "mo"];

/// The best of our languages for this header; English when none is asked for.
#[must_use]
pub fn preferred(header: &str) -> Language {
    let mut best = None;
    for range in header.split(',').take(MOST_RANGES) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(weight).unwrap_or(1000);
        // Of equal ones, the first.
        let is_better = best.is_none_or(|(_, other)| weight > other);
        if let Some(language) = language(tag)
            && weight > 0
            && is_better
        {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language).unwrap_or_default()
}

/// Thousandths; a weight that is none counts as 0.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value: f32 = value.trim().parse().unwrap_or(0.0);
    // Within 0 and 1000, so nothing is cut off; NaN is 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "see above"
    )]
    Some((value.clamp(0.0, 1.0) * 1000.0) as u16)
}

/// Ours for a tag: by its first part, whatever the region.
fn language(tag: &str) -> Option<Language> {
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split(['-', '_']);
    let first = parts.next()?;
    if first == "*" {
        return Some(Language::English);
    }
    let rest: Vec<_> = parts.collect();
    let language = Language::ALL
        .into_iter()
        .find(|language| language.tag().split('-').next() == Some(first))?;
    let traditional = rest.contains(&"hant")
        || (!rest.contains(&"hans") && rest.iter().any(|part| TRADITIONAL.contains(part)));
    (language != Language::Chinese || !traditional).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_counts_and_of_equal_ones_the_first() {
        use Language as L;
        for (header, language) in [
            ("", L::English),
            ("de", L::German),
            ("de-AT,de;q=0.9,en;q=0.8", L::German),
            ("pt-BR", L::Portuguese),
            ("pt_PT", L::Portuguese),
            ("en;q=0.5, FR-ca ; Q=0.9", L::French),
            ("es, it", L::Spanish),
            ("ar, he;q=0.9, nl;q=0.1", L::Dutch),
            ("ar", L::English),
            ("ar, *;q=0.5", L::English),
            ("de;q=0, pl;q=0.2", L::Polish),
            ("de;q=0", L::English),
            ("ja-JP-u-ca-japanese", L::Japanese),
            ("zh", L::Chinese),
            ("zh-CN", L::Chinese),
            ("zh-Hans-HK", L::Chinese),
            ("zh-TW, zh;q=0.9, en;q=0.8", L::Chinese),
            ("zh-Hant, en;q=0.8", L::English),
            ("zh-HK, ja;q=0.5", L::Japanese),
            ("de;q=x, fr;q=NaN, it;q=0.001", L::Italian),
            ("den, deu", L::English),
            (";;;,=,q=1,\u{1f600}", L::English),
        ] {
            assert_eq!(preferred(header), language, "{header}");
        }
        let long = format!("{}de", "xx,".repeat(MOST_RANGES));
        assert_eq!(preferred(&long), L::English);
    }
}
