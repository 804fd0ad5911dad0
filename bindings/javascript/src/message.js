// A message that was received, and the memory of the library's that it keeps until it is released.

import vm from "node:vm";
import v8 from "node:v8";
import koffi from "koffi";
import { decode } from "./decode.js";
import { failure } from "./errors.js";
import { MESSAGE, STATUS } from "./generated.js";
import { LAYOUT, Memory, sipc } from "./library.js";

const { bytes: BYTES, size, flags, value: VALUE, hold, ...FIELD } = LAYOUT.message;

/** A message struct: the library writes into it when something is taken. */
export class Slot extends Memory {
  static #spare = [];

  static take() {
    return Slot.#spare.pop() ?? new Slot();
  }

  constructor() {
    super(BYTES);
    this.view.setUint32(size, BYTES, true);
  }

  /** Lets go of what it holds; it may be taken again. */
  release() {
    sipc.release(this.address);
    Slot.#spare.push(this);
  }
}

/**
 * Takes the memory from an ArrayBuffer: what looks at it finds nothing from then on, and never what
 * somebody else has put there. Node 20 has the method behind a flag only.
 */
const transfer = ArrayBuffer.prototype.transfer ?? behindFlag();

function behindFlag() {
  v8.setFlagsFromString("--harmony-rab-gsab-transfer");
  return vm.runInNewContext("ArrayBuffer.prototype.transfer");
}

export function detach(buffer) {
  transfer.call(buffer, 0);
}

const owners = new WeakMap();

/** Whoever has a view of memory keeps the owner of that memory. */
export function keep(buffer, owner) {
  owners.set(buffer, owner);
}

/** What messages hold that were not released yet. */
const held = new Set();

const forgotten = new FinalizationRegistry(release);

function release(slot) {
  held.delete(slot);
  slot.release();
}

// Who ends well is done with its messages; those of who fails come again, to another receiver.
process.on("exit", (code) => {
  if (code === 0) {
    held.forEach(release);
  }
});

/** A received message. */
export class Message {
  #slot;
  #exact;
  #value;
  #isRead = false;
  #isReleased = false;
  #isKept = false;
  #views = [];

  constructor(slot, exact) {
    this.#slot = slot;
    this.#exact = exact;
    held.add(slot);
    forgotten.register(this, slot, this);
  }

  /** The value. What it shows of the shared memory is there until the message is released. */
  get value() {
    if (!this.#isRead) {
      this.#value = decode(this.#view, VALUE, this.#exact, (address, bytes) => {
        const view = koffi.view(address, bytes);
        this.#views.push(view);
        keep(view, this);
        return view;
      });
      this.#isRead = true;
    }
    return this.#value;
  }

  /** Grows by one with each message of one sender. */
  get sequence() {
    return this.#view.getBigUint64(FIELD.sequence, true);
  }

  /** Identifies the sending handle among all of this channel. */
  get sender() {
    return this.#view.getBigUint64(FIELD.sender, true);
  }

  /** Messages that this subscriber has lost since its previous one. */
  get missed() {
    return Number(this.#view.getBigUint64(FIELD.missed, true));
  }

  /** Whether an earlier receiver died while it had this message. */
  get redelivered() {
    return this.has(MESSAGE.REDELIVERED);
  }

  /** When the content was captured, or 0n; as `nowNs`. */
  get captureTimeNs() {
    return this.#view.getBigInt64(VALUE + LAYOUT.value.capture_time_ns, true);
  }

  /** When it was put, or 0n if it is not stamped. */
  get publishTimeNs() {
    return this.#view.getBigInt64(FIELD.publish_time_ns, true);
  }

  /** When it was taken, or 0n if it is not stamped. */
  get receiveTimeNs() {
    return this.#view.getBigInt64(FIELD.receive_time_ns, true);
  }

  /** Milliseconds from its being put to its being taken; undefined if it is not stamped. */
  get age() {
    const [put, taken] = [this.publishTimeNs, this.receiveTimeNs];
    return put === 0n || taken === 0n ? undefined : Number(taken - put) / 1e6;
  }

  /** A loop over a receiver releases each message when its body ends, unless this was called. */
  keep() {
    this.#isKept = true;
    return this;
  }

  /**
   * Lets go of the message, twice without harm; in a queue it is done. Views of it are empty from
   * then on.
   */
  release() {
    if (!this.#isReleased) {
      this.#isReleased = true;
      this.#views.forEach(detach);
      forgotten.unregister(this);
      release(this.#slot);
    }
  }

  [Symbol.dispose]() {
    this.release();
  }

  /** Whether a flag of the library's is set. */
  has(flag) {
    return (this.#view.getUint32(flags, true) & flag) !== 0;
  }

  /** For replies to it. */
  get address() {
    return this.#view && this.#slot.address;
  }

  /** What the loop over a receiver does when its body ends. */
  static leave(message) {
    if (!message.#isKept) {
      message.release();
    }
  }

  /** A message's value after which nothing is kept but what the value shows. */
  static valueOf(message) {
    const { value } = message;
    if (message.#views.length === 0) {
      message.release();
    }
    return value;
  }

  get #view() {
    if (this.#isReleased) {
      throw failure(STATUS.CLOSED, "the message was released; use it before, or keep() it");
    }
    return this.#slot.view;
  }
}
