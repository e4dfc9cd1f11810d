//! What MIT's Kerberos library itself does: the second file with `unsafe`, since GSSAPI does not tell it.

#![expect(unsafe_code, reason = "the C library has no safe wrapper")]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_long, c_void},
    mem,
    path::Path,
    ptr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// `DEFAULT_CLOCKSKEW`.
pub(super) const USUAL_SKEW: Duration = Duration::from_mins(5);
/// `KRB5_KT_END`: no entry is left.
const END: i32 = -1_765_328_202;

/// `krb5_keytab_entry`.
#[repr(C)]
struct Entry {
    magic: i32,
    principal: *mut c_void,
    timestamp: i32,
    vno: u32,
    key: Key,
}

/// `krb5_keyblock`.
#[repr(C)]
struct Key {
    magic: i32,
    enctype: i32,
    length: u32,
    contents: *mut u8,
}

#[link(name = "krb5")]
unsafe extern "C" {
    // krb5.h
    fn krb5_init_context(context: *mut *mut c_void) -> i32;
    fn krb5_get_profile(context: *mut c_void, profile: *mut *mut c_void) -> i32;
    fn krb5_free_context(context: *mut c_void);
    fn krb5_kt_resolve(context: *mut c_void, name: *const c_char, keytab: *mut *mut c_void) -> i32;
    fn krb5_kt_start_seq_get(
        context: *mut c_void,
        keytab: *mut c_void,
        cursor: *mut *mut c_void,
    ) -> i32;
    fn krb5_kt_next_entry(
        context: *mut c_void,
        keytab: *mut c_void,
        entry: *mut Entry,
        cursor: *mut *mut c_void,
    ) -> i32;
    fn krb5_kt_end_seq_get(
        context: *mut c_void,
        keytab: *mut c_void,
        cursor: *mut *mut c_void,
    ) -> i32;
    fn krb5_kt_add_entry(context: *mut c_void, keytab: *mut c_void, entry: *mut Entry) -> i32;
    fn krb5_kt_close(context: *mut c_void, keytab: *mut c_void) -> i32;
    fn krb5_free_keytab_entry_contents(context: *mut c_void, entry: *mut Entry) -> i32;
    fn krb5_get_error_message(context: *mut c_void, code: i32) -> *const c_char;
    fn krb5_free_error_message(context: *mut c_void, message: *const c_char);
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

/// What the library said, in its words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Krb5Error(String);

/// The library's state. While one lives, what was read of krb5.conf stays in memory: every other context, of
/// which GSSAPI makes one a call, then only looks whether the file has changed, once a second.
pub(super) struct Context(*mut c_void);

// SAFETY: a context may be used by any thread, by one at a time; whoever calls with it has it for himself.
unsafe impl Send for Context {}

impl Context {
    /// # Errors
    /// When krb5.conf cannot be read, or is none.
    pub fn new() -> Result<Self, Krb5Error> {
        let mut context = ptr::null_mut();
        // SAFETY: the library makes the context, and ends it itself where it fails.
        match unsafe { krb5_init_context(&raw mut context) } {
            0 => Ok(Self(context)),
            code => Err(message(ptr::null_mut(), code)),
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: this is its one owner.
        unsafe { krb5_free_context(self.0) };
    }
}

/// `context` may be null.
fn message(context: *mut c_void, code: i32) -> Krb5Error {
    // SAFETY: the library makes a text that ends with NUL, also without a context, and frees it.
    unsafe {
        let text = krb5_get_error_message(context, code);
        let error = Krb5Error(CStr::from_ptr(text).to_string_lossy().into_owned());
        krb5_free_error_message(context, text);
        error
    }
}

/// How far apart the library lets a client's clock and this host's be: `clockskew` of krb5.conf, as the library
/// reads that file. `None` when it cannot; it accepts no token then either.
pub fn clock_skew() -> Option<Duration> {
    let usual = c_int::try_from(USUAL_SKEW.as_secs()).ok()?;
    let mut seconds = usual;
    let context = Context::new().ok()?;
    let mut profile = ptr::null_mut();
    // SAFETY: the profile is the library's own, used between the calls that make and end it; the names end with
    // NUL, and the last null pointer says that there is no third one.
    unsafe {
        if krb5_get_profile(context.0, &raw mut profile) != 0 {
            return None;
        }
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
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// A copy of a keytab file in the memory of this process: no login opens, locks and reads the file, whose disk
/// may be slow or gone. It ends with its last holder, who wipes the keys.
pub(super) struct MemoryKeytab {
    context: Context,
    keytab: *mut c_void,
    name: CString,
}

// SAFETY: nothing is called with it but at its end, and the library locks what is in a keytab.
unsafe impl Send for MemoryKeytab {}
// SAFETY: as above.
unsafe impl Sync for MemoryKeytab {}

impl MemoryKeytab {
    /// # Errors
    /// When the library cannot read the file.
    pub fn of_file(path: &Path) -> Result<Self, Krb5Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = text(format!("MEMORY:ad-edge-{number}"))?;
        let file = text(format!("FILE:{}", path.display()))?;
        let context = Context::new()?;
        let keytab = context.resolve(&name)?;
        let copy = Self {
            context,
            keytab,
            name,
        };
        copy.fill_from(&file)?;
        Ok(copy)
    }

    /// Under which name GSSAPI finds it.
    pub fn name(&self) -> &CStr {
        &self.name
    }

    fn fill_from(&self, file: &CStr) -> Result<(), Krb5Error> {
        let file = self.context.resolve(file)?;
        let read = self.context.entries(file);
        // SAFETY: the keytab was resolved above, and nothing uses it any more.
        unsafe { krb5_kt_close(self.context.0, file) };
        let mut entries = read?;
        // One that is added stands before those that are there: theirs is the file's order.
        let added = entries.iter_mut().rev().try_for_each(|entry| {
            // SAFETY: the library copies the entry, which is one of its own.
            let code = unsafe { krb5_kt_add_entry(self.context.0, self.keytab, entry) };
            self.context.check(code)
        });
        self.context.free(entries);
        added
    }
}

impl Drop for MemoryKeytab {
    fn drop(&mut self) {
        // SAFETY: this is the one owner of the handle, and its context is still there.
        unsafe { krb5_kt_close(self.context.0, self.keytab) };
    }
}

impl Context {
    fn resolve(&self, name: &CStr) -> Result<*mut c_void, Krb5Error> {
        let mut keytab = ptr::null_mut();
        // SAFETY: the library copies the name, and makes the handle.
        let code = unsafe { krb5_kt_resolve(self.0, name.as_ptr(), &raw mut keytab) };
        self.check(code).map(|()| keytab)
    }

    fn entries(&self, keytab: *mut c_void) -> Result<Vec<Entry>, Krb5Error> {
        let (mut entries, mut cursor) = (Vec::new(), ptr::null_mut());
        // SAFETY: the keytab is one of the library's; the cursor is used between the calls that make and end
        // it; an entry is whole where the call gives 0, and plain numbers and null pointers before.
        let code = unsafe {
            self.check(krb5_kt_start_seq_get(self.0, keytab, &raw mut cursor))?;
            let code = loop {
                let mut entry = mem::zeroed();
                match krb5_kt_next_entry(self.0, keytab, &raw mut entry, &raw mut cursor) {
                    0 => entries.push(entry),
                    code => break code,
                }
            };
            krb5_kt_end_seq_get(self.0, keytab, &raw mut cursor);
            code
        };
        if code == END {
            return Ok(entries);
        }
        self.free(entries);
        self.check(code).map(|()| Vec::new())
    }

    /// Wipes their keys, too.
    fn free(&self, entries: Vec<Entry>) {
        for mut entry in entries {
            // SAFETY: the library made what is in it, and nothing uses it any more.
            unsafe { krb5_free_keytab_entry_contents(self.0, &raw mut entry) };
        }
    }

    fn check(&self, code: i32) -> Result<(), Krb5Error> {
        match code {
            0 => Ok(()),
            code => Err(message(self.0, code)),
        }
    }
}

fn text(name: String) -> Result<CString, Krb5Error> {
    CString::new(name).map_err(|_| Krb5Error("its path holds a NUL byte".to_owned()))
}
