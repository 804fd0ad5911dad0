//! What Publisher and Sender are made of: handles that put.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::array::{self, Numpy};
use crate::channel::{Channel, Options, directory_text};
use crate::dtype::Dtype;
use crate::encode::Encoder;
use crate::failure::{self, Report};
use crate::loan::Loan;
use crate::memory;
use crate::patience::{First, Timeout, wait};

/// A handle that puts messages on a topic or into a queue.
#[pyclass(frozen, subclass, module = "simpleipc._native")]
pub(crate) struct Producer {
    channel: Arc<Channel>,
    /// What lend() has given out; those that are gone are forgotten by the next one.
    loans: Mutex<Vec<Weak<Loan>>>,
}

#[pymethods]
impl Producer {
    #[new]
    #[expect(clippy::too_many_arguments)] // Python names them
    fn new(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        role: u32,
        history: u32,
        depth: u32,
        unstamped: bool,
        pool_bytes_max: u64,
        directory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Producer> {
        let options = Options {
            flags: if unstamped { SIPC_OPTION_UNSTAMPED } else { 0 },
            history,
            depth,
            pool_bytes_max,
            directory: directory.map(directory_text).transpose()?,
        };
        let channel = Channel::open(py, name, role, &options)?;
        Ok(Producer {
            channel,
            loans: Mutex::new(Vec::new()),
        })
    }

    /// Puts one value; waits for room at most `timeout` seconds. An array from loan() is published
    /// in place and can only be read afterwards; anything else is copied.
    #[pyo3(signature = (value, capture_time_ns = 0, timeout = Timeout::FOREVER))]
    #[pyo3(text_signature = "($self, value, capture_time_ns=0, timeout=None)")]
    fn put(
        &self,
        py: Python<'_>,
        value: &Bound<'_, PyAny>,
        capture_time_ns: i64,
        timeout: Timeout,
    ) -> PyResult<()> {
        self.channel.check_open(py)?;
        put(py, &self.channel, value, capture_time_ns, timeout, |data| {
            self.loan_at(data)
        })
    }

    /// Lends a writable array inside the channel: fill it, then publish it, and nothing is copied.
    /// It is given back if it is dropped unpublished. At most 16 at once.
    #[pyo3(signature = (shape, dtype = None, format = String::new(), timeout = Timeout::FOREVER))]
    #[pyo3(text_signature = "($self, shape, dtype='uint8', format='', timeout=None)")]
    fn loan<'py>(
        &self,
        py: Python<'py>,
        shape: &Bound<'py, PyAny>,
        dtype: Option<&Bound<'py, PyAny>>,
        format: String,
        timeout: Timeout,
    ) -> PyResult<Bound<'py, PyAny>> {
        let dtype = dtype.map_or_else(|| Dtype::of_name("uint8"), lent_dtype)?;
        let shape: Vec<u64> = if shape.hasattr("__index__")? {
            vec![shape.extract()?]
        } else {
            shape.extract()?
        };
        let mut value = SIPC_VALUE_INIT;
        value.kind = SIPC_KIND_TENSOR;
        value.dtype = dtype.code;
        value.ndim = shape.len() as u32;
        let dims = value.shape.get_mut(..shape.len()).ok_or_else(|| {
            failure::bad_value(
                py,
                &format!("a tensor has at most {SIPC_DIMS_MAX} dimensions"),
            )
        })?;
        dims.copy_from_slice(&shape);
        let loan = self.lend(py, &mut value, format, timeout)?;
        array::tensor(py, &value, &loan)
    }

    /// Lends a writable memoryview of `len` bytes inside the channel; published, it is bytes.
    #[pyo3(signature = (len, timeout = Timeout::FOREVER))]
    #[pyo3(text_signature = "($self, len, timeout=None)")]
    fn loan_bytes<'py>(
        &self,
        py: Python<'py>,
        len: u64,
        timeout: Timeout,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut value = SIPC_VALUE_INIT;
        value.kind = SIPC_KIND_BYTES;
        value.len = len;
        let loan = self.lend(py, &mut value, String::new(), timeout)?;
        memory::view(py, &value, &loan)
    }

    /// Ends the wait of another thread in this handle, or else the next one, with Interrupted.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.channel.interrupt(py)
    }

    /// Closes the handle; closing it again does nothing. Loans can still be read.
    fn close(&self) {
        self.channel.close();
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.channel.close();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.get().channel.repr(&slf.get_type())
    }
}

impl Producer {
    fn lend(
        &self,
        py: Python<'_>,
        value: &mut sipc_value,
        format: String,
        timeout: Timeout,
    ) -> PyResult<Arc<Loan>> {
        value.label = format.as_ptr().cast();
        value.label_len = format.len() as u64;
        self.channel.check_open(py)?;
        self.channel.unloan_overdue();
        let mut report = Report::new();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait(py, timeout, First::Try, channels, |timeout_ns| {
            // SAFETY: a value with size, kind and either len or dtype and shape.
            unsafe { capi::sipc_loan(self.channel.raw(), value, timeout_ns, report.as_mut_ptr()) }
        })?;
        report.check(py, status)?;
        let loan = Loan::new(self.channel.clone(), *value, format);
        let mut loans = self.loans.lock().unwrap_or_else(PoisonError::into_inner);
        loans.retain(|loan| loan.strong_count() > 0);
        loans.push(Arc::downgrade(&loan));
        Ok(loan)
    }

    fn loan_at(&self, data: *const std::ffi::c_void) -> Option<Arc<Loan>> {
        let loans = self.loans.lock().unwrap_or_else(PoisonError::into_inner);
        loans
            .iter()
            .filter_map(Weak::upgrade)
            .find(|loan| loan.is_at(data))
    }
}

/// Encodes a value and puts it; `loan_at` knows the loans of this channel.
pub(crate) fn put(
    py: Python<'_>,
    channel: &Arc<Channel>,
    object: &Bound<'_, PyAny>,
    capture_time_ns: i64,
    timeout: Timeout,
    loan_at: impl FnOnce(*const std::ffi::c_void) -> Option<Arc<Loan>>,
) -> PyResult<()> {
    let mut encoder = Encoder::default();
    let mut value = SIPC_VALUE_INIT;
    encoder.encode(object, &mut value)?;
    let mut loan = if value.data.is_null() {
        None
    } else {
        loan_at(value.data)
    };
    match &loan {
        Some(whole) if whole.is_whole(&value) => value = whole.value(),
        Some(_) => {
            encoder.copy_data(&mut value);
            loan = None;
        }
        None => {}
    }
    value.capture_time_ns = capture_time_ns;
    let is_long_copy = loan.is_none() && encoder.data_bytes() >= DETACH_BYTES;
    let first = if is_long_copy {
        First::Detach
    } else {
        First::Try
    };
    let mut report = Report::new();
    let status = wait(
        py,
        timeout,
        first,
        std::slice::from_ref(channel),
        |timeout_ns| {
            // SAFETY: the value points to what `encoder` and the caller's `object` keep alive.
            unsafe { capi::sipc_put(channel.raw(), &value, timeout_ns, report.as_mut_ptr()) }
        },
    )?;
    report.check(py, status)?;
    if let Some(loan) = loan {
        drop(encoder); // a buffer that is looked at cannot be made read-only
        loan.set_published();
        array::seal(object)?;
    }
    Ok(())
}

/// Copying more than this takes longer than a change of threads.
const DETACH_BYTES: u64 = 1 << 20;

fn lent_dtype(dtype: &Bound<'_, PyAny>) -> PyResult<&'static Dtype> {
    if let Ok(name) = dtype.cast::<PyString>() {
        return Dtype::of_name(crate::encode::utf8(name)?);
    }
    let numpy = Numpy::imported(dtype.py())?
        .ok_or_else(|| PyTypeError::new_err("without NumPy a dtype is given by its name"))?;
    Dtype::of_name(&numpy.dtype_name(dtype)?)
}
