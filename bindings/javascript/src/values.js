// The values that JavaScript has no type of its own for.

import { DIMS_MAX, DTYPE } from "./generated.js";

/** A number that is sent, and was received, as a float, also if it is whole: Float(1). */
export class Float {
  /** The 64 bits of a NaN that was received; undefined of any other. */
  bits;

  constructor(value, bits) {
    if (typeof value !== "number") {
      throw new TypeError(`a Float is made of a number, not of ${describe(value)}`);
    }
    this.value = value;
    this.bits = bits;
  }

  valueOf() {
    return this.value;
  }

  toJSON() {
    return this.value;
  }
}

/** An integer that is sent, and was received, as an unsigned one, also if it is small: Uint(5). */
export class Uint {
  constructor(value) {
    const whole = typeof value === "bigint" || Number.isSafeInteger(value);
    if (!whole || value < 0 || BigInt.asUintN(64, BigInt(value)) !== BigInt(value)) {
      throw new RangeError(`a Uint is an integer from 0 to 2^64-1, not ${String(value)}`);
    }
    this.value = narrow(BigInt(value));
  }

  valueOf() {
    return this.value;
  }
}

/** A number if it holds the integer exactly, else the bigint. */
export function narrow(whole) {
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** Bytes with a content type: new Opaque(bytes, "application/json"). */
export class Opaque {
  constructor(data, contentType) {
    this.data = bytesOf(data);
    this.contentType = label(contentType, "content type");
  }
}

/** What is in an ArrayBuffer, a Buffer or a view of one, as bytes; no copy. */
export function bytesOf(data) {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) {
    return new Uint8Array(data);
  }
  throw new TypeError(`bytes are wanted, not ${describe(data)}`);
}

function label(text, what) {
  if (typeof text !== "string" || Buffer.byteLength(text) > 255) {
    throw new TypeError(`a ${what} is a string of at most 255 bytes`);
  }
  return text;
}

/** By name: the number, the array of its elements, and how many of those an element takes. */
const ELEMENTS = {
  bool: [DTYPE.BOOL, Uint8Array, 1],
  u8: [DTYPE.U8, Uint8Array, 1],
  i8: [DTYPE.I8, Int8Array, 1],
  u16: [DTYPE.U16, Uint16Array, 1],
  i16: [DTYPE.I16, Int16Array, 1],
  u32: [DTYPE.U32, Uint32Array, 1],
  i32: [DTYPE.I32, Int32Array, 1],
  u64: [DTYPE.U64, BigUint64Array, 1],
  i64: [DTYPE.I64, BigInt64Array, 1],
  f16: [DTYPE.F16, Uint16Array, 1],
  f32: [DTYPE.F32, Float32Array, 1],
  f64: [DTYPE.F64, Float64Array, 1],
  c64: [DTYPE.C64, Float32Array, 2],
  c128: [DTYPE.C128, Float64Array, 2],
};

const NAMES = new Map(Object.entries(ELEMENTS).map(([name, [number]]) => [number, name]));

/** The dtype of a typed array that is sent as it is; plain bytes have none. */
const OF_ARRAY = new Map([
  [Uint8ClampedArray, "u8"],
  [Int8Array, "i8"],
  [Uint16Array, "u16"],
  [Int16Array, "i16"],
  [Uint32Array, "u32"],
  [Int32Array, "i32"],
  [BigUint64Array, "u64"],
  [BigInt64Array, "i64"],
  [Float32Array, "f32"],
  [Float64Array, "f64"],
]);

/**
 * An array with a shape: new Tensor("u8", [720, 1280, 3], bytes, { format: "rgb8" }).
 *
 * `data` is a typed array over the elements: numbers, bigints of u64 and i64, the 16 bits of f16,
 * real and imaginary part in turn of c64 and c128. `strides` are the bytes from one element to the
 * next along each dimension; a dense tensor has those of row-major order.
 */
export class Tensor {
  constructor(dtype, shape, data, { format = "", strides } = {}) {
    const [number, ArrayType, parts] = elements(dtype);
    if (!isSizes(shape) || shape.length > DIMS_MAX) {
      throw new TypeError(`a shape is a list of at most ${DIMS_MAX} sizes`);
    }
    const itemBytes = parts * ArrayType.BYTES_PER_ELEMENT;
    this.dtype = dtype;
    this.number = number;
    this.shape = Object.freeze([...shape]);
    this.strides = Object.freeze(strides ? [...strides] : dense(shape, itemBytes));
    this.format = label(format, "format");
    const bytes = bytesOf(data);
    const wanted = span(this.shape, this.strides, itemBytes);
    if (strides && (!isSizes(strides) || strides.length !== shape.length)) {
      throw new TypeError("strides are bytes from 0, one for each dimension");
    }
    if (strides ? bytes.length < wanted : bytes.length !== wanted) {
      const given = `${bytes.length} bytes were given`;
      throw new RangeError(`${dtype} of shape [${this.shape}] has ${wanted} bytes; ${given}`);
    }
    if (bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT !== 0) {
      throw new RangeError(`the data must begin at a multiple of the size of ${dtype}`);
    }
    const count = Math.floor(bytes.length / ArrayType.BYTES_PER_ELEMENT);
    this.data = new ArrayType(bytes.buffer, bytes.byteOffset, count);
    Object.defineProperty(this, "number", { enumerable: false });
  }

  /** A typed array as a tensor of one dimension; undefined if it is none. */
  static of(array) {
    const dtype = OF_ARRAY.get(array?.constructor);
    return dtype && new Tensor(dtype, [array.length], array);
  }

  /** Where the element at these indices begins in `data`. */
  offset(...indices) {
    if (indices.length !== this.shape.length) {
      throw new RangeError(`${this.shape.length} indices are wanted`);
    }
    let bytes = 0;
    for (const [dimension, index] of indices.entries()) {
      if (!(Number.isInteger(index) && 0 <= index && index < this.shape[dimension])) {
        throw new RangeError(`index ${index} is outside of dimension ${dimension}`);
      }
      bytes += index * this.strides[dimension];
    }
    return bytes / this.data.BYTES_PER_ELEMENT;
  }

  /** A copy that is the program's own. */
  copy() {
    const { dtype, shape, strides, format } = this;
    return new Tensor(dtype, shape, this.data.slice(), { format, strides });
  }
}

function elements(dtype) {
  if (!Object.hasOwn(ELEMENTS, dtype)) {
    const known = Object.keys(ELEMENTS).join(", ");
    throw new TypeError(`there is no dtype ${describe(dtype)}; there are ${known}`);
  }
  return ELEMENTS[dtype];
}

/** The name of a dtype by its number. */
export function dtypeName(number) {
  return NAMES.get(number);
}

/** The number of a dtype by its name. */
export function dtypeNumber(name) {
  return elements(name)[0];
}

export function isSizes(sizes) {
  return Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function dense(shape, itemBytes) {
  const strides = new Array(shape.length);
  let bytes = itemBytes;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    strides[dimension] = bytes;
    bytes *= Math.max(shape[dimension], 1);
  }
  return strides;
}

/** From the first byte of the first element to the last of the last one. */
function span(shape, strides, itemBytes) {
  if (shape.includes(0)) {
    return 0;
  }
  return shape.reduce((sum, size, dimension) => sum + (size - 1) * strides[dimension], itemBytes);
}

/** What something is, in a sentence. */
export function describe(value) {
  if (value === null || value === undefined || typeof value === "number") {
    return String(value);
  }
  const name = typeof value === "object" && value.constructor?.name;
  return name ? `a ${name}` : `a ${typeof value}`;
}
