//! What MIT's Kerberos library itself does: the second file with `unsafe`, since GSSAPI does not tell it.

#![expect(unsafe_code, reason = "the C library has no safe wrapper")]

use std::{
    ffi::{c_char, c_int, c_long, c_void},
    ptr,
    time::Duration,
};

/// `DEFAULT_CLOCKSKEW`.
pub(super) const USUAL_SKEW: Duration = Duration::from_mins(5);

#[link(name = "krb5")]
unsafe extern "C" {
    // krb5.h
    fn krb5_init_context(context: *mut *mut c_void) -> i32;
    fn krb5_get_profile(context: *mut c_void, profile: *mut *mut c_void) -> i32;
    fn krb5_free_context(context: *mut c_void);
    // profile.h
    fn profile_get_integer(
        profile: *mut c_void,
        name: *const c_char,
        subname: *const c_char,
        subsubname: *const c_char,
        default: c_int,
        value: *mut c_int,
    ) -> c_long;
    fn profile_release(profile: *mut c_void);
}

/// How far apart the library lets a client's clock and this host's be: `clockskew` of krb5.conf, as the library
/// reads that file. `None` when it cannot; it accepts no token then either.
pub fn clock_skew() -> Option<Duration> {
    let usual = c_int::try_from(USUAL_SKEW.as_secs()).ok()?;
    let mut seconds = usual;
    let (mut context, mut profile) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: context and profile are the library's own, used between the calls that make and end them; the
    // names end with NUL, and the last null pointer says that there is no third one.
    unsafe {
        if krb5_init_context(&raw mut context) != 0 {
            return None;
        }
        let told = krb5_get_profile(context, &raw mut profile) == 0;
        if told {
            // What is no number counts as the usual, there as here.
            profile_get_integer(
                profile,
                c"libdefaults".as_ptr(),
                c"clockskew".as_ptr(),
                ptr::null(),
                usual,
                &raw mut seconds,
            );
            profile_release(profile);
        }
        krb5_free_context(context);
        if !told {
            return None;
        }
    }
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}
