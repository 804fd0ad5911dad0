//! Who is on a channel, and who this process says it is.

use std::ffi::CString;

use pyo3::prelude::*;

use crate::channel::{Options, directory_text, name_text};
use crate::failure::Report;
use crate::message::{Message, Room};

/// A message that holds a list of those who have a channel open.
#[pyfunction]
pub(crate) fn peers(
    name: &Bound<'_, PyAny>,
    directory: Option<&Bound<'_, PyAny>>,
) -> PyResult<Message> {
    let (py, name) = (name.py(), name_text(name)?);
    let options = Options {
        directory: directory.map(directory_text).transpose()?,
        ..Options::default()
    };
    let mut room = Room::new();
    let mut report = Report::new();
    // SAFETY: a terminated text, options that outlive the call, outputs in this frame.
    let status = unsafe {
        let (to, error) = (room.as_mut_ptr(), report.as_mut_ptr());
        capi::sipc_peers(name.as_ptr(), &options.as_c(), to, error)
    };
    report.check(py, status)?;
    // SAFETY: it was filled.
    Ok(unsafe { room.message() })
}

/// Says who this process is; an empty program is the file name of the executable.
#[pyfunction]
pub(crate) fn identify(py: Python<'_>, program: &str, language: &str) -> PyResult<()> {
    // What follows a NUL would not be seen.
    let text = |text: &str| CString::new(text.split('\0').next().unwrap_or_default());
    let (program, language) = (text(program)?, text(language)?);
    let mut report = Report::new();
    // SAFETY: terminated texts that outlive the call, an output in this frame.
    let status =
        unsafe { capi::sipc_identify(program.as_ptr(), language.as_ptr(), report.as_mut_ptr()) };
    report.check(py, status)
}
