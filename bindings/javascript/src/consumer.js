// Taking: handles that wait with the event loop, by their descriptor.

import { TimeoutError, complaint, failure } from "./errors.js";
import { STATUS } from "./generated.js";
import { Deadline } from "./handle.js";
import { sipc } from "./library.js";
import { Listening } from "./listening.js";
import { Message, Slot } from "./message.js";

/** The longest time of a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** So many messages a loop takes before others have their turn. */
const BURST = 128;

/** A handle that takes. */
export class Consumer extends Listening {
  #timeout;
  #exact;
  /** Who waits, in the order of their coming. */
  #waiters = [];
  /** What was taken to see that it is there. */
  #ahead;

  constructor(name, role, { timeout, exact = false, ...options } = {}) {
    new Deadline(timeout);
    super(name, role, options);
    this.#timeout = timeout;
    this.#exact = exact;
  }

  /** What a message becomes for the program. */
  convert(message) {
    return message;
  }

  /** The next one if there is one, else undefined. */
  tryReceive() {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#take();
  }

  /**
   * Resolves with the next one; rejects with a TimeoutError if none comes within `timeout`
   * milliseconds, and with the reason of `signal` when that is aborted.
   */
  receive({ timeout = this.#timeout, signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = new Deadline(timeout);
      if (this.takeInterrupt()) {
        throw failure(STATUS.INTERRUPTED, "the wait was interrupted");
      }
      const found = this.#waiters.length === 0 ? this.tryReceive() : undefined;
      if (found !== undefined) {
        return resolve(found);
      }
      if (deadline.isNow) {
        throw new TimeoutError();
      }
      const waiter = { resolve, reject, deadline, signal };
      waiter.abort = () => this.#end(waiter, signal.reason);
      signal?.addEventListener("abort", waiter.abort, { once: true });
      this.#waiters.push(waiter);
      this.#startTimer(waiter);
      this.listen();
    });
  }

  /** Whether there is something to take. */
  get hasNext() {
    this.#ahead ??= this.#take();
    return this.#ahead !== undefined;
  }

  /** Resolves when there is something to take, or rejects as `receive`. */
  async ready(options) {
    this.#ahead = await this.receive(options);
  }

  interrupt() {
    if (this.#waiters.length === 0) {
      return super.interrupt();
    }
    const error = failure(STATUS.INTERRUPTED, "the wait was interrupted");
    this.#waiters.slice().forEach((waiter) => this.#end(waiter, error));
  }

  close() {
    super.close();
    const error = failure(STATUS.CLOSED, "the handle was closed");
    this.#waiters.slice().forEach((waiter) => this.#end(waiter, error));
  }

  /**
   * A loop: each message is released when its body ends, unless `keep` was called. It ends when
   * nothing comes within the timeout, and when the handle is closed.
   */
  async *messages(options) {
    let burst = 0;
    for (;;) {
      let found;
      try {
        found = await this.receive(options);
      } catch (error) {
        if (error instanceof TimeoutError || this.isClosed) {
          return;
        }
        throw error;
      }
      try {
        yield found;
      } finally {
        this.leave(found);
      }
      burst = (burst + 1) % BURST;
      if (burst === 0) {
        await new Promise(setImmediate);
      }
    }
  }

  [Symbol.asyncIterator]() {
    return this.messages();
  }

  /** What the loop does with one when its body ends. */
  leave(message) {
    Message.leave(message);
  }

  #take() {
    if (this.isAside) {
      return undefined;
    }
    const slot = Slot.take();
    let status = STATUS.INTERRUPTED;
    try {
      // An interrupt of the library's is meant for a wait; this is none.
      while (status === STATUS.INTERRUPTED) {
        status = sipc.take(this.raw, 0n, slot.address, complaint.address);
      }
    } finally {
      if (status !== STATUS.OK) {
        slot.release();
      }
    }
    if (status === STATUS.TIMEOUT) {
      return undefined;
    }
    complaint.require(status);
    return this.convert(new Message(slot, this.#exact));
  }

  #startTimer(waiter) {
    const { left } = waiter.deadline;
    if (left === Infinity) {
      return;
    }
    const due = () => {
      if (waiter.deadline.left > 0) {
        return this.#startTimer(waiter);
      }
      this.attend();
      this.#end(waiter, new TimeoutError());
    };
    waiter.timer = setTimeout(due, Math.min(Math.ceil(left), TIMER_MS_MAX));
  }

  /** Ends a wait without a message. */
  #end(waiter, error) {
    if (this.#remove(waiter)) {
      waiter.reject(error);
    }
  }

  #remove(waiter) {
    const index = this.#waiters.indexOf(waiter);
    if (index < 0) {
      return false;
    }
    this.#waiters.splice(index, 1);
    clearTimeout(waiter.timer);
    waiter.signal?.removeEventListener("abort", waiter.abort);
    if (this.#waiters.length === 0) {
      this.hush();
    }
    return true;
  }

  /** Gives what is there to those who wait. */
  attend() {
    try {
      while (this.#waiters.length > 0) {
        const found = this.tryReceive();
        if (found === undefined) {
          return this.listen();
        }
        const waiter = this.#waiters[0];
        this.#remove(waiter);
        waiter.resolve(found);
      }
    } catch (error) {
      this.#waiters.slice().forEach((waiter) => this.#end(waiter, error));
    }
  }
}

/**
 * Resolves with one of several handles that has something to take: `tryReceive` it. Handles are
 * looked at in turn, so that none starves.
 */
export async function select(handles, { timeout, signal } = {}) {
  if (handles.length === 0 || !handles.every((handle) => handle instanceof Consumer)) {
    throw new TypeError("handles that take are wanted, at least one");
  }
  turn = (turn + 1) % handles.length;
  const inTurn = [...handles.slice(turn), ...handles.slice(0, turn)];
  const found = inTurn.find((handle) => handle.hasNext);
  if (found !== undefined) {
    return found;
  }
  const others = new AbortController();
  const signals = signal ? [signal, others.signal] : [others.signal];
  const options = { timeout, signal: AbortSignal.any(signals) };
  try {
    return await Promise.race(inTurn.map((one) => one.ready(options).then(() => one)));
  } finally {
    others.abort();
  }
}

let turn = 0;
