// The notation of values between testing/interop and its drivers, and the exact values of this
// package.

import zlib from "node:zlib";
import { Float, Opaque, Tensor, Uint } from "./src/index.js";

const SHOWN_BYTES_MAX = 64;
const ITEM_BYTES = {
  bool: 1, u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8,
  f16: 2, f32: 4, f64: 8, c64: 8, c128: 16,
};

const hex = (text) => Buffer.from(text, "hex");
const unhex = (text) => hex(text).toString();
const sizes = (shape) => (shape === "" ? [] : shape.split("x").map(Number));

function pattern(bytes, seed) {
  const data = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index++) {
    data[index] = seed + (index % 251);
  }
  return data;
}

function textPattern(letters, seed) {
  let block = "";
  for (let index = 0; index < 23; index++) {
    block += String.fromCharCode(97 + ((seed + index) % 26));
  }
  return block.repeat(letters / 23 + 1).slice(0, letters);
}

function tensor(dtype, shape, format, data) {
  // A Buffer may begin anywhere; the elements of a tensor may not.
  const aligned = new Uint8Array(data).slice();
  return new Tensor(dtype, sizes(shape), aligned, { format: unhex(format) });
}

function float(word) {
  const bits = BigInt(`0x${word}`);
  const value = new DataView(BigUint64Array.of(bits).buffer).getFloat64(0, true);
  return new Float(value, Number.isNaN(value) ? bits : undefined);
}

function integer(word) {
  const number = Number(word);
  return Number.isSafeInteger(number) ? number : BigInt(word);
}

/** Reads a value. */
export function parse(text) {
  let at = 0;

  /** Up to the next delimiter of lists and maps. */
  const word = () => {
    const start = at;
    while (at < text.length && !",]}".includes(text[at])) {
      at++;
    }
    return text.slice(start, at);
  };

  const items = (end, item) => {
    const found = [];
    while (text[at] !== end) {
      found.push(item());
      if (text[at] === ",") {
        at++;
      }
    }
    at++;
    return found;
  };

  const pair = () => {
    const colon = text.indexOf(":", at);
    const key = unhex(text.slice(at + 1, colon));
    at = colon + 1;
    return [key, value()];
  };

  const value = () => {
    const kind = text[at++];
    if (kind === "[") {
      return items("]", value);
    }
    if (kind === "{") {
      return new Map(items("}", pair));
    }
    const parts = word().split(":");
    switch (kind) {
      case "n":
        return null;
      case "b":
        return parts[0] === "1";
      case "i":
        return integer(parts[0]);
      case "u":
        return new Uint(BigInt(parts[0]));
      case "d":
        return float(parts[0]);
      case "s":
        return unhex(parts[0]);
      case "x":
        return hex(parts[0]);
      case "t":
        return tensor(parts[0], parts[1], parts[2], hex(parts[3]));
      case "o":
        return new Opaque(hex(parts[1]), unhex(parts[0]));
      case "X":
        return pattern(Number(parts[0]), Number(parts[1]));
      case "S":
        return textPattern(Number(parts[0]), Number(parts[1]));
      case "T": {
        const count = sizes(parts[1]).reduce((product, size) => product * size, 1);
        const data = pattern(count * ITEM_BYTES[parts[0]], Number(parts[3]));
        return tensor(parts[0], parts[1], parts[2], data);
      }
      default:
        throw new Error(`no such value: ${kind}`);
    }
  };
  return value();
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc;
});

/** Node has it from version 22 on. */
function crc32(data) {
  let crc = -1;
  for (let index = 0; index < data.length; index++) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ data[index]) & 255];
  }
  return ~crc >>> 0;
}

function showData(data) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length <= SHOWN_BYTES_MAX) {
    return bytes.toString("hex");
  }
  const crc = (zlib.crc32 ?? crc32)(bytes);
  return `#${bytes.length}:${crc.toString(16).padStart(8, "0")}`;
}

function bitsOf(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value.value);
  return value.bits ?? view.getBigUint64(0);
}

/** Writes a value that was received with `exact`. */
export function show(value) {
  if (value === null) {
    return "n";
  }
  switch (typeof value) {
    case "boolean":
      return value ? "b1" : "b0";
    case "number":
    case "bigint":
      return `i${value}`;
    case "string":
      return `s${showData(Buffer.from(value))}`;
  }
  if (value instanceof Float) {
    return `d${bitsOf(value).toString(16).padStart(16, "0")}`;
  }
  if (value instanceof Uint) {
    return `u${value.value}`;
  }
  if (value instanceof Uint8Array) {
    return `x${showData(value)}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(show).join(",")}]`;
  }
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${show(key)}:${show(item)}`).join(",")}}`;
  }
  if (value instanceof Opaque) {
    return `o${Buffer.from(value.contentType).toString("hex")}:${showData(value.data)}`;
  }
  const { dtype, shape, format, data } = value;
  return `t${dtype}:${shape.join("x")}:${Buffer.from(format).toString("hex")}:${showData(data)}`;
}
