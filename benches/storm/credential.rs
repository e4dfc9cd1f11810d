//! Credentials from named caches: libgssapi offers no safe call for `gss_acquire_cred_from` (MIT's
//! `gssapi_ext.h`), and the environment names only one cache.

#![expect(
    unsafe_code,
    reason = "one call of the C library that has no safe wrapper"
)]

use std::{error::Error as StdError, ffi::CString, path::Path, ptr};

use libgssapi::{
    credential::{Cred, CredUsage},
    error::{Error, MajorFlags},
    oid::OidSet,
};
use libgssapi_sys::{
    GSS_C_INITIATE, GSS_S_COMPLETE, gss_acquire_cred_from, gss_cred_id_t,
    gss_key_value_element_desc, gss_key_value_set_desc,
};

/// The user of the cache that the environment names (`KRB5CCNAME`).
pub fn of_environment() -> Result<Cred, Error> {
    Cred::acquire(None, None, CredUsage::Initiate, None::<&OidSet>)
}

/// The user whose tickets lie in this file.
pub fn of_file(cache: &Path) -> Result<Cred, Box<dyn StdError>> {
    let cache = CString::new(format!("FILE:{}", cache.display()))?;
    let mut element = gss_key_value_element_desc {
        key: c"ccache".as_ptr(),
        value: cache.as_ptr(),
    };
    let store = gss_key_value_set_desc {
        count: 1,
        elements: &raw mut element,
    };
    let mut minor = 0;
    let mut cred: gss_cred_id_t = ptr::null_mut();
    // SAFETY: `store`, its element and its strings outlive the call, which copies what it keeps; the
    // null pointers stand for "any name", "default mechanisms" and results that are not wanted (RFC
    // 2744, section 5.2).
    let major = unsafe {
        gss_acquire_cred_from(
            &raw mut minor,
            ptr::null_mut(),
            u32::MAX,
            ptr::null_mut(),
            GSS_C_INITIATE.cast_signed(),
            &raw const store,
            &raw mut cred,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if major != GSS_S_COMPLETE {
        return Err(Box::new(Error {
            major: MajorFlags::from_bits_retain(major),
            minor,
        }));
    }
    // SAFETY: the call succeeded, so `cred` is a credential handle that nobody else owns.
    Ok(unsafe { Cred::from_c(cred) })
}
