//! The policies that make browsers sign in without a question, filled in for SERVER_URL: a file for each place
//! where browsers read them.

use serde_json::{Map, Value, json};

use super::error::SetupError;
use crate::config::{Settings, keys};

/// A policy, and where it goes.
#[derive(Debug)]
pub struct PolicyFile {
    /// Under the folder that is asked for: on Linux the path from the root.
    pub path: &'static str,
    pub content: String,
    /// How it is put to use.
    pub place: &'static str,
}

/// The policies for this installation.
///
/// # Errors
/// When the configuration is invalid, or has no login that needs a policy.
pub fn browser_policies(settings: &Settings) -> Result<Vec<PolicyFile>, SetupError> {
    let config = settings.load_without_files()?.config;
    let values = settings.effective(&Map::new());
    let url = &config.federation.server_url;
    let policies = Policies {
        host: url.host_str().unwrap_or_default().to_owned(),
        origin: url.origin().ascii_serialization(),
        kerberos: values.value(&keys::KERBEROS_AUTH),
        certificates: values.value(&keys::CLIENT_CERT_AUTH),
    };
    if !policies.kerberos && !policies.certificates {
        return Err(SetupError::NoPolicies);
    }
    Ok(policies.files())
}

struct Policies {
    host: String,
    /// With the port, where it is not the scheme's own.
    origin: String,
    kerberos: bool,
    certificates: bool,
}

impl Policies {
    fn files(&self) -> Vec<PolicyFile> {
        let chromium = lines(&self.chromium());
        let firefox = self.firefox();
        let mut files = Vec::new();
        let mut add = |path, content, place| {
            files.push(PolicyFile {
                path,
                content,
                place,
            });
        };
        for path in [
            "etc/opt/chrome/policies/managed/ad-edge.json",
            "etc/chromium/policies/managed/ad-edge.json",
            "etc/opt/edge/policies/managed/ad-edge.json",
        ] {
            add(path, chromium.clone(), "Linux: to this path from the root");
        }
        if self.kerberos {
            add(
                "etc/firefox/policies/policies.json",
                lines(&json!({ "policies": firefox })),
                "Linux: to this path from the root; one file holds all policies of Firefox, so add to yours",
            );
        }
        add(
            "windows/ad-edge.reg",
            self.registry(),
            "Windows: reg import on one computer, the same values by group policy on all",
        );
        for path in [
            "macos/com.google.Chrome.plist",
            "macos/com.microsoft.Edge.plist",
        ] {
            add(path, plist(&self.chromium()), MACOS);
        }
        if self.kerberos {
            let mut all = firefox;
            all["EnterprisePoliciesEnabled"] = json!(true);
            add("macos/org.mozilla.firefox.plist", plist(&all), MACOS);
        }
        files
    }

    fn chromium(&self) -> Value {
        let mut policy = json!({});
        if self.kerberos {
            policy["AuthServerAllowlist"] = json!(self.host);
        }
        if self.certificates {
            policy["AutoSelectCertificateForUrls"] = json!([self.choice()]);
        }
        policy
    }

    /// Any certificate that the server asks for: it names the issuers.
    fn choice(&self) -> String {
        json!({ "pattern": self.origin, "filter": {} }).to_string()
    }

    fn firefox(&self) -> Value {
        json!({ "Authentication": { "SPNEGO": [self.host] } })
    }

    /// What group policy writes. The zone 1 is the local intranet, where Windows itself signs in.
    fn registry(&self) -> String {
        const POLICIES: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies";
        let mut sections = vec!["Windows Registry Editor Version 5.00".to_owned()];
        let mut add = |key: &str, values: &[String]| {
            sections.push(format!("[{POLICIES}\\{key}]\n{}", values.join("\n")));
        };
        for browser in [r"Google\Chrome", r"Microsoft\Edge"] {
            if self.kerberos {
                let value = format!("\"AuthServerAllowlist\"={}", registry_text(&self.host));
                add(browser, &[value]);
            }
            if self.certificates {
                let value = format!("\"1\"={}", registry_text(&self.choice()));
                add(
                    &format!(r"{browser}\AutoSelectCertificateForUrls"),
                    &[value],
                );
            }
        }
        if self.kerberos {
            let value = format!("\"1\"={}", registry_text(&self.host));
            add(r"Mozilla\Firefox\Authentication\SPNEGO", &[value]);
            let zones = r"Microsoft\Windows\CurrentVersion\Internet Settings";
            add(
                zones,
                &["\"ListBox_Support_ZoneMapKey\"=dword:00000001".to_owned()],
            );
            let value = format!("{}=\"1\"", registry_text(&format!("https://{}", self.host)));
            add(&format!(r"{zones}\ZoneMapKey"), &[value]);
        }
        sections.join("\n\n").replace('\n', "\r\n") + "\r\n"
    }
}

const MACOS: &str =
    "macOS: as a profile of your device management, for the domain of the file's name";

fn lines(value: &Value) -> String {
    format!("{value:#}\n")
}

fn registry_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

fn plist(value: &Value) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n{}\n</plist>\n",
        plist_value(value)
    )
}

/// Of what policies hold: texts, flags, lists and objects.
fn plist_value(value: &Value) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                format!("<key>{}</key>\n{}\n", escaped(name), plist_value(value))
            });
            format!("<dict>\n{}</dict>", members.collect::<String>())
        }
        Value::Array(values) => {
            let values = values.iter().map(|value| plist_value(value) + "\n");
            format!("<array>\n{}</array>", values.collect::<String>())
        }
        Value::Bool(flag) => format!("<{flag}/>"),
        other => format!(
            "<string>{}</string>",
            escaped(other.as_str().unwrap_or_default())
        ),
    }
}
