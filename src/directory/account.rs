//! Whether an account may sign in, by the attributes that directories keep about it.

use std::time::SystemTime;

use time::OffsetDateTime;

use super::{
    account_time::{LogonHours, filetime_has_passed, generalized_time},
    wanted::{
        COMPUTED_CONTROL, NS_ACCOUNT_LOCK, POLICY, PWD_ACCOUNT_LOCKED_TIME, PWD_RESET,
        PWD_START_TIME,
    },
};

/// `ADS_UF_ACCOUNTDISABLE` in userAccountControl.
const DISABLED: i64 = 0x2;
/// `ADS_UF_LOCKOUT` in msDS-User-Account-Control-Computed, which knows when a lockout has run out
/// ([MS-ADTS] 3.1.1.4.5.17).
const LOCKED: i64 = 0x10;
/// `ADS_UF_PASSWORD_EXPIRED` there: the password is too old, or must be changed. Never of accounts whose
/// password does not expire, or that sign in by smart card alone.
const PASSWORD_EXPIRED: i64 = 0x80_0000;

/// Why an account may not sign in, whatever the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    #[error("the account is disabled; enable it in the directory")]
    Disabled,
    #[error("the account has expired, or is not valid yet; set other dates in the directory")]
    Expired,
    #[error("the account is locked; unlock it in the directory or wait until the lockout ends")]
    Locked,
    #[error("the account may not sign in at this hour (logonHours)")]
    LogonHours,
    #[error(
        "the account may sign in at some workstations only (userWorkstations), and this is none of them"
    )]
    Workstation,
    #[error("a restriction of the account, or a policy of the domain for it, forbids this login")]
    Restricted,
    #[error("the password has expired; the user must choose a new one")]
    PasswordExpired,
    #[error("the user must choose a new password before the first login")]
    PasswordChangeRequired,
    #[error(
        "the service account cannot read {0} of this account, so nothing tells whether it may sign in: let \
         it read the account restrictions of users, and do not ask a global catalog (ports 3268, 3269), \
         which lacks some"
    )]
    Unreadable(&'static str),
}

/// Who has looked at the account before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// A server of the directory, which took the password.
    Bind,
    /// The KDC, when it gave a ticket: that may be hours ago.
    Kdc,
    Nobody,
}

/// What a whole number was in the entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Number {
    /// Not there, or not to be read.
    #[default]
    Absent,
    /// There, and no number.
    Odd,
    Is(i64),
}

/// The attributes that decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// userAccountControl.
    control: Number,
    /// msDS-User-Account-Control-Computed.
    computed: Number,
    /// accountExpires, a FILETIME.
    expires: Number,
    /// pwdLastSet, a FILETIME.
    password_set: Number,
    hours: LogonHours,
    /// Whether userWorkstations names any.
    workstations: bool,
    policy: Policy,
}

/// What directories other than Active Directory keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Policy {
    /// nsAccountLock (389 Directory Server, FreeIPA), msDS-UserAccountDisabled (AD LDS).
    disabled: bool,
    /// pwdAccountLockedTime: for good or for a time that the policy says; there as long as no right bind or
    /// administrator has ended it (draft-behera-ldap-password-policy-11, 5.3.3).
    locked: bool,
    /// pwdReset.
    reset: bool,
    /// pwdStartTime.
    starts: Option<OffsetDateTime>,
    /// pwdEndTime, krbPrincipalExpiration (FreeIPA).
    ends: Option<OffsetDateTime>,
    /// One of these whose value is no time.
    odd: Option<&'static str>,
}

impl Account {
    /// Takes an attribute that decides; whether it is shown to nobody else.
    pub fn reads(&mut self, name: &str, values: &[Vec<u8>]) -> bool {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let Some(value) = values.first() else {
            return false;
        };
        if is("userAccountControl") {
            self.control = Number::read(value);
        } else if is("accountExpires") {
            self.expires = Number::read(value);
        } else if is("pwdLastSet") {
            self.password_set = Number::read(value);
        } else if is("logonHours") {
            self.hours = LogonHours::read(value);
        } else if is("userWorkstations") {
            self.workstations = !value.trim_ascii().is_empty();
        } else if is("msDS-UserAccountDisabled") {
            self.policy.disabled |= is_true(value);
        } else if is(COMPUTED_CONTROL) {
            self.computed = Number::read(value);
            return true;
        } else {
            return self.policy.reads(name, value);
        }
        false
    }

    /// Why this account may not sign in at `now`, if so. `strictly`: as an account of Active Directory, which
    /// has all that is asked for.
    pub fn refusal(&self, now: SystemTime, judge: Judge, strictly: bool) -> Option<AccountRefusal> {
        let unreadable = if judge == Judge::Bind {
            None
        } else {
            self.unreadable(strictly)
        };
        unreadable.or_else(|| self.forbidden(now, judge))
    }

    /// Of what every account of Active Directory has, that which is not there.
    pub fn unseen(&self) -> impl Iterator<Item = &'static str> {
        let numbers = self.numbers().into_iter();
        numbers
            .filter(|(_, number)| *number == Number::Absent)
            .map(|(name, _)| name)
    }

    fn numbers(&self) -> [(&'static str, Number); 3] {
        [
            ("userAccountControl", self.control),
            ("accountExpires", self.expires),
            (COMPUTED_CONTROL, self.computed),
        ]
    }

    fn unreadable(&self, strictly: bool) -> Option<AccountRefusal> {
        let odd = |(name, number)| (number == Number::Odd).then_some(name);
        let odd = self.numbers().into_iter().find_map(odd);
        let odd_hours = (self.hours == LogonHours::Odd).then_some("logonHours");
        odd.or_else(|| self.unseen().next().filter(|_| strictly))
            .or(odd_hours)
            .or(self.policy.odd)
            .map(AccountRefusal::Unreadable)
    }

    /// Those about the password come last: a key may let them pass.
    fn forbidden(&self, now: SystemTime, judge: Judge) -> Option<AccountRefusal> {
        let (control, computed) = (self.control.or_zero(), self.computed.or_zero());
        let policy = &self.policy;
        let time = OffsetDateTime::from(now);
        let outside = policy.starts.is_some_and(|starts| time < starts)
            || policy.ends.is_some_and(|ends| ends <= time);
        if control & DISABLED != 0 || policy.disabled {
            Some(AccountRefusal::Disabled)
        } else if filetime_has_passed(self.expires.or_zero(), now) || outside {
            Some(AccountRefusal::Expired)
        } else if computed & LOCKED != 0 || policy.locked {
            Some(AccountRefusal::Locked)
        } else if !self.hours.allow(time) {
            Some(AccountRefusal::LogonHours)
        } else if self.workstations && judge == Judge::Nobody {
            Some(AccountRefusal::Workstation)
        } else if policy.reset {
            Some(AccountRefusal::PasswordChangeRequired)
        } else if computed & PASSWORD_EXPIRED == 0 || judge == Judge::Bind {
            None
        } else if self.password_set == Number::Is(0) {
            Some(AccountRefusal::PasswordChangeRequired)
        } else {
            Some(AccountRefusal::PasswordExpired)
        }
    }
}

impl Policy {
    /// Takes an attribute that a search asks for by its name; it is shown to nobody else.
    fn reads(&mut self, name: &str, value: &[u8]) -> bool {
        let Some(known) = POLICY.iter().find(|known| name.eq_ignore_ascii_case(known)) else {
            return false;
        };
        match *known {
            NS_ACCOUNT_LOCK => self.disabled |= is_true(value),
            PWD_ACCOUNT_LOCKED_TIME => self.locked = true,
            PWD_RESET => self.reset = is_true(value),
            time => match generalized_time(&String::from_utf8_lossy(value)) {
                Some(starts) if time == PWD_START_TIME => self.starts = Some(starts),
                Some(end) => self.ends = Some(self.ends.map_or(end, |ends| ends.min(end))),
                None => self.odd = Some(time),
            },
        }
        true
    }
}

impl Number {
    fn read(value: &[u8]) -> Self {
        let text = std::str::from_utf8(value).ok();
        let number = text.and_then(|text| text.trim().parse().ok());
        number.map_or(Self::Odd, Self::Is)
    }

    fn or_zero(self) -> i64 {
        match self {
            Self::Is(number) => number,
            Self::Absent | Self::Odd => 0,
        }
    }
}

/// A Boolean (RFC 4517, section 3.3.3).
fn is_true(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"TRUE")
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
