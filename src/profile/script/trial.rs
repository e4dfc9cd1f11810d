//! A mapper is tried on typical users before anybody signs in by it: what it needs and cannot have is found now.

use std::time::Duration;

use super::{
    engine::{Engine, Failure},
    error::ScriptError,
    raw::Raw,
};

/// Tries both, and gives what is worth a word.
///
/// # Errors
/// When it needs what is not here.
pub(super) fn trial(engine: &Engine, limit: Duration) -> Result<Vec<String>, ScriptError> {
    engine.be_quiet();
    let mut warnings = Vec::new();
    let mut note = |warning: String| {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    let caught = |lacks: String| {
        format!("the profile mapper goes on without something that it asks for: {lacks}")
    };
    if let Some(lacks) = engine.lacks() {
        note(caught(lacks));
    }
    for raw in typical() {
        let made = engine.map(&raw, limit);
        match (made, engine.lacks()) {
            (Err(Failure::Lacking(why)), _) | (Err(Failure::Script(_)), Some(why)) => {
                return Err(ScriptError::Lacking(why));
            }
            (Err(Failure::Script(why)), None) => note(format!(
                "the profile mapper gives no profile of a typical user: {why}. Try it on a real one in the console"
            )),
            (Err(Failure::Stopped), _) => {
                note(format!(
                    "the profile mapper does not end within {:.1} s for a typical user",
                    limit.as_secs_f32()
                ));
                break;
            }
            (Ok(_), Some(lacks)) => note(caught(lacks)),
            (Ok(_), None) => {}
        }
    }
    Ok(warnings)
}

/// A user of Active Directory who has everything, several of what may be several; and one who has little, as a search
/// finds them.
fn typical() -> [Raw; 2] {
    let picture = vec![0xff, 0xd8, 0xff, 0xe0, 0, 0x10, b'J', b'F', b'I', b'F'];
    [
        Raw {
            text: FULL.to_owned(),
            pictures: vec![("thumbnailPhoto".to_owned(), picture)],
        },
        Raw {
            text: LITTLE.to_owned(),
            pictures: Vec::new(),
        },
    ]
}

const FULL: &str = r#"{
    "objectClass": ["top", "person", "organizationalPerson", "user"], "objectCategory": "CN=Person,CN=Schema",
    "cn": "Alice Example", "sn": "Example", "givenName": "Alice", "initials": "A", "displayName": "Alice Example",
    "name": "Alice Example", "description": "A user", "title": "Engineer", "department": "IT", "company": "Corp",
    "physicalDeliveryOfficeName": "Room 1", "telephoneNumber": "+49 30 123456", "mobile": "+49 170 1234567",
    "homePhone": "+49 30 654321", "facsimileTelephoneNumber": "+49 30 123457", "ipPhone": "1234", "pager": "1",
    "mail": "alice@corp.example", "mailNickname": "alice", "userPrincipalName": "alice@corp.example",
    "proxyAddresses": ["SMTP:alice@corp.example", "smtp:a@corp.example"], "otherTelephone": ["1", "2"],
    "sAMAccountName": "alice", "sAMAccountType": "805306368", "userAccountControl": "512", "primaryGroupID": "513",
    "memberOf": ["CN=Staff,OU=Groups,DC=corp,DC=example", "CN=app-role-admin,OU=Groups,DC=corp,DC=example"],
    "manager": "CN=Bob,OU=Staff,DC=corp,DC=example", "directReports": ["CN=Carol,OU=Staff,DC=corp,DC=example"],
    "employeeID": "4711", "employeeNumber": "4711", "employeeType": "internal", "division": "North",
    "streetAddress": "Street 1", "l": "Berlin", "st": "Berlin", "postalCode": "10115", "c": "DE", "co": "Germany",
    "countryCode": "276", "preferredLanguage": "de", "wWWHomePage": "https://corp.example/alice", "info": "none",
    "extensionAttribute1": "one", "extensionAttribute2": "two", "extensionAttribute3": "three",
    "extensionAttribute4": "four", "extensionAttribute5": "five", "extensionAttribute6": "six",
    "extensionAttribute7": "seven", "extensionAttribute8": "eight", "extensionAttribute9": "nine",
    "extensionAttribute10": "ten", "extensionAttribute11": "11", "extensionAttribute12": "12",
    "extensionAttribute13": "13", "extensionAttribute14": "14", "extensionAttribute15": "15",
    "objectGUID": "33323130-3534-3736-3839-616263646566", "objectSid": "S-1-5-21-1-2-3-1104", "uid": "alice",
    "uidNumber": "10001", "gidNumber": "10000", "homeDirectory": "\\\\files\\alice", "homeDrive": "H:",
    "scriptPath": "logon.cmd", "profilePath": "\\\\files\\profiles\\alice", "msDS-PrincipalName": "CORP\\alice",
    "whenCreated": "20200101000000.0Z", "whenChanged": "20260101000000.0Z", "pwdLastSet": "133000000000000000",
    "lastLogon": "133000000000000000", "lastLogonTimestamp": "133000000000000000", "badPwdCount": "0",
    "accountExpires": "9223372036854775807", "logonCount": "7", "instanceType": "4", "codePage": "0",
    "distinguishedName": "CN=Alice Example,OU=Staff,DC=corp,DC=example",
    "dn": "CN=Alice Example,OU=Staff,DC=corp,DC=example",
    "organizationUnits": "CN=Alice Example,OU=Staff,DC=corp,DC=example", "groups": ["Staff", "app-role-admin"]
}"#;

const LITTLE: &str = r#"{
    "objectClass": ["top", "person", "organizationalPerson", "user"], "cn": "bob", "name": "bob",
    "sAMAccountName": "bob", "sAMAccountType": "805306368", "userAccountControl": "512", "primaryGroupID": "513",
    "memberOf": "CN=Staff,OU=Groups,DC=corp,DC=example", "userPrincipalName": "bob@corp.example",
    "objectGUID": "33323130-3534-3736-3839-616263646567", "objectSid": "S-1-5-21-1-2-3-1105",
    "distinguishedName": "CN=bob,OU=Staff,DC=corp,DC=example",
    "dn": "CN=bob,OU=Staff,DC=corp,DC=example",
    "organizationUnits": "CN=bob,OU=Staff,DC=corp,DC=example"
}"#;
