// An open handle: what all roles have in common.

import { isMainThread } from "node:worker_threads";
import { Complaint, complaint, failure } from "./errors.js";
import { OPTION, STATUS } from "./generated.js";
import { LAYOUT, Memory, setPointer, sipc } from "./library.js";
import { callInThread } from "./threads.js";
import { describe } from "./values.js";

const OPTIONS = LAYOUT.options;
const FLAGS = {
  lossless: OPTION.LOSSLESS,
  latest: OPTION.LATEST,
  unstamped: OPTION.UNSTAMPED,
  tap: OPTION.TAP,
};
const WORDS = ["history", "depth", "signal", "permits"];
/** In a thread that may be terminated, nobody waits longer at a time. */
const SLICE_NS = isMainThread ? Infinity : 1e9;

/** What a call without a time says if it is worth waiting. */
const EARLY = new Set([STATUS.TIMEOUT, STATUS.FULL, STATUS.NO_SPACE]);

/** Addresses of the open handles of this thread: closed when it exits. */
const open = new Set();
process.on("exit", () => open.forEach(shut));

const forgotten = new FinalizationRegistry(shut);

function shut(raw) {
  open.delete(raw);
  return sipc.close(raw);
}

/** A string as the library takes it; `what` names it in the error. */
export function cstring(text, what) {
  if (typeof text !== "string") {
    throw new TypeError(`the ${what} is a string, not ${describe(text)}`);
  }
  if (!text.isWellFormed() || text.includes("\0")) {
    throw new TypeError(`the ${what} ${JSON.stringify(text)} holds what no name may hold`);
  }
  return text;
}

/** The time of a wait: milliseconds, without end if there are none. */
export class Deadline {
  #end;

  constructor(timeout = Infinity) {
    if (typeof timeout !== "number" || !(timeout >= 0)) {
      const given = describe(timeout);
      throw new RangeError(`a timeout is milliseconds from 0, or Infinity, not ${given}`);
    }
    this.isNow = timeout === 0;
    this.#end = performance.now() + timeout;
  }

  /** Milliseconds that are left. */
  get left() {
    return Math.max(this.#end - performance.now(), 0);
  }

  /** As the library takes it: at most a slice. */
  leftNs(slice = SLICE_NS) {
    const ns = Math.min(this.left * 1e6, slice);
    return ns < 2 ** 62 ? BigInt(Math.ceil(ns)) : -1n;
  }
}

/** The options of a handle in a struct. */
export function encodeOptions(given) {
  const memory = new Memory(OPTIONS.bytes);
  const { view } = memory;
  view.setUint32(OPTIONS.size, OPTIONS.bytes, true);
  let flags = 0;
  for (const [name, flag] of Object.entries(FLAGS)) {
    flags |= given[name] ? flag : 0;
  }
  view.setUint32(OPTIONS.flags, flags, true);
  for (const name of WORDS) {
    view.setUint32(OPTIONS[name], whole(given[name] ?? 0, name, 2 ** 32 - 1), true);
  }
  const bytes = whole(given.poolBytesMax ?? 0, "poolBytesMax", Number.MAX_SAFE_INTEGER);
  setPointer(view, OPTIONS.pool_bytes_max, bytes);
  if (given.directory !== undefined) {
    const text = Buffer.from(`${cstring(given.directory, "directory")}\0`);
    memory.directory = new Memory(text.length);
    new Uint8Array(memory.directory.buffer).set(text);
    setPointer(view, OPTIONS.directory, Number(memory.directory.address));
  }
  return memory;
}

export function whole(number, what, largest) {
  if (!Number.isSafeInteger(number) || number < 0 || number > largest) {
    throw new RangeError(`${what} is an integer from 0 to ${largest}, not ${describe(number)}`);
  }
  return number;
}

const out = new Memory(8);

/** An open channel, for one verb. Close it; or `using` does, or the end of the program. */
export class Handle {
  #raw;
  #isClosed = false;
  #isInterrupted = false;
  /** How often something was to be given back, and what could not be, since a thread was inside. */
  #givenBack = 0;
  #due = [];
  /** Calls that have not ended, and the last of them: each begins when the one before has ended. */
  #turns = 0;
  #last;

  constructor(name, role, options = {}) {
    const memory = encodeOptions(options);
    const channel = name === null ? null : cstring(name, "name");
    complaint.require(sipc.open(channel, role, memory.address, out.address, complaint.address));
    this.#raw = out.view.getBigUint64(0, true);
    this.name = channel;
    open.add(this.#raw);
    forgotten.register(this, this.#raw, this);
  }

  /** For calls of the library. */
  get raw() {
    if (this.#isClosed) {
      throw failure(STATUS.CLOSED, "the handle is closed; open another one");
    }
    return this.#raw;
  }

  /** A descriptor that is readable as long as there may be something to take. */
  get fd() {
    complaint.require(sipc.fd(this.raw, out.address, complaint.address));
    return out.view.getInt32(0, true);
  }

  get isClosed() {
    return this.#isClosed;
  }

  /** Closes the handle, twice without harm. What waits in it ends with a GoneError. */
  close() {
    if (!this.#isClosed) {
      this.#isClosed = true;
      forgotten.unregister(this);
      shut(this.#raw);
    }
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  /** Ends the wait in progress, or else the next one, with a RetryError (INTERRUPTED). */
  interrupt() {
    this.#isInterrupted = true;
    complaint.require(sipc.interrupt(this.raw));
  }

  /** Whether `interrupt` was called since the last time this was asked. */
  takeInterrupt() {
    const was = this.#isInterrupted;
    this.#isInterrupted = false;
    return was;
  }

  /**
   * Gives something of this handle back by a call, which answers the status. A thread that waits in
   * the handle makes a pause for it, as it may be what that waits for.
   */
  giveBack(call) {
    this.#givenBack += 1;
    if (call(this.#raw) === STATUS.BUSY) {
      this.#due.push(call);
      sipc.interrupt(this.#raw);
    }
  }

  /** Does the work when all that was asked of this handle before is done; at once if it is. */
  inTurn(work) {
    const invoke = async () => work();
    const turn = this.#turns === 0 ? invoke() : this.#last.then(invoke);
    this.#turns += 1;
    const over = () => {
      this.#turns -= 1;
    };
    this.#last = turn.then(over, over);
    return turn;
  }

  /**
   * Makes a call of the library that may wait: first without waiting, then in a thread. `args` are
   * what stands between the handle and the time.
   */
  async wait(name, args, { timeout, signal } = {}, memory = []) {
    signal?.throwIfAborted();
    const deadline = new Deadline(timeout);
    const tail = [...memory, complaint.address];
    let status = sipc[name](this.raw, ...args, 0n, ...tail);
    if (status === STATUS.INTERRUPTED && !this.#isInterrupted) {
      status = sipc[name](this.raw, ...args, 0n, ...tail);
    }
    const isEarly = EARLY.has(status);
    if (!isEarly || deadline.isNow) {
      this.#isInterrupted &&= status !== STATUS.INTERRUPTED;
      complaint.require(status);
      return;
    }
    await this.#waitInThread(name, args, deadline, signal, memory);
  }

  async #waitInThread(name, args, deadline, signal, memory) {
    const words = new Complaint();
    const stop = () => sipc.interrupt(this.#raw);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        const begun = performance.now();
        const givenBack = this.#givenBack;
        const call = [this.raw, ...args, deadline.leftNs(), ...memory, words.address];
        const status = await callInThread(name, call);
        const isMet = status === STATUS.BUSY && this.#givenBack !== givenBack;
        this.#due.splice(0).forEach((due) => this.giveBack(due));
        if (status === STATUS.OK) {
          return;
        }
        signal?.throwIfAborted();
        const isSpurious = status === STATUS.INTERRUPTED && !this.takeInterrupt();
        const isSliceOver = performance.now() - begun >= SLICE_NS / 1e6 && deadline.left > 0;
        const isSlice = isSliceOver && (status === STATUS.TIMEOUT || status === STATUS.FULL);
        if (!isSpurious && !isSlice && !isMet) {
          throw words.error(status);
        }
      }
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }
}
