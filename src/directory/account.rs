//! Whether an account may sign in, by the attributes that Active Directory keeps about it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds from 1601-01-01, where FILETIME begins, to 1970-01-01.
const FILETIME_TO_UNIX: i128 = 11_644_473_600;
/// FILETIME counts steps of 100 nanoseconds.
const STEPS_PER_SECOND: i128 = 10_000_000;
/// `ADS_UF_ACCOUNTDISABLE` in userAccountControl.
const DISABLED: i64 = 0x2;
/// `ADS_UF_LOCKOUT` in msDS-User-Account-Control-Computed, which knows when a lockout has run out.
const LOCKED: i64 = 0x10;

/// Why an account may not sign in, whatever the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    #[error("the account is disabled; enable it in the directory")]
    Disabled,
    #[error("the account has expired; set a later end date in the directory")]
    Expired,
    #[error("the account is locked; unlock it in the directory or wait until the lockout ends")]
    Locked,
}

/// The attributes that decide, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// userAccountControl.
    pub control: i64,
    /// msDS-User-Account-Control-Computed.
    pub computed: i64,
    /// accountExpires, a FILETIME.
    pub expires: i64,
}

impl Account {
    pub fn refusal(&self, now: SystemTime) -> Option<AccountRefusal> {
        if self.control & DISABLED != 0 {
            Some(AccountRefusal::Disabled)
        } else if self.has_expired(now) {
            Some(AccountRefusal::Expired)
        } else if self.computed & LOCKED != 0 {
            Some(AccountRefusal::Locked)
        } else {
            None
        }
    }

    fn has_expired(&self, now: SystemTime) -> bool {
        // Both values mean "never" ([MS-ADA1] 2.3).
        if self.expires == 0 || self.expires == i64::MAX {
            return false;
        }
        let steps = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => {
                i128::from(after.as_secs()) * STEPS_PER_SECOND
                    + i128::from(after.subsec_nanos()) / 100
            }
            Err(before) => -i128::from(before.duration().as_secs()) * STEPS_PER_SECOND,
        };
        i128::from(self.expires) <= steps + FILETIME_TO_UNIX * STEPS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// 2026-11-23T00:00:00Z, and the same instant as FILETIME.
    const UNIX: u64 = 1_795_392_000;
    const FILETIME: i64 = 134_398_656_000_000_000;

    fn refusal(account: &Account) -> Option<AccountRefusal> {
        account.refusal(UNIX_EPOCH + Duration::from_secs(UNIX))
    }

    #[test]
    fn expires_at_its_instant() {
        let at = |expires| {
            refusal(&Account {
                expires,
                ..Account::default()
            })
        };
        assert_eq!(at(FILETIME), Some(AccountRefusal::Expired));
        assert_eq!(at(FILETIME + 1), None);
        assert_eq!(at(FILETIME - 1), Some(AccountRefusal::Expired));
        assert_eq!(at(1), Some(AccountRefusal::Expired), "long ago");
        assert_eq!(at(0), None, "never");
        assert_eq!(at(i64::MAX), None, "never");
    }

    #[test]
    fn flags_refuse() {
        let account = Account {
            control: 0x202,
            ..Account::default()
        };
        assert_eq!(refusal(&account), Some(AccountRefusal::Disabled));
        let account = Account {
            control: 0x200,
            computed: 0x10,
            ..Account::default()
        };
        assert_eq!(refusal(&account), Some(AccountRefusal::Locked));
        // userAccountControl's own 0x10 is never set by AD; an expired password (0x800000) is no lockout.
        let account = Account {
            control: 0x210,
            computed: 0x80_0000,
            ..Account::default()
        };
        assert_eq!(refusal(&account), None);
    }
}
