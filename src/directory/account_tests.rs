//! Tests of what decides whether an account may sign in.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

type Raw<'a> = (&'a str, &'a [u8]);

/// An ordinary account of Active Directory.
const ENABLED: [Raw<'_>; 3] = [
    ("userAccountControl", b"512"),
    (COMPUTED_CONTROL, b"0"),
    ("accountExpires", b"9223372036854775807"),
];

/// 2026-11-23T00:00:00Z, a Monday.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_392_000)
}

/// An account with these, which win over what is ordinary.
fn account(changed: &[Raw<'_>]) -> Account {
    let mut account = Account::default();
    for (name, value) in ENABLED.iter().chain(changed) {
        account.reads(name, &[value.to_vec()]);
    }
    account
}

fn refusal(changed: &[Raw<'_>], judge: Judge) -> Option<AccountRefusal> {
    account(changed).refusal(now(), judge, true)
}

#[test]
fn an_ordinary_account_may_sign_in() {
    for judge in [Judge::Bind, Judge::Kdc, Judge::Nobody] {
        assert_eq!(refusal(&[], judge), None);
    }
}

#[test]
fn each_state_refuses_whoever_has_judged_before() {
    use AccountRefusal as R;
    let cases: [(Raw<'_>, R); 5] = [
        (("useraccountcontrol", b"514"), R::Disabled),
        (("msDS-UserAccountDisabled", b"TRUE"), R::Disabled),
        (("accountExpires", b"133000000000000000"), R::Expired),
        ((COMPUTED_CONTROL, b"16"), R::Locked),
        (("logonHours", &[0; 21]), R::LogonHours),
    ];
    for (raw, expected) in cases {
        for judge in [Judge::Bind, Judge::Kdc, Judge::Nobody] {
            assert_eq!(refusal(&[raw], judge), Some(expected), "{raw:?}");
        }
    }
    // userAccountControl's own 0x10 is never set by Active Directory.
    assert_eq!(
        refusal(&[("userAccountControl", b"528")], Judge::Nobody),
        None
    );
}

#[test]
fn passwords_and_workstations_count_where_nobody_else_has_looked() {
    use AccountRefusal as R;
    let expired: Raw<'_> = (COMPUTED_CONTROL, b"8388608");
    let of = |changed: &[Raw<'_>]| {
        [Judge::Bind, Judge::Kdc, Judge::Nobody].map(|judge| refusal(changed, judge))
    };
    let old = Some(R::PasswordExpired);
    assert_eq!(of(&[expired]), [None, old, old]);
    assert_eq!(
        of(&[expired, ("pwdLastSet", b"134398656000000000")]),
        [None, old, old]
    );
    let change = Some(R::PasswordChangeRequired);
    assert_eq!(of(&[expired, ("pwdLastSet", b"0")]), [None, change, change]);
    // Of an account whose password never expires.
    assert_eq!(of(&[("pwdLastSet", b"0")]), [None; 3]);
    let desk: Raw<'_> = ("userWorkstations", b"KIOSK1");
    assert_eq!(of(&[desk]), [None, None, Some(R::Workstation)]);
    assert_eq!(of(&[("userWorkstations", b" ")]), [None; 3]);
    // What a key may let pass hides nothing else.
    assert_eq!(of(&[expired, desk])[2], Some(R::Workstation));
}

#[test]
fn what_cannot_be_read_refuses_unless_a_bind_has_judged() {
    let names = ["userAccountControl", "accountExpires", COMPUTED_CONTROL];
    for name in names {
        let unreadable = Some(AccountRefusal::Unreadable(name));
        let mut missing = Account::default();
        for (other, value) in ENABLED.iter().filter(|(other, _)| *other != name) {
            missing.reads(other, &[value.to_vec()]);
        }
        assert_eq!(missing.refusal(now(), Judge::Kdc, true), unreadable);
        assert_eq!(missing.refusal(now(), Judge::Bind, true), None);
        assert_eq!(missing.refusal(now(), Judge::Kdc, false), None, "elsewhere");
        for odd in [&b"x"[..], b"", b"0x200", b"99999999999999999999", b"\xff"] {
            let odd = account(&[(name, odd)]);
            // In every directory: what is there and says nothing is worse than nothing.
            for strictly in [true, false] {
                assert_eq!(odd.refusal(now(), Judge::Nobody, strictly), unreadable);
            }
        }
    }
    let hours = refusal(&[("logonHours", b"\xff")], Judge::Nobody);
    assert_eq!(hours, Some(AccountRefusal::Unreadable("logonHours")));
}

#[test]
fn the_policies_of_other_directories() {
    use AccountRefusal as R;
    let cases: [(Raw<'_>, Option<R>); 11] = [
        (("pwdAccountLockedTime", b"000001010000Z"), Some(R::Locked)),
        (
            ("pwdaccountlockedtime", b"20261122000000Z"),
            Some(R::Locked),
        ),
        (("pwdReset", b"TRUE"), Some(R::PasswordChangeRequired)),
        (("pwdReset", b"FALSE"), None),
        (("pwdEndTime", b"20261123000000Z"), Some(R::Expired)),
        (("pwdEndTime", b"20261123000001Z"), None),
        (("pwdStartTime", b"20261123000001Z"), Some(R::Expired)),
        (("pwdStartTime", b"20261123000000Z"), None),
        (
            ("krbPrincipalExpiration", b"20200101000000Z"),
            Some(R::Expired),
        ),
        (("nsAccountLock", b"true"), Some(R::Disabled)),
        (("pwdEndTime", b"never"), Some(R::Unreadable("pwdEndTime"))),
    ];
    for ((name, value), expected) in cases {
        let mut account = Account::default();
        assert!(account.reads(name, &[value.to_vec()]), "{name} is hidden");
        assert_eq!(
            account.refusal(now(), Judge::Nobody, false),
            expected,
            "{name}"
        );
    }
    // A bind succeeds there, with a password that must be changed.
    let mut account = Account::default();
    account.reads("pwdReset", &[b"TRUE".to_vec()]);
    assert_eq!(
        account.refusal(now(), Judge::Bind, false),
        Some(R::PasswordChangeRequired)
    );
}
