//! Test builds only: values to bytes and back, without a channel in between.

use super::{Plan, Value};
use crate::error::Result;

/// The number of the value's kind, and its payload.
pub fn encode(value: &Value<'_>) -> Result<(u8, Vec<u8>)> {
    let plan = Plan::of(value)?;
    let mut payload = vec![0; plan.len()];
    plan.write(&mut payload);
    Ok((plan.tag(), payload))
}

/// The value of a payload that others could still change.
pub fn decode(tag: u8, payload: &[u8]) -> Result<Value<'_>> {
    super::decode(tag, payload)
}

/// The value of a payload that nobody else can change.
pub fn decode_private(tag: u8, payload: &[u8]) -> Result<Value<'_>> {
    super::decode_private(tag, payload)
}
