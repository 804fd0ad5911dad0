//! Loans: buffers inside the channel, known to C by their address.

use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

use simpleipc::{Error, Kind, Loan, LoanKind, Result, Status};

use crate::channel::{Channel, End, takes_only};
use crate::generated::{sipc_channel, sipc_error, sipc_value};
use crate::guard::{duration, guard, misuse, present};
use crate::handle;
use crate::lock::locks_only;
use crate::state::{Expected, check_set};
use crate::value::{Given, refused};

/// The loans a handle has out.
#[derive(Default)]
pub(crate) struct Loans {
    lent: Vec<Lent>,
}

struct Lent {
    /// As it was returned to the caller, who puts the same.
    value: sipc_value,
    loan: Loan,
}

impl Loans {
    /// Whether a loan begins at this address.
    #[inline(always)]
    pub(crate) fn find(&self, data: *const c_void) -> Option<usize> {
        self.lent
            .iter()
            .position(|lent| ptr::eq(lent.value.data, data))
    }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_loan(
    channel: *mut sipc_channel,
    value: *mut sipc_value,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32 {
    let lend = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let given = unsafe { Given::new(value)? };
        let lent = handle::with(channel, |channel| channel.lend(given, duration(timeout_ns)))?;
        // SAFETY: Given::new() has accepted it, and `given` is not used any more.
        unsafe {
            (*value).data = lent.data;
            (*value).len = lent.len;
            (*value).strides = lent.strides;
        }
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, lend) }
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_unloan(channel: *mut sipc_channel, data: *mut c_void) -> i32 {
    let give_back = || {
        present(channel, "channel")?;
        handle::with(channel, |channel| {
            let lent = &mut channel.loans.lent;
            let found = lent.iter().position(|lent| ptr::eq(lent.value.data, data));
            let index = found.ok_or_else(|| misuse("data is no loan of this handle"))?;
            drop(lent.swap_remove(index));
            Ok(())
        })
    };
    // SAFETY: there is no error object.
    unsafe { guard(ptr::null_mut(), give_back) }
}

impl Channel {
    /// Lends a buffer for this value and returns how it is to be put.
    fn lend(&mut self, given: Given<'_>, timeout: Option<Duration>) -> Result<sipc_value> {
        let kind = loan_kind(given)?;
        let mut loan = match &mut self.end {
            End::Publisher(publisher) => publisher.loan(kind, timeout)?,
            End::Sender(sender) => sender.loan(kind, timeout)?,
            End::Setter(setter) => setter.loan(kind, timeout)?,
            End::Lock(_) => return Err(locks_only()),
            _ => return Err(takes_only()),
        };
        let mut value = *given.raw();
        value.data = loan.as_mut_ptr().cast();
        value.len = loan.len() as u64;
        value.strides[..loan.strides().len()].copy_from_slice(loan.strides());
        self.loans.lent.push(Lent { value, loan });
        Ok(value)
    }

    /// Puts a loan in place. It stays with the caller if that fails.
    #[cold]
    pub(crate) fn put_loan(
        &mut self,
        index: usize,
        given: Given<'_>,
        timeout: Option<Duration>,
        expected: Option<Expected>,
    ) -> Result<()> {
        let Lent { value, loan } = &mut self.loans.lent[index];
        if !is_same(value, given.raw()) {
            return Err(refused(
                "the value differs from what sipc_loan returned; put it unchanged",
            ));
        }
        let capture_time_ns = given.raw().capture_time_ns;
        match &mut self.end {
            End::Publisher(publisher) => publisher.put_loan(loan, capture_time_ns, timeout)?,
            End::Sender(sender) => sender.put_loan(loan, capture_time_ns, timeout)?,
            End::Setter(setter) => match expected {
                None => setter.put_loan(loan, capture_time_ns, timeout)?,
                Some(expected) => {
                    check_set(setter.put_loan_if(expected, loan, capture_time_ns, timeout))?;
                }
            },
            _ => return Err(takes_only()),
        }
        self.loans.lent.swap_remove(index);
        Ok(())
    }
}

fn loan_kind(given: Given<'_>) -> Result<LoanKind<'_>> {
    let len = || {
        let len = given.raw().len;
        let too_large = || Error::new(Status::TooLarge, format!("{len} bytes cannot be lent"));
        usize::try_from(len).map_err(|_| too_large())
    };
    Ok(match given.kind()? {
        Kind::Bytes => LoanKind::Bytes(len()?),
        Kind::Str => LoanKind::Str(len()?),
        Kind::Opaque => LoanKind::Opaque(given.label()?, len()?),
        Kind::Tensor => match given.strides()? {
            None => LoanKind::Tensor(given.dtype()?, given.shape()?, given.label()?),
            Some(strides) => {
                LoanKind::Strided(given.dtype()?, given.shape()?, strides, given.label()?)
            }
        },
        kind => {
            let sentence = "only BYTES, STR, OPAQUE and TENSOR can be lent";
            return Err(refused(format!(
                "the value is of kind {kind:?}; {sentence}"
            )));
        }
    })
}

/// The fields that say how the buffer is to be understood.
fn is_same(a: &sipc_value, b: &sipc_value) -> bool {
    (a.kind, a.len, a.dtype, a.ndim) == (b.kind, b.len, b.dtype, b.ndim)
        && (a.shape, a.strides) == (b.shape, b.strides)
}
