//! What Publisher, Sender, Setter and Notifier are made of: handles that put.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::{Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::array::{self, Numpy};
use crate::channel::{Channel, Options, directory_text};
use crate::dtype::Dtype;
use crate::encode::{self, Encoder};
use crate::failure::{self, Report};
use crate::loan::Loan;
use crate::memory;
use crate::method::{self, Arguments};
use crate::patience::{First, Timeout, wait};

/// A handle that puts.
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
            ..Options::default()
        };
        let channel = Channel::open(py, name, role, &options)?;
        Ok(Producer {
            channel,
            loans: Mutex::new(Vec::new()),
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

    /// Sets a state if its value is still the one of this sequence number, or if there is none yet
    /// where `expected` is None; else Conflict. Waits at most `timeout` seconds for room.
    #[pyo3(signature = (value, expected, capture_time_ns = 0, timeout = Timeout::FOREVER))]
    #[pyo3(text_signature = "($self, value, expected, capture_time_ns=0, timeout=None)")]
    fn put_if(
        &self,
        py: Python<'_>,
        value: &Bound<'_, PyAny>,
        expected: Option<u64>,
        capture_time_ns: i64,
        timeout: Timeout,
    ) -> PyResult<()> {
        self.channel.check_open(py)?;
        let how = How {
            expected: Some(expected.unwrap_or(u64::MAX)),
            capture_time_ns,
            timeout,
        };
        put_tree(py, &self.channel, value, how, |data| self.loan_at(data))
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
    /// The methods that PyO3 does not make.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        method::add(
            class,
            c"put",
            c"put($self, value, capture_time_ns=0, timeout=None)\n--\n\n\
            Puts one value; waits for room at most `timeout` seconds. An array from loan() is \
            published\nin place and can only be read afterwards; anything else is copied.",
            put_method,
        )
    }

    fn put(&self, py: Python<'_>, arguments: &Arguments) -> PyResult<()> {
        let given = arguments.of(py, &[c"value", c"capture_time_ns", c"timeout"])?;
        let [Some(value), capture_time_ns, timeout] = given else {
            return Err(PyTypeError::new_err("the argument value is missing"));
        };
        let capture_time_ns = capture_time_ns.map_or(Ok(0), |time| time.extract())?;
        let timeout = timeout.map_or(Ok(Timeout::FOREVER), |timeout| timeout.extract())?;
        self.channel.check_open(py)?;
        let how = How {
            expected: None,
            capture_time_ns,
            timeout,
        };
        put(py, &self.channel, &value, how, |data| self.loan_at(data))
    }

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

unsafe extern "C" fn put_method(
    producer: *mut PyObject,
    given: *const *mut PyObject,
    count: Py_ssize_t,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: CPython calls this with a Producer, since it is a method of that class only.
    unsafe {
        let arguments = Arguments::new(given, count, names);
        method::answer(|py| {
            let producer = Borrowed::from_ptr(py, producer).cast_unchecked::<Producer>();
            producer.get().put(py, &arguments)?;
            Ok(py.None().into_bound(py))
        })
    }
}

/// How to put a value.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// Put it only if the value of the state is still the one with this sequence number.
    pub(crate) expected: Option<u64>,
    pub(crate) capture_time_ns: i64,
    pub(crate) timeout: Timeout,
}

/// Encodes a value and puts it; `loan_at` knows the loans of this channel.
#[inline]
pub(crate) fn put(
    py: Python<'_>,
    channel: &Arc<Channel>,
    object: &Bound<'_, PyAny>,
    how: How,
    loan_at: impl FnOnce(*const std::ffi::c_void) -> Option<Arc<Loan>>,
) -> PyResult<()> {
    let mut value = encode::fresh();
    if !encode::plain(object, &mut value)? {
        return Python::attach(|py| put_tree(py, channel, object, how, loan_at));
    }
    value.capture_time_ns = how.capture_time_ns;
    let mut report = Report::new();
    let status = put_value(py, channel, &value, value.len, how, &mut report)?;
    report.check(py, status)
}

/// As put(), for whatever an encoder is needed for.
#[cold]
fn put_tree(
    py: Python<'_>,
    channel: &Arc<Channel>,
    object: &Bound<'_, PyAny>,
    how: How,
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
    value.capture_time_ns = how.capture_time_ns;
    let copied_bytes = if loan.is_some() {
        0
    } else {
        encoder.data_bytes()
    };
    let mut report = Report::new();
    let status = put_value(py, channel, &value, copied_bytes, how, &mut report)?;
    report.check(py, status)?;
    if let Some(loan) = loan {
        drop(encoder); // a buffer that is looked at cannot be made read-only
        loan.set_published();
        array::seal(object)?;
    }
    Ok(())
}

/// Puts a value that points to what the caller keeps alive; answers the status.
#[inline]
fn put_value(
    py: Python<'_>,
    channel: &Arc<Channel>,
    value: &sipc_value,
    copied_bytes: u64,
    how: How,
    report: &mut Report,
) -> PyResult<i32> {
    let first = if copied_bytes >= DETACH_BYTES {
        First::Detach
    } else {
        First::Try
    };
    let channels = std::slice::from_ref(channel);
    wait(py, how.timeout, first, channels, |timeout_ns| {
        let (raw, error) = (channel.raw(), report.as_mut_ptr());
        // SAFETY: a filled value; what it points to is kept alive.
        unsafe {
            match how.expected {
                None => capi::sipc_put(raw, value, timeout_ns, error),
                Some(expected) => capi::sipc_put_if(raw, value, expected, timeout_ns, error),
            }
        }
    })
}

/// Copying more than this takes longer than a change of threads.
pub(crate) const DETACH_BYTES: u64 = 1 << 20;

fn lent_dtype(dtype: &Bound<'_, PyAny>) -> PyResult<&'static Dtype> {
    if let Ok(name) = dtype.cast::<PyString>() {
        return Dtype::of_name(crate::encode::utf8(name)?);
    }
    let numpy = Numpy::imported(dtype.py())?
        .ok_or_else(|| PyTypeError::new_err("without NumPy a dtype is given by its name"))?;
    Dtype::of_name(&numpy.dtype_name(dtype)?)
}
