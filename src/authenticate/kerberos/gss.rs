//! The one file with `unsafe`: credentials from a keytab and from a credential cache, without
//! environment variables.
//!
//! libgssapi offers no safe call for `gss_acquire_cred_from` (MIT's `gssapi_ext.h`).

#![expect(
    unsafe_code,
    reason = "one call of the C library that has no safe wrapper"
)]

use std::{
    ffi::{CStr, CString, NulError},
    path::Path,
    ptr,
};

use libgssapi::{
    credential::Cred,
    error::{Error, MajorFlags},
};
use libgssapi_sys::{
    GSS_C_ACCEPT, GSS_C_INITIATE, GSS_S_COMPLETE, gss_acquire_cred_from, gss_cred_id_t,
    gss_key_value_element_desc, gss_key_value_set_desc,
};

/// Why no credential could be had.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    #[error("the path of the keytab or credential cache holds a NUL byte")]
    Path(#[from] NulError),
    #[error("{0}")]
    Gss(Error),
}

/// A credential that accepts tickets for every principal of `keytab`.
///
/// MIT's replay cache is switched off for it: it is one locked file per user id, shared by all
/// instances of a machine. `replay` takes its place.
pub(super) fn credential_of_keytab(keytab: &Path) -> Result<Cred, AcquireError> {
    let keytab = file(keytab)?;
    acquire(
        &[(c"keytab", keytab.as_c_str()), (c"rcache", c"none:")],
        GSS_C_ACCEPT,
    )
}

/// The credential of the user whose tickets are in this file, to ask for service tickets with.
///
/// # Errors
/// When it cannot be had.
pub fn credential_of_cache(cache: &Path) -> Result<Cred, AcquireError> {
    acquire(&[(c"ccache", file(cache)?.as_c_str())], GSS_C_INITIATE)
}

fn file(path: &Path) -> Result<CString, NulError> {
    CString::new(format!("FILE:{}", path.display()))
}

fn acquire(store: &[(&CStr, &CStr)], usage: u32) -> Result<Cred, AcquireError> {
    let mut elements: Vec<_> = store
        .iter()
        .map(|(key, value)| gss_key_value_element_desc {
            key: key.as_ptr(),
            value: value.as_ptr(),
        })
        .collect();
    let count = u32::try_from(elements.len()).unwrap_or_default();
    let store = gss_key_value_set_desc {
        count,
        elements: elements.as_mut_ptr(),
    };
    let mut minor = 0;
    let mut cred: gss_cred_id_t = ptr::null_mut();
    // SAFETY: `store`, its elements and their strings outlive the call, which copies what it keeps;
    // the null pointers mean "any name", "default mechanisms" and results that are not wanted
    // (RFC 2744, section 5.2).
    let major = unsafe {
        gss_acquire_cred_from(
            &raw mut minor,
            ptr::null_mut(),
            u32::MAX,
            ptr::null_mut(),
            usage.cast_signed(),
            &raw const store,
            &raw mut cred,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if major != GSS_S_COMPLETE {
        return Err(AcquireError::Gss(Error {
            major: MajorFlags::from_bits_retain(major),
            minor,
        }));
    }
    // SAFETY: the call succeeded, so `cred` is a credential handle that nobody else owns.
    Ok(unsafe { Cred::from_c(cred) })
}
