//! The caller's `sipc_error`: filled by a failing call, untouched by a successful one.

use std::ffi::c_char;

use simpleipc::Error;

use crate::generated::sipc_error;

/// Writes an error into the caller's object. An object whose size is not set cannot hold one and is
/// left alone: the status alone must do then.
///
/// # Safety
/// `object` is NULL or points to a `sipc_error`.
pub(crate) unsafe fn fill(object: *mut sipc_error, error: &Error) {
    if object.is_null() || !object.is_aligned() {
        return;
    }
    // SAFETY: not NULL; the caller promises a sipc_error.
    let object = unsafe { &mut *object };
    if (object.size as usize) < size_of::<sipc_error>() {
        return;
    }
    object.status = error.status().code();
    object.os_code = error.os_code();
    object.reserved = 0;
    copy_text(&mut object.message, &error.to_string());
}

/// Copies as much of a text as fits before the terminator, never half a character.
fn copy_text(to: &mut [c_char], text: &str) {
    let mut end = text.len().min(to.len() - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    for (to, from) in to.iter_mut().zip(text[..end].bytes()) {
        *to = from as c_char;
    }
    to[end] = 0;
}
