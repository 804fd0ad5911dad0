// The shared library: found, compared with what this package speaks, and its functions.
//
// A thread has its own instance of this module, and all threads share the library.

import { existsSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { ABI_VERSION, FUNCTIONS, STRUCTS } from "./generated.js";

/** $SIPC_LIB_DIR says where the library is; else the system finds it. */
function find() {
  const folder = process.env.SIPC_LIB_DIR;
  return folder ? join(folder, "libsimpleipc.so") : "libsimpleipc.so";
}

function load() {
  const path = find();
  let library;
  try {
    library = koffi.load(path);
  } catch (why) {
    const hint = existsSync(path) ? why.message : "install it, or set SIPC_LIB_DIR to its folder";
    throw new Error(`${path} cannot be loaded: ${hint}`, { cause: why });
  }
  const theirs = library.func("sipc_abi_version", "uint32_t", [])();
  if (theirs !== ABI_VERSION) {
    throw new Error(`libsimpleipc speaks ABI ${theirs}, this program ${ABI_VERSION}`);
  }
  const call = {};
  for (const [name, [result, args]] of Object.entries(FUNCTIONS)) {
    call[name] = library.func(`sipc_${name}`, result, args);
  }
  return call;
}

/** The functions of the library by their names without `sipc_`. Pointers are addresses. */
export const sipc = load();

/** Where the fields of a struct lie, and how large it is. */
function layoutOf(name, known) {
  const fields = {};
  for (const [field, type] of Object.entries(STRUCTS[name])) {
    fields[field] = Array.isArray(type) ? koffi.array(...type) : (known[type] ?? type);
  }
  const struct = (known[name] = koffi.struct(fields));
  const layout = { bytes: koffi.sizeof(struct) };
  for (const field of Object.keys(fields)) {
    layout[field] = koffi.offsetof(struct, field);
  }
  return Object.freeze(layout);
}

const known = {};

/** The structs of the library by name: the offset of each field, and `bytes`. */
export const LAYOUT = Object.freeze(
  Object.fromEntries(Object.keys(STRUCTS).map((name) => [name, layoutOf(name, known)])),
);

const program = koffi.load(null);

/** Copies bytes of the library's into memory of ours. */
export const copy = program.func("memcpy", "void *", ["void *", "void *", "uint64_t"]);

/** poll(2). */
export const poll = program.func("poll", "int", ["void *", "unsigned long", "int"]);

/** A pointer in a struct; addresses of programs fit into a number. */
export function pointerAt(view, offset) {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

export function setPointer(view, offset, address) {
  view.setUint32(offset, address >>> 0, true);
  view.setUint32(offset + 4, Math.floor(address / 2 ** 32), true);
}

/** Memory of ours in which the library reads or writes: its address does not change. */
export class Memory {
  constructor(bytes) {
    this.buffer = new ArrayBuffer(bytes);
    this.view = new DataView(this.buffer);
    this.address = koffi.address(this.buffer);
  }
}

/** The text at an address, which is no text of the program's: it is read anew each time. */
export function textAt(address, bytes) {
  return bytes === 0 ? "" : koffi.decode.string(BigInt(address), bytes);
}
