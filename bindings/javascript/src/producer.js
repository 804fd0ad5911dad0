// Putting: handles that publish, send, set and notify, and memory lent by them.

import koffi from "koffi";
import { encode, free, writeTensor } from "./encode.js";
import { complaint, failure } from "./errors.js";
import { KIND, ROLE, STATUS } from "./generated.js";
import { Handle, whole } from "./handle.js";
import { LAYOUT, Memory, pointerAt, setPointer, sipc } from "./library.js";
import { detach, keep } from "./message.js";
import { Tensor, dtypeNumber, isSizes } from "./values.js";

const VALUE = LAYOUT.value;
/** What sipc_put_if takes for "none yet". */
const NO_VALUE = 2n ** 64n - 1n;

const forgotten = new FinalizationRegistry(giveBack);

function giveBack({ handle, data }) {
  handle.giveBack((raw) => sipc.unloan(raw, data));
}

/**
 * Memory inside a channel, to be filled in place and then put: nothing is copied. `data` is a
 * Buffer, or a typed array if it is a tensor.
 */
export class Loan {
  #handle;
  #memory;
  #buffer;
  /** While it is put, and whether somebody wanted to cancel it then. */
  #isLeaving = false;
  #isUnwanted = false;

  constructor(handle, memory, like) {
    const { view } = memory;
    const data = BigInt(pointerAt(view, VALUE.data));
    this.#handle = handle;
    this.#memory = memory;
    this.#buffer = koffi.view(data, pointerAt(view, VALUE.len));
    keep(this.#buffer, this);
    forgotten.register(this, { handle, data }, this);
    if (like === undefined) {
      this.data = Buffer.from(this.#buffer);
    } else {
      const { dtype, shape, format } = like;
      Object.assign(this, new Tensor(dtype, shape, this.#buffer, { format }));
    }
  }

  /**
   * Gives it back unpublished; twice, or after it was put, without harm. While it is put: if that
   * fails.
   */
  cancel() {
    if (this.#isLeaving) {
      this.#isUnwanted = true;
    } else if (this.#memory !== undefined) {
      giveBack({ handle: this.#handle, data: BigInt(pointerAt(this.#memory.view, VALUE.data)) });
      this.#end();
    }
  }

  [Symbol.dispose]() {
    this.cancel();
  }

  /**
   * Has it put as a value of its handle. Then its memory belongs to those who receive it, and is
   * not seen here any more.
   */
  static async put(loan, handle, captureTimeNs, put) {
    if (loan.#memory === undefined) {
      throw failure(STATUS.CLOSED, "the loan was put or cancelled; ask for another");
    }
    if (loan.#handle !== handle) {
      throw failure(STATUS.BAD_ARGUMENT, "the loan is of another handle; copy its data");
    }
    loan.#memory.view.setBigInt64(VALUE.capture_time_ns, captureTimeNs, true);
    loan.#isLeaving = true;
    try {
      await put(loan.#memory.address);
      loan.#end();
    } finally {
      loan.#isLeaving = false;
      if (loan.#isUnwanted) {
        loan.cancel();
      }
    }
  }

  #end() {
    this.#memory = undefined;
    forgotten.unregister(this);
    detach(this.#buffer);
  }
}

/** A handle that puts. Each put begins when the one before has ended. */
class Producer extends Handle {
  /**
   * Lends memory for a tensor, { dtype, shape, format }, or for so many bytes; resolves with a
   * Loan. At most 16 at once.
   */
  loan(like, options) {
    return this.inTurn(async () => {
      const memory = new Memory(VALUE.bytes);
      memory.view.setUint32(VALUE.size, VALUE.bytes, true);
      const isTensor = typeof like === "object" && like !== null;
      const label = isTensor ? fillTensor(memory.view, like) : fillBytes(memory.view, like);
      await this.wait("loan", [memory.address], options);
      // The label is read again when the loan is put.
      memory.label = label;
      return new Loan(this, memory, isTensor ? like : undefined);
    });
  }

  /** Puts a value or a loan, by the function of this name; `args` come behind it. */
  async putBy(name, value, args, options = {}) {
    const { captureTimeNs = 0n } = options;
    if (value instanceof Loan) {
      const put = (address) => this.wait(name, [address, ...args], options);
      return this.inTurn(() => Loan.put(value, this, captureTimeNs, put));
    }
    const encoded = encode(value, captureTimeNs);
    const put = () => this.wait(name, [encoded.address, ...args], options);
    return this.inTurn(put).finally(() => free(encoded));
  }
}

function fillTensor(view, { dtype, shape, format = "" }) {
  if (!isSizes(shape)) {
    throw new TypeError("a shape is a list of sizes");
  }
  const label = Buffer.from(format);
  const memory = new Memory(label.length);
  new Uint8Array(memory.buffer).set(label);
  view.setUint32(VALUE.kind, KIND.TENSOR, true);
  writeTensor(view, 0, { number: dtypeNumber(dtype), shape });
  setPointer(view, VALUE.label, Number(memory.address));
  setPointer(view, VALUE.label_len, label.length);
  return memory;
}

function fillBytes(view, bytes) {
  view.setUint32(VALUE.kind, KIND.BYTES, true);
  setPointer(view, VALUE.len, whole(bytes, "the size of a loan", Number.MAX_SAFE_INTEGER));
}

/** Publishes on a topic: every subscriber gets every message. */
export class Publisher extends Producer {
  constructor(name, options) {
    super(name, ROLE.PUBLISH, options);
  }

  /** Waits for lossless subscribers that are behind. */
  publish(value, options) {
    return this.putBy("put", value, [], options);
  }
}

/** Sends to a queue: each message goes to one receiver. */
export class Sender extends Producer {
  constructor(name, options) {
    super(name, ROLE.SEND, options);
  }

  /** Waits for room. */
  send(value, options) {
    return this.putBy("put", value, [], options);
  }
}

/** Sets the value of a state. */
export class Setter extends Producer {
  constructor(name, options) {
    super(name, ROLE.SET, options);
  }

  set(value, options) {
    return this.putBy("put", value, [], options);
  }

  /**
   * Sets the value if it is still the one whose message had the sequence `expected`, or if there
   * is none yet (null); else rejects with a RetryError (CONFLICT).
   */
  setIf(value, expected, options) {
    const sequence = expected === null ? NO_VALUE : BigInt(expected);
    return this.putBy("put_if", value, [sequence], options);
  }
}

/** Says that something has happened. */
export class Notifier extends Handle {
  constructor(name, options) {
    super(name, ROLE.NOTIFY, options);
  }

  /** Tells everybody who has the signal open to wait; waits for nobody. */
  notify() {
    const nothing = encode(null);
    complaint.require(sipc.put(this.raw, nothing.address, 0n, complaint.address));
    free(nothing);
  }
}
