//! NumPy, which is used if it is there: without it tensors are memoryviews.

use std::sync::Arc;

use capi::generated::sipc_value;
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::dtype::{DTYPES, Dtype};
use crate::memory::{self, Owner};

/// What is needed of NumPy.
pub(crate) struct Numpy {
    ndarray: Py<PyAny>,
    /// The base of NumPy's scalars.
    generic: Py<PyAny>,
    dtype: Py<PyAny>,
    /// A numpy.dtype for each of DTYPES.
    dtypes: [Py<PyAny>; DTYPES.len()],
}

static NUMPY: PyOnceLock<Option<Numpy>> = PyOnceLock::new();

impl Numpy {
    /// NumPy if it is installed; imports it.
    pub(crate) fn installed(py: Python<'_>) -> PyResult<Option<&Numpy>> {
        let loaded = NUMPY.get_or_try_init(py, || match py.import("numpy") {
            Ok(module) => Numpy::new(&module).map(Some),
            Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
            Err(error) => Err(error),
        })?;
        Ok(loaded.as_ref())
    }

    /// NumPy if the program has imported it; else no object can be one of NumPy's.
    pub(crate) fn imported(py: Python<'_>) -> PyResult<Option<&Numpy>> {
        if let Some(loaded) = NUMPY.get(py) {
            return Ok(loaded.as_ref());
        }
        let modules = py.import("sys")?.getattr("modules")?;
        if modules.cast::<PyDict>()?.contains("numpy")? {
            Numpy::installed(py)
        } else {
            Ok(None)
        }
    }

    fn new(module: &Bound<'_, PyModule>) -> PyResult<Numpy> {
        let dtype = module.getattr("dtype")?;
        let mut dtypes = Vec::with_capacity(DTYPES.len());
        for ours in &DTYPES {
            dtypes.push(dtype.call1((ours.name,))?.unbind());
        }
        Ok(Numpy {
            ndarray: module.getattr("ndarray")?.unbind(),
            generic: module.getattr("generic")?.unbind(),
            dtype: dtype.unbind(),
            dtypes: dtypes
                .try_into()
                .map_err(|_| PyImportError::new_err("numpy.dtype"))?,
        })
    }

    pub(crate) fn is_array(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        object.is_instance(self.ndarray.bind(object.py()))
    }

    pub(crate) fn is_scalar(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        object.is_instance(self.generic.bind(object.py()))
    }

    /// The name of anything NumPy takes for a dtype.
    pub(crate) fn dtype_name(&self, dtype: &Bound<'_, PyAny>) -> PyResult<String> {
        self.dtype
            .bind(dtype.py())
            .call1((dtype,))?
            .getattr("name")?
            .extract()
    }

    /// An array that looks at the memory of a tensor; `memory` becomes its base.
    fn array<'py>(
        &self,
        memory: Bound<'py, PyAny>,
        dtype: &'static Dtype,
        value: &sipc_value,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = memory.py();
        let numpy_dtype = DTYPES
            .iter()
            .zip(&self.dtypes)
            .find_map(|(ours, theirs)| (ours.code == dtype.code).then(|| theirs.bind(py)));
        let shape = PyTuple::new(py, shape_of(value))?;
        let ndarray = self.ndarray.bind(py);
        if is_dense(value, dtype) {
            ndarray.call1((shape, numpy_dtype, memory))
        } else {
            let strides = PyTuple::new(py, &value.strides[..shape.len()])?;
            ndarray.call1((shape, numpy_dtype, memory, 0, strides))
        }
    }
}

/// A tensor's memory as Python shows it best: an array, or without NumPy a memoryview with a shape.
pub(crate) fn tensor<'py>(
    py: Python<'py>,
    value: &sipc_value,
    owner: &Arc<impl Owner>,
) -> PyResult<Bound<'py, PyAny>> {
    let dtype = Dtype::of_code(value.dtype)?;
    if let Some(numpy) = Numpy::installed(py)? {
        return numpy.array(memory::expose(py, value, owner)?, dtype, value);
    }
    let view = memory::view(py, value, owner)?;
    let shape = shape_of(value);
    if dtype.view_format.is_empty() || shape.contains(&0) || !is_dense(value, dtype) {
        return Ok(view); // nothing that memoryviews can show but as bytes
    }
    view.call_method1("cast", (dtype.view_format, PyTuple::new(py, shape)?))
}

/// Takes the writability of an array, and of the arrays it is a view of, after it was published.
pub(crate) fn seal(array: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = array.py();
    let Some(numpy) = Numpy::imported(py)? else {
        return Ok(());
    };
    let mut array = array.clone();
    while numpy.is_array(&array)? {
        array.getattr("flags")?.setattr("writeable", false)?;
        array = array.getattr("base")?;
    }
    Ok(())
}

fn shape_of(value: &sipc_value) -> &[u64] {
    &value.shape[..(value.ndim as usize).min(value.shape.len())]
}

/// Dense and row-major; strides of 0 everywhere say so without numbers.
fn is_dense(value: &sipc_value, dtype: &Dtype) -> bool {
    let shape = shape_of(value);
    let strides = &value.strides[..shape.len()];
    let mut step = dtype.item_bytes as i64;
    let mut is_row_major = true;
    for (&stride, &dim) in strides.iter().zip(shape).rev() {
        is_row_major &= stride == step || dim == 1;
        step *= dim.max(1) as i64;
    }
    is_row_major || strides.iter().all(|&stride| stride == 0)
}
