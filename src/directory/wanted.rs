//! Which attributes a search for users asks for.

use super::identity;

/// Constructed, so that `*` leaves it out; never shown to mappers, as what follows.
pub(super) const COMPUTED_CONTROL: &str = "msDS-User-Account-Control-Computed";
/// Operational attributes about an account in other directories: those of draft-behera-ldap-password-policy-11,
/// which OpenLDAP's overlay ppolicy keeps, and of 389 Directory Server and FreeIPA.
pub(super) const PWD_ACCOUNT_LOCKED_TIME: &str = "pwdAccountLockedTime";
pub(super) const PWD_RESET: &str = "pwdReset";
pub(super) const PWD_START_TIME: &str = "pwdStartTime";
const PWD_END_TIME: &str = "pwdEndTime";
pub(super) const NS_ACCOUNT_LOCK: &str = "nsAccountLock";
const KRB_PRINCIPAL_EXPIRATION: &str = "krbPrincipalExpiration";
pub(super) const POLICY: [&str; 6] = [
    PWD_ACCOUNT_LOCKED_TIME,
    PWD_RESET,
    PWD_START_TIME,
    PWD_END_TIME,
    NS_ACCOUNT_LOCK,
    KRB_PRINCIPAL_EXPIRATION,
];

/// All that a user has, and what `*` leaves out: in Active Directory, and elsewhere.
const ACTIVE_DIRECTORY: [&str; 2] = ["*", COMPUTED_CONTROL];
const OTHER: [&str; 11] = [
    "*",
    COMPUTED_CONTROL,
    identity::OPERATIONAL[0],
    identity::OPERATIONAL[1],
    identity::CREATED,
    PWD_ACCOUNT_LOCKED_TIME,
    PWD_RESET,
    PWD_START_TIME,
    PWD_END_TIME,
    NS_ACCOUNT_LOCK,
    KRB_PRINCIPAL_EXPIRATION,
];

pub(super) fn of_users(is_active_directory: bool) -> &'static [&'static str] {
    if is_active_directory {
        &ACTIVE_DIRECTORY
    } else {
        &OTHER
    }
}
