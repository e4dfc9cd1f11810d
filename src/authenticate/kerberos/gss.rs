//! The file with `unsafe` for GSSAPI: calls of which libgssapi has no safe wrapper.
//!
//! Credentials from a keytab and from a credential cache without environment variables
//! (`gss_acquire_cred_from`), and an acceptance that gives the client's name out with what its ticket says
//! of the account (`gss_get_name_attribute`, RFC 6680): libgssapi keeps the handles of both to itself. MIT's
//! `gssapi_ext.h` declares the calls.

#![expect(
    unsafe_code,
    reason = "calls of the C library that have no safe wrapper"
)]

use std::{
    ffi::{CStr, CString, NulError},
    path::Path,
    ptr, slice,
};

use libgssapi::{
    credential::Cred,
    error::{Error, MajorFlags},
};
use libgssapi_sys::{
    GSS_C_ACCEPT, GSS_C_INITIATE, GSS_S_COMPLETE, gss_accept_sec_context, gss_acquire_cred_from,
    gss_buffer_desc, gss_channel_bindings_struct, gss_cred_id_t, gss_ctx_id_t,
    gss_delete_sec_context, gss_display_name, gss_get_name_attribute, gss_inquire_context,
    gss_key_value_element_desc, gss_key_value_set_desc, gss_name_t, gss_release_buffer,
    gss_release_cred, gss_release_name,
};

use super::krb5::{Krb5Error, MemoryKeytab};

/// The whole PAC of the ticket, as its issuer wrote it.
const PAC: &CStr = c"urn:mspac:";

/// `GSS_S_CONTINUE_NEEDED`: no error, and not the end.
const CONTINUE_NEEDED: u32 = 1;
/// What is an error of a major status (RFC 2744, section 3.9.1).
const ERRORS: u32 = 0xffff_0000;
/// `GSS_S_UNAVAILABLE`, a routine error.
const UNAVAILABLE: u32 = 16 << 16;

/// Why no credential could be had.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    #[error("the path of the credential cache holds a NUL byte")]
    Path(#[from] NulError),
    #[error("{0}")]
    Keytab(#[from] Krb5Error),
    #[error("{0}")]
    Gss(Error),
}

/// Accepts tickets with the keys of a keytab.
pub(super) struct Credential {
    handle: gss_cred_id_t,
    _keys: MemoryKeytab,
}

// SAFETY: MIT locks a credential in each call that takes one; RFC 2744 and its documentation allow the use
// by several threads at a time.
unsafe impl Send for Credential {}
// SAFETY: as above.
unsafe impl Sync for Credential {}

impl Drop for Credential {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: this is the one owner of the handle.
        unsafe { gss_release_cred(&raw mut minor, &raw mut self.handle) };
    }
}

/// A credential that accepts tickets for every principal of `keytab`.
///
/// MIT's replay cache is switched off for it: it is one locked file per user id, shared by all
/// instances of a machine. `replay` takes its place.
pub(super) fn credential_of_keytab(keytab: &Path) -> Result<Credential, AcquireError> {
    let keys = MemoryKeytab::of_file(keytab)?;
    let store = [(c"keytab", keys.name()), (c"rcache", c"none:")];
    let handle = acquire(&store, GSS_C_ACCEPT)?;
    Ok(Credential {
        handle,
        _keys: keys,
    })
}

/// The credential of the user whose tickets are in this file, to ask for service tickets with.
///
/// # Errors
/// When it cannot be had.
pub fn credential_of_cache(cache: &Path) -> Result<Cred, AcquireError> {
    let cache = CString::new(format!("FILE:{}", cache.display()))?;
    let cred = acquire(&[(c"ccache", cache.as_c_str())], GSS_C_INITIATE)?;
    // SAFETY: `cred` is a credential handle that nobody else owns.
    Ok(unsafe { Cred::from_c(cred) })
}

fn acquire(store: &[(&CStr, &CStr)], usage: u32) -> Result<gss_cred_id_t, AcquireError> {
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
    if major == GSS_S_COMPLETE {
        Ok(cred)
    } else {
        Err(AcquireError::Gss(error(major, minor)))
    }
}

/// An exchange after its first token.
pub(super) struct Exchange {
    /// Whether no further token is needed: only then is the client proved.
    pub complete: bool,
    /// The context's flags (RFC 2744, section 5.19).
    pub flags: u32,
    pub client: Name,
    /// Whose key opened the ticket, where it was asked for.
    pub opened_by: Name,
    response: Buffer,
}

impl Exchange {
    /// What goes back to the client, if anything does.
    pub fn response(&self) -> Option<&[u8]> {
        Some(self.response.bytes()).filter(|bytes| !bytes.is_empty())
    }
}

/// Accepts the first token of an exchange; `ask_whose_key` costs a little.
///
/// # Errors
/// Those of `gss_accept_sec_context`.
pub(super) fn accept(
    credential: &Credential,
    token: &[u8],
    bindings: Option<&[u8]>,
    ask_whose_key: bool,
) -> Result<Exchange, Error> {
    let mut context: gss_ctx_id_t = ptr::null_mut();
    let mut token = borrowed(token);
    let empty = || borrowed(&[]);
    let mut bound = gss_channel_bindings_struct {
        initiator_addrtype: 0,
        initiator_address: empty(),
        acceptor_addrtype: 0,
        acceptor_address: empty(),
        application_data: borrowed(bindings.unwrap_or_default()),
    };
    let mut exchange = Exchange {
        complete: false,
        flags: 0,
        client: Name(ptr::null_mut()),
        opened_by: Name(ptr::null_mut()),
        response: Buffer(empty()),
    };
    let mut minor = 0;
    // SAFETY: everything that is pointed to outlives the call. The library only reads token and bindings,
    // and makes context, names and response, which are each released once. A null pointer says that there
    // are no bindings, or that a result is not wanted: mechanism, lifetime, delegated credential.
    let major = unsafe {
        let major = gss_accept_sec_context(
            &raw mut minor,
            &raw mut context,
            credential.handle,
            &raw mut token,
            if bindings.is_some() {
                &raw mut bound
            } else {
                ptr::null_mut()
            },
            &raw mut exchange.client.0,
            ptr::null_mut(),
            &raw mut exchange.response.0,
            &raw mut exchange.flags,
            ptr::null_mut(),
            ptr::null_mut(),
        );
        if !context.is_null() {
            let mut minor = 0;
            if ask_whose_key {
                // A failure leaves no name, and none is nobody's.
                gss_inquire_context(
                    &raw mut minor,
                    context,
                    ptr::null_mut(),
                    &raw mut exchange.opened_by.0,
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                );
            }
            gss_delete_sec_context(&raw mut minor, &raw mut context, ptr::null_mut());
        }
        major
    };
    if major & ERRORS != 0 {
        return Err(error(major, minor));
    }
    exchange.complete = major & CONTINUE_NEEDED == 0;
    Ok(exchange)
}

/// A name that GSSAPI knows.
pub(super) struct Name(gss_name_t);

impl Name {
    /// As text (RFC 2744, section 5.10).
    ///
    /// # Errors
    /// When the library has none.
    pub fn display(&self) -> Result<String, Error> {
        let mut text = Buffer(borrowed(&[]));
        let mut minor = 0;
        // SAFETY: the name is one of the library's, or null, which it refuses; it makes the text.
        let major =
            unsafe { gss_display_name(&raw mut minor, self.0, &raw mut text.0, ptr::null_mut()) };
        if major == GSS_S_COMPLETE {
            Ok(String::from_utf8_lossy(text.bytes()).into_owned())
        } else {
            Err(error(major, minor))
        }
    }

    /// The PAC of its ticket; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and the library does not give it out.
    pub fn pac(&self) -> Result<Option<PacBytes>, Error> {
        let mut attribute = borrowed(PAC.to_bytes());
        let mut pac = PacBytes {
            verified: false,
            bytes: Buffer(borrowed(&[])),
        };
        // -1: the first value (RFC 6680, section 7.5).
        let (mut authenticated, mut complete, mut more, mut minor) = (0, 0, -1, 0);
        // SAFETY: the name is one of the library's, or null, which it refuses; it reads the attribute's
        // name and makes the value. A null pointer says that the value is not wanted for display.
        let major = unsafe {
            gss_get_name_attribute(
                &raw mut minor,
                self.0,
                &raw mut attribute,
                &raw mut authenticated,
                &raw mut complete,
                &raw mut pac.bytes.0,
                ptr::null_mut(),
                &raw mut more,
            )
        };
        if major & ERRORS == UNAVAILABLE {
            return Ok(None);
        }
        if major != GSS_S_COMPLETE {
            return Err(error(major, minor));
        }
        pac.verified = authenticated != 0;
        Ok(Some(pac))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut minor = 0;
            // SAFETY: this is the one owner of the handle.
            unsafe { gss_release_name(&raw mut minor, &raw mut self.0) };
        }
    }
}

/// A PAC ([MS-PAC] 2.3).
pub(super) struct PacBytes {
    /// Whether the library has found it signed with the service's key, and for this client and ticket.
    pub verified: bool,
    bytes: Buffer,
}

impl PacBytes {
    pub fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

/// Bytes that the library made.
struct Buffer(gss_buffer_desc);

impl Buffer {
    fn bytes(&self) -> &[u8] {
        if self.0.value.is_null() {
            return &[];
        }
        // SAFETY: the library says that so many bytes are there, and they stay until they are released.
        unsafe { slice::from_raw_parts(self.0.value.cast(), self.0.length) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.0.value.is_null() {
            let mut minor = 0;
            // SAFETY: the bytes are the library's, and this is their one owner.
            unsafe { gss_release_buffer(&raw mut minor, &raw mut self.0) };
        }
    }
}

/// Bytes of ours, for the library to read; none is a null pointer.
fn borrowed(bytes: &[u8]) -> gss_buffer_desc {
    gss_buffer_desc {
        length: bytes.len(),
        value: if bytes.is_empty() {
            ptr::null_mut()
        } else {
            bytes.as_ptr().cast_mut().cast()
        },
    }
}

fn error(major: u32, minor: u32) -> Error {
    Error {
        major: MajorFlags::from_bits_retain(major),
        minor,
    }
}
