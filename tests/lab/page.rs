//! The self-submitting page of a login, read as a browser reads it.

/// The first form of a page.
#[derive(Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// # Panics
    /// When the page holds no form.
    pub fn read(page: &str) -> Self {
        let mut tags = tags(page);
        let action = tags
            .find_map(|(name, attributes)| {
                (name == "form").then(|| value(&attributes, "action").unwrap_or_default())
            })
            .unwrap_or_else(|| panic!("no form in:\n{page}"));
        let fields = tags
            .take_while(|(name, _)| name != "/form")
            .filter(|(name, _)| name == "input")
            .filter_map(|(_, attributes)| {
                Some((
                    value(&attributes, "name")?,
                    value(&attributes, "value").unwrap_or_default(),
                ))
            })
            .collect();
        Self { action, fields }
    }

    /// # Panics
    /// When there is no such field.
    pub fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        &found
            .unwrap_or_else(|| panic!("no field {name} in {self:?}"))
            .1
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The assertion in `wresult`, byte for byte.
    pub fn assertion(&self) -> &str {
        let response = self.field("wresult");
        response
            .split_once("<t:RequestedSecurityToken>")
            .and_then(|(_, rest)| rest.split_once("</t:RequestedSecurityToken>"))
            .unwrap_or_else(|| panic!("no token in {response}"))
            .0
    }
}

type Attributes = Vec<(String, String)>;

/// Tags with their attributes, in order. Enough of HTML for pages of ours: attributes may be
/// quoted or not, and a `>` may be in a quoted one.
fn tags(page: &str) -> impl Iterator<Item = (String, Attributes)> {
    let mut rest = page;
    std::iter::from_fn(move || {
        rest = rest.split_once('<')?.1;
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '>')
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut attributes = Vec::new();
        while let Some(attribute) = attribute(&mut rest) {
            attributes.push(attribute);
        }
        Some((name, attributes))
    })
}

fn attribute(rest: &mut &str) -> Option<(String, String)> {
    *rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>')?;
    if end == 0 {
        return None;
    }
    let name = rest[..end].to_ascii_lowercase();
    *rest = &rest[end..];
    let Some(after) = rest.strip_prefix('=') else {
        return Some((name, String::new()));
    };
    let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'');
    let (value, left) = match quote {
        Some(quote) => after[1..].split_once(quote)?,
        None => after.split_at(after.find(|c: char| c.is_whitespace() || c == '>')?),
    };
    *rest = left;
    Some((name, unescape(value)))
}

fn value(attributes: &Attributes, name: &str) -> Option<String> {
    attributes
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.clone())
}

/// Undoes HTML's character references: the named ones of XML, and numbers.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = after
            .split_once(';')
            .and_then(|(name, left)| Some((reference(name)?, left)));
        if let Some((character, left)) = decoded {
            out.push(character);
            rest = left;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
