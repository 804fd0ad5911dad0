//! The wall between C and Rust: no panic passes it, and nothing behind it is read unchecked.
//!
//! Pointers are tested for NULL and structs for their size; that a non-NULL pointer points to what
//! the header says is the caller's promise, here as everywhere in C.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::time::Duration;

use simpleipc::{Error, Result, Status};

use crate::error;
use crate::generated::{SIPC_OK, sipc_error, sipc_message, sipc_options, sipc_value};

/// Runs the body of a C function and turns its outcome into a status and an error object.
///
/// # Safety
/// `error` is NULL or points to a `sipc_error`.
#[inline(always)]
pub(crate) unsafe fn guard(error: *mut sipc_error, body: impl FnOnce() -> Result<()>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => SIPC_OK,
        // SAFETY: passed on from the caller.
        Ok(Err(failure)) => unsafe { report(error, &failure) },
        // SAFETY: as above.
        Err(_) => unsafe { report(error, &panicked()) },
    }
}

/// # Safety
/// As for `guard`.
#[inline]
unsafe fn report(error: *mut sipc_error, failure: &Error) -> i32 {
    if !error.is_null() {
        // SAFETY: passed on from the caller.
        unsafe { error::fill(error, failure) };
    }
    failure.status().code()
}

#[cold]
fn panicked() -> Error {
    let sentence = "a panic was caught inside SimpleIPC; please report it with its stderr text";
    Error::new(Status::Internal, sentence)
}

/// A struct of the C surface that begins with its size, so that it can grow at its end.
///
/// # Safety
/// The type is `repr(C)`, its first field is the `u32` size, and every bit pattern is valid.
pub(crate) unsafe trait Measured {
    const NAME: &'static str;
}

/// Copies a struct that has grown since its first version. What the caller's one has not got, is 0;
/// a larger one comes from a newer header, and its tail is ignored.
///
/// # Safety
/// `pointer` is NULL or points to a `T` whose `size` is set, or to the first `size` bytes of one.
pub(crate) unsafe fn grown<T: Measured>(pointer: *const T, first_size: usize) -> Result<T> {
    if pointer.is_null() || !pointer.is_aligned() {
        // SAFETY: passed on.
        return Err(unsafe { unfit(pointer) });
    }
    // SAFETY: not NULL, aligned, and `T: Measured` begins with its u32 size.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    if size < first_size {
        // SAFETY: passed on.
        return Err(unsafe { unfit(pointer) });
    }
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller has `size` bytes, the copy has room for those that are taken, and every
    // bit pattern is a valid `T`.
    unsafe {
        let taken = size.min(size_of::<T>());
        ptr::copy_nonoverlapping(pointer.cast::<u8>(), copy.as_mut_ptr().cast(), taken);
        Ok(copy.assume_init())
    }
}

// SAFETY: generated from spec/api.toml as repr(C) with `size` first; numbers and pointers only.
unsafe impl Measured for sipc_value {
    const NAME: &'static str = "sipc_value";
}
// SAFETY: as above.
unsafe impl Measured for sipc_message {
    const NAME: &'static str = "sipc_message";
}
// SAFETY: as above.
unsafe impl Measured for sipc_options {
    const NAME: &'static str = "sipc_options";
}

/// Checks a struct the caller passes. A larger one comes from a newer header: its tail is ignored.
///
/// # Safety
/// `pointer` is NULL or points to a `T` whose `size` is set.
#[inline(always)]
pub(crate) unsafe fn measured<T: Measured>(pointer: *const T) -> Result<*const T> {
    // SAFETY: not NULL, aligned, and `T: Measured` begins with its u32 size.
    let size = || unsafe { pointer.cast::<u32>().read() } as usize;
    if pointer.is_null() || !pointer.is_aligned() || size() < size_of::<T>() {
        // SAFETY: passed on.
        return Err(unsafe { unfit(pointer) });
    }
    Ok(pointer)
}

/// Why `measured` refuses a pointer.
///
/// # Safety
/// As for `measured`.
#[cold]
unsafe fn unfit<T: Measured>(pointer: *const T) -> Error {
    if pointer.is_null() {
        return missing(T::NAME);
    }
    if !pointer.is_aligned() {
        return misuse(format!("{} is not aligned: {pointer:p}", T::NAME));
    }
    // SAFETY: as above.
    let size = unsafe { pointer.cast::<u32>().read() };
    misuse(format!(
        "{0}.size is {size}, but a {0} has {1} bytes; set it to sizeof({0})",
        T::NAME,
        size_of::<T>(),
    ))
}

/// Refuses NULL, naming the argument.
#[inline(always)]
pub(crate) fn present<T>(pointer: *const T, what: &str) -> Result<()> {
    if pointer.is_null() {
        return Err(missing(what));
    }
    Ok(())
}

#[cold]
fn missing(what: &str) -> Error {
    misuse(format!("{what} is NULL"))
}

/// A NUL-terminated text of the caller; `status` is the answer if it is not UTF-8.
///
/// # Safety
/// `text` is NULL or points to a NUL-terminated text that outlives `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char, what: &str, status: Status) -> Result<&'a str> {
    present(text, what)?;
    // SAFETY: not NULL, and the caller promises the terminator.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes
        .to_str()
        .map_err(|_| Error::new(status, format!("{what} is not valid UTF-8")))
}

/// `len` bytes of the caller; NULL stands for none.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that outlive `'a`.
#[inline]
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: u64, what: &str) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    present(data, what)?;
    if len > isize::MAX as u64 {
        return Err(misuse(format!(
            "{what} has {len} bytes, more than memory can hold"
        )));
    }
    // SAFETY: not NULL, below isize::MAX, and the caller promises `len` readable bytes.
    Ok(unsafe { std::slice::from_raw_parts(data, len as usize) })
}

/// A `BAD_ARGUMENT` error.
pub(crate) fn misuse(sentence: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Status::BadArgument, sentence)
}

/// A time-out of the C surface: below 0 waits for ever, which is `None`.
#[inline(always)]
pub(crate) fn duration(timeout_ns: i64) -> Option<Duration> {
    u64::try_from(timeout_ns).ok().map(Duration::from_nanos)
}
