// Values of the program as the library reads them: structs in memory of ours, for one call.

import koffi from "koffi";
import { KIND } from "./generated.js";
import { LAYOUT, Memory, setPointer } from "./library.js";
import { Float, Opaque, Tensor, Uint, bytesOf, describe } from "./values.js";

const VALUE = LAYOUT.value;
const FIRST_BYTES = 16384;
/** Data up to this size is copied, so that V8 need not move it out of its heap. */
const COPIED_BYTES_MAX = 4096;
/** As deep as the library allows. */
const DEPTH_MAX = 64;
const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

/** Where an encoded value lies. Blocks do not move: those that are full stay until the end. */
class Encoded {
  #blocks = [new Memory(FIRST_BYTES)];
  #used = 0;
  /** Arrays of the program that the library reads where they are. */
  #lent = [];

  /** The address of the value's struct. */
  address = this.#blocks[0].address;

  /** Room for so many bytes: the block, where it begins in it, and its address. */
  room(bytes) {
    let block = this.#blocks.at(-1);
    let start = (this.#used + 7) & ~7;
    if (start + bytes > block.buffer.byteLength) {
      block = new Memory(Math.max(bytes, block.buffer.byteLength * 2));
      this.#blocks.push(block);
      start = 0;
    }
    this.#used = start + bytes;
    return { block, start, address: Number(block.address) + start };
  }

  /** Room for so many structs, all 0 but their sizes. */
  structs(count) {
    const room = this.room(count * VALUE.bytes);
    const { block, start } = room;
    new Uint8Array(block.buffer, start, count * VALUE.bytes).fill(0);
    for (let index = 0; index < count; index++) {
      block.view.setUint32(start + index * VALUE.bytes + VALUE.size, VALUE.bytes, true);
    }
    return room;
  }

  /** Writes text; returns its address and its bytes. */
  text(text) {
    if (!text.isWellFormed()) {
      throw new TypeError("the text has half of a surrogate pair and is no UTF-8; mend it");
    }
    const isShort = text.length < COPIED_BYTES_MAX;
    const room = this.room(isShort ? text.length * 3 : Buffer.byteLength(text));
    const target = new Uint8Array(room.block.buffer, room.start);
    const { written } = ENCODER.encodeInto(text, target);
    this.#used = room.start + written;
    return [room.address, written];
  }

  /** The address of bytes: of a copy if they are few. */
  data(bytes) {
    if (bytes.length > COPIED_BYTES_MAX) {
      this.#lent.push(bytes);
      return Number(koffi.address(bytes));
    }
    const room = this.room(bytes.length);
    new Uint8Array(room.block.buffer, room.start).set(bytes);
    return room.address;
  }

  /** Ready for another value. */
  clear() {
    this.#blocks.length = 1;
    this.#used = 0;
    this.#lent.length = 0;
    return this;
  }
}

const ENCODER = new TextEncoder();
const spare = [];

/** Encodes a value; `free` it when the call is over. */
export function encode(value, captureTimeNs = 0n) {
  const encoded = spare.pop()?.clear() ?? new Encoded();
  const { block, start } = encoded.structs(1);
  write(encoded, block.view, start, value, 0);
  block.view.setBigInt64(start + VALUE.capture_time_ns, checkTime(captureTimeNs), true);
  return encoded;
}

export function free(encoded) {
  spare.push(encoded);
}

function checkTime(time) {
  if (typeof time !== "bigint" || BigInt.asIntN(64, time) !== time) {
    throw new TypeError(`a time is a bigint of nanoseconds, not ${describe(time)}`);
  }
  return time;
}

/** Writes a value into the struct at `at`. */
function write(encoded, view, at, value, depth) {
  const kind = (number) => view.setUint32(at + VALUE.kind, number, true);
  switch (typeof value) {
    case "number":
      // -0 and numbers beyond 2^53 are of use as floats only.
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        kind(KIND.INT);
        return view.setBigInt64(at + VALUE.i, BigInt(value), true);
      }
      kind(KIND.FLOAT);
      return view.setFloat64(at + VALUE.f, value, true);
    case "bigint":
      return writeInteger(view, at, value, kind);
    case "string":
      kind(KIND.STR);
      return writeData(view, at, ...encoded.text(value));
    case "boolean":
      kind(KIND.BOOL);
      return view.setBigInt64(at + VALUE.i, BigInt(value), true);
    case "object":
      return value === null ? undefined : writeObject(encoded, view, at, value, kind, depth);
    default:
      throw new TypeError(`${describe(value)} cannot be sent; null is no value`);
  }
}

function writeInteger(view, at, value, kind) {
  if (value > UINT_MAX || value < INT_MIN) {
    throw new RangeError(`${value} has more than 64 bits`);
  }
  if (value <= INT_MAX) {
    kind(KIND.INT);
    return view.setBigInt64(at + VALUE.i, value, true);
  }
  kind(KIND.UINT);
  view.setBigUint64(at + VALUE.u, value, true);
}

function writeData(view, at, address, bytes) {
  setPointer(view, at + VALUE.data, address);
  setPointer(view, at + VALUE.len, bytes);
}

function writeLabel(encoded, view, at, text) {
  const [address, bytes] = encoded.text(text);
  setPointer(view, at + VALUE.label, address);
  setPointer(view, at + VALUE.label_len, bytes);
}

function writeObject(encoded, view, at, value, kind, depth) {
  if (Array.isArray(value)) {
    kind(KIND.LIST);
    return writeItems(encoded, view, at, value, value.length, depth);
  }
  if (value instanceof Float) {
    kind(KIND.FLOAT);
    if (value.bits === undefined) {
      return view.setFloat64(at + VALUE.f, value.value, true);
    }
    return view.setBigUint64(at + VALUE.f, value.bits, true);
  }
  if (value instanceof Uint) {
    kind(KIND.UINT);
    return view.setBigUint64(at + VALUE.u, BigInt(value.value), true);
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    kind(KIND.BYTES);
    return writeBytes(encoded, view, at, bytesOf(value));
  }
  if (value instanceof Opaque) {
    kind(KIND.OPAQUE);
    writeLabel(encoded, view, at, value.contentType);
    return writeBytes(encoded, view, at, value.data);
  }
  const tensor = value instanceof Tensor ? value : Tensor.of(value);
  if (tensor !== undefined) {
    kind(KIND.TENSOR);
    writeTensor(view, at, tensor);
    writeLabel(encoded, view, at, tensor.format);
    return writeBytes(encoded, view, at, bytesOf(tensor.data));
  }
  if (value instanceof Map) {
    return writeMap(encoded, view, at, [...value], kind, depth);
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) {
    return writeMap(encoded, view, at, Object.entries(value), kind, depth);
  }
  throw new TypeError(`${describe(value)} cannot be sent; make it an object, a list or bytes`);
}

function writeBytes(encoded, view, at, bytes) {
  writeData(view, at, encoded.data(bytes), bytes.length);
}

/** All of a tensor but its data and its format. */
export function writeTensor(view, at, { number, shape, strides }) {
  view.setUint32(at + VALUE.dtype, number, true);
  view.setUint32(at + VALUE.ndim, shape.length, true);
  for (let dimension = 0; dimension < shape.length; dimension++) {
    setPointer(view, at + VALUE.shape + dimension * 8, shape[dimension]);
    setPointer(view, at + VALUE.strides + dimension * 8, strides?.[dimension] ?? 0);
  }
}

function writeMap(encoded, view, at, pairs, kind, depth) {
  kind(KIND.MAP);
  const bad = pairs.find(([key]) => typeof key !== "string");
  if (bad !== undefined) {
    throw new TypeError(`the keys of a map are strings, not ${describe(bad[0])}`);
  }
  writeItems(encoded, view, at, pairs.flat(1), pairs.length, depth);
}

function writeItems(encoded, view, at, items, count, depth) {
  if (depth === DEPTH_MAX) {
    throw new RangeError(`a value may be nested ${DEPTH_MAX} deep, and never in itself`);
  }
  const { block, start, address } = encoded.structs(items.length);
  setPointer(view, at + VALUE.items, address);
  setPointer(view, at + VALUE.count, count);
  for (let index = 0; index < items.length; index++) {
    write(encoded, block.view, start + index * VALUE.bytes, items[index], depth + 1);
  }
}
