//! Regular expressions for the schema: what the reader takes of a text, in words that every editor knows.

/// A text of JSON between its quotes.
const JSON_TEXT: &str = r#""([^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*""#;
const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
/// Sixteen bits of an IPv6 address.
const GROUP: &str = "[0-9A-Fa-f]{1,4}";

/// The whole text, white space around it aside; an empty one counts as absent.
pub(super) fn optional(pattern: &str) -> String {
    format!(r"^\s*({pattern})?\s*$")
}

/// The same, and something has to be there.
pub(super) fn required(pattern: &str) -> String {
    format!(r"^\s*({pattern})\s*$")
}

/// So many characters at most, with none that is white space at the ends.
pub(super) fn at_most(characters: usize) -> String {
    format!("\\S([\\s\\S]{{0,{}}}\\S)?", characters.saturating_sub(2))
}

/// Whichever way the letters are written.
pub(super) fn any_case(word: &str) -> String {
    let letter = |c: char| match c {
        'a'..='z' => format!("[{}{c}]", c.to_ascii_uppercase()),
        _ => c.to_string(),
    };
    word.chars().map(letter).collect()
}

/// Items between commas, or a JSON array of them.
pub(super) fn list(item: &str) -> String {
    let commas = format!(r"^\s*({item})?(\s*,\s*({item})?)*\s*$");
    format!("{commas}|{}", json_list(&format!(r#""\s*({item})\s*""#)))
}

/// Any text; one that begins as a JSON array is one, of texts. An address of IPv6 in brackets begins none.
pub(super) fn any_list() -> String {
    let address = format!(r"^\s*\[({})(%[^\]]*)?\]", v6());
    format!(r"^\s*([^\s\[]|$)|{address}|{}", json_list(JSON_TEXT))
}

fn json_list(item: &str) -> String {
    format!(r"^\s*\[\s*({item}(\s*,\s*{item})*)?\s*\]\s*$")
}

/// Numbers in a range, as the program reads them: with zeros before them, or a plus.
pub(super) fn number(least: u64, most: u64) -> String {
    format!(r"\+?{}", digits(least, most))
}

fn digits(least: u64, most: u64) -> String {
    let mut lengths = Vec::new();
    let mut from = least;
    while from <= most {
        let text = from.to_string();
        // The largest number that is as long.
        let nines = "9".repeat(text.len()).parse().unwrap_or(u64::MAX);
        let to = most.min(nines);
        lengths.push(same_length(&text, &to.to_string()));
        let Some(next) = to.checked_add(1) else {
            break;
        };
        from = next;
    }
    format!("0*({})", lengths.join("|"))
}

/// Digits from `low` to `high`, both of one length.
fn same_length(low: &str, high: &str) -> String {
    let (Some(a), Some(b)) = (low.chars().next(), high.chars().next()) else {
        return String::new();
    };
    let (low, high) = (&low[1..], &high[1..]);
    let (zeros, nines) = ("0".repeat(low.len()), "9".repeat(low.len()));
    let class = |a: char, b: char| {
        if a == b {
            a.to_string()
        } else {
            format!("[{a}-{b}]")
        }
    };
    if low == zeros && high == nines {
        let any = "[0-9]".repeat(low.len());
        return format!("{}{any}", class(a, b));
    }
    if a == b {
        return format!("{a}({})", same_length(low, high));
    }
    let next = |c: char, by: i8| char::from((c as u8).wrapping_add_signed(by));
    let mut parts = vec![format!("{a}({})", same_length(low, &nines))];
    if next(a, 1) < b {
        let any = "[0-9]".repeat(low.len());
        parts.push(format!("{}{any}", class(next(a, 1), next(b, -1))));
    }
    parts.push(format!("{b}({})", same_length(&zeros, high)));
    parts.join("|")
}

/// An address of this machine.
pub(super) fn address() -> String {
    format!(r"\[*({}|{})\]*", v4(), v6())
}

/// An address with a port.
pub(super) fn socket() -> String {
    let port = digits(0, u16::MAX.into());
    let scope = digits(0, u32::MAX.into());
    format!(r"({}|\[({})(%{scope})?\]):{port}", v4(), v6())
}

fn v4() -> String {
    format!(r"{OCTET}(\.{OCTET}){{3}}")
}

/// RFC 4291, section 2.2: eight groups, or fewer with `::` for the rest; the last two also as IPv4.
fn v6() -> String {
    let v4 = v4();
    let mut forms = vec![format!("({GROUP}:){{6}}({GROUP}:{GROUP}|{v4})")];
    for left in 0..=7 {
        let before = match left {
            0 => String::new(),
            _ => format!("{GROUP}(:{GROUP}){{{}}}", left - 1),
        };
        let mut after = Vec::new();
        if left <= 6 {
            after.push(format!("({GROUP}:){{0,{}}}{GROUP}", 6 - left));
        }
        if left <= 5 {
            after.push(format!("({GROUP}:){{0,{}}}{v4}", 5 - left));
        }
        let after = after.join("|");
        forms.push(format!("{before}::({after})?"));
    }
    forms.join("|")
}

/// A distinguished name: attribute types with values, between commas.
pub(super) fn name() -> String {
    let (escaped, quoted) = (r"\\[\s\S]", r#""([^"\\]|\\[\s\S])*""#);
    let begin = format!(r#"({escaped}|{quoted}|[^\s,+;"\\])"#);
    let more = format!(r#"({escaped}|{quoted}|[^,+;"\\])*"#);
    let part = format!(r"\s*[A-Za-z0-9.-]+\s*=\s*{begin}{more}");
    format!("{part}([,+;]{part})*")
}

/// What a page may lead to: a web address, mail or telephone.
pub(super) fn link() -> String {
    let scheme = |words: &[&str]| words.iter().map(|word| any_case(word)).collect::<Vec<_>>();
    let web = scheme(&["http", "https"]).join("|");
    let other = scheme(&["mailto", "tel"]).join("|");
    format!(r"({web}):[/\\]*[^\s/\\?#:@][\s\S]*|({other}):[^\s?#][\s\S]*")
}

/// A level, or that of a part of the program.
pub(super) fn levels(words: &[&str]) -> String {
    let level = words.join("|");
    let item = format!(r"([A-Za-z_][A-Za-z0-9_:]*\s*=\s*)?({level})");
    format!(r"{item}(\s*,\s*{item})*")
}
