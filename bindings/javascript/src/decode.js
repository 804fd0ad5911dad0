// What the library has received as values of the program.

import { KIND } from "./generated.js";
import { LAYOUT, Memory, copy, pointerAt, textAt } from "./library.js";
import { Float, Opaque, Tensor, Uint, dtypeName, narrow } from "./values.js";

const VALUE = LAYOUT.value;
/** Data up to this size is copied: cheaper than a view of the shared memory. */
const COPIED_BYTES_MAX = 4096;

/** The bits of a NaN that JavaScript makes by itself. */
const PLAIN_NAN = 0x7ff8000000000000n;

/**
 * The value whose struct is at `at`. With `exact`, sending it gives the same bits again: floats are
 * Float, unsigned integers Uint, and maps Map. `lend(address, bytes)` gives a view of large data.
 */
export function decode(view, at, exact, lend) {
  switch (view.getUint32(at + VALUE.kind, true)) {
    case KIND.NULL:
      return null;
    case KIND.BOOL:
      return view.getUint8(at + VALUE.i) !== 0;
    case KIND.INT:
      return narrow(view.getBigInt64(at + VALUE.i, true));
    case KIND.UINT: {
      const value = narrow(view.getBigUint64(at + VALUE.u, true));
      return exact ? new Uint(value) : value;
    }
    case KIND.FLOAT:
      return exact ? exactFloat(view, at) : view.getFloat64(at + VALUE.f, true);
    case KIND.STR:
      return textAt(pointerAt(view, at + VALUE.data), pointerAt(view, at + VALUE.len));
    case KIND.BYTES:
      return Buffer.from(dataAt(view, at, lend));
    case KIND.LIST:
      return itemsAt(view, at, 1, exact, lend);
    case KIND.MAP:
      return mapOf(itemsAt(view, at, 2, exact, lend), exact);
    case KIND.TENSOR:
      return tensorAt(view, at, lend);
    case KIND.OPAQUE:
      return new Opaque(Buffer.from(dataAt(view, at, lend)), labelAt(view, at));
    default:
      throw new TypeError("the value is of a kind that this package does not know");
  }
}

function exactFloat(view, at) {
  const value = view.getFloat64(at + VALUE.f, true);
  const bits = view.getBigUint64(at + VALUE.f, true);
  return new Float(value, value === value || bits === PLAIN_NAN ? undefined : bits);
}

function labelAt(view, at) {
  return textAt(pointerAt(view, at + VALUE.label), pointerAt(view, at + VALUE.label_len));
}

/** An ArrayBuffer of the data. */
function dataAt(view, at, lend) {
  const address = pointerAt(view, at + VALUE.data);
  const bytes = pointerAt(view, at + VALUE.len);
  if (bytes > COPIED_BYTES_MAX) {
    return lend(BigInt(address), bytes);
  }
  const data = new ArrayBuffer(bytes);
  if (bytes > 0) {
    copy(data, BigInt(address), bytes);
  }
  return data;
}

function tensorAt(view, at, lend) {
  const dims = view.getUint32(at + VALUE.ndim, true);
  const shape = new Array(dims);
  const strides = new Array(dims);
  for (let dimension = 0; dimension < dims; dimension++) {
    shape[dimension] = pointerAt(view, at + VALUE.shape + dimension * 8);
    strides[dimension] = pointerAt(view, at + VALUE.strides + dimension * 8);
  }
  const dtype = dtypeName(view.getUint32(at + VALUE.dtype, true));
  const format = labelAt(view, at);
  return new Tensor(dtype, shape, dataAt(view, at, lend), { format, strides });
}

/** The items of a list, or the keys and values of a map in turn. */
function itemsAt(view, at, structsOfOne, exact, lend) {
  const count = pointerAt(view, at + VALUE.count) * structsOfOne;
  const items = new Array(count);
  if (count > 0) {
    const { buffer, view: structs } = new Memory(count * VALUE.bytes);
    copy(buffer, BigInt(pointerAt(view, at + VALUE.items)), buffer.byteLength);
    for (let index = 0; index < count; index++) {
      items[index] = decode(structs, index * VALUE.bytes, exact, lend);
    }
  }
  return items;
}

function mapOf(items, exact) {
  const pairs = new Array(items.length / 2);
  for (let index = 0; index < pairs.length; index++) {
    pairs[index] = [items[2 * index], items[2 * index + 1]];
  }
  return exact ? new Map(pairs) : Object.fromEntries(pairs);
}
