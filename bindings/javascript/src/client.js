// Calling the methods of a service.

import { encode, free } from "./encode.js";
import { ServiceError, TimeoutError, complaint, failure } from "./errors.js";
import { CALL, MESSAGE, ROLE, STATUS } from "./generated.js";
import { Deadline, cstring } from "./handle.js";
import { Memory, sipc } from "./library.js";
import { Listening } from "./listening.js";
import { Message, Slot } from "./message.js";

/** How long a call waits for room. */
const ROOM_MS = 5000;
/** The longest time of a timer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const forgotten = new FinalizationRegistry(({ client, number }) => {
  // Refused only when the handle is of no use any more, and its calls are over.
  client.deref()?.cancel(number).catch(() => {});
});

/** Calls the methods of a service. */
export class Client extends Listening {
  #exact;
  /** Who waits for the next reply of a call, by its number. */
  #awaited = new Map();

  constructor(name, { exact = false, ...options } = {}) {
    super(name, ROLE.CALL, options);
    this.#exact = exact;
  }

  /**
   * Calls a method and resolves with its result. `args` is a list, an object if they have names, or
   * nothing. Without a result within `timeout` milliseconds the call is cancelled. What the server
   * throws is a ServiceError. An idempotent call goes to another server if its server dies; any
   * other then ends with a GoneError (SERVER_DIED).
   */
  async call(method, args, options = {}) {
    const call = await this.start(method, args, options);
    return call.result(options);
  }

  /** Starts a call and resolves with it; 64 can be in flight. */
  async start(method, args = null, { idempotent = false, signal } = {}) {
    const number = await this.#begin(method, args, idempotent ? CALL.IDEMPOTENT : 0, signal);
    return new Call(this, number);
  }

  /** Calls a method and does not ask what becomes of it. */
  async send(method, args = null) {
    await this.#begin(method, args, CALL.ONE_WAY);
  }

  /** Resolves with what the service offers: a list of objects. */
  methods(options) {
    return this.call(".methods", null, options);
  }

  /** Ends a call by its number. */
  cancel(number) {
    return this.inTurn(() => {
      if (!this.isClosed) {
        complaint.require(sipc.cancel(this.raw, number));
        this.attend();
      }
    });
  }

  /** Ends the waiting for replies with a RetryError (INTERRUPTED); the calls stay in flight. */
  interrupt() {
    this.#rejectAll(failure(STATUS.INTERRUPTED, "the wait was interrupted"));
  }

  close() {
    super.close();
    this.#rejectAll(failure(STATUS.CLOSED, "the handle was closed"));
  }

  /** For calls: tells the waiter of this call of its next reply. */
  await(call, waiter) {
    this.#awaited.set(call.number, { ...waiter, call });
    this.attend();
  }

  /** For calls: nobody waits for this one any more. */
  forgo(call) {
    this.#awaited.delete(call.number);
    if (this.#awaited.size === 0) {
      this.hush();
    }
  }

  /** Gives the replies that are there to those who wait. */
  attend() {
    if (this.isAside) {
      return;
    }
    try {
      this.#awaited.forEach((waiter) => this.#look(waiter));
      if (this.#awaited.size > 0) {
        this.listen();
      }
    } catch (error) {
      this.#rejectAll(error);
    }
  }

  async #begin(method, args, flags, signal) {
    const encoded = encode(args);
    const number = new Memory(8);
    const words = [cstring(method, "method"), encoded.address, flags];
    const options = { timeout: ROOM_MS, signal };
    const begin = () => this.wait("call", words, options, [number.address]);
    try {
      await this.inTurn(() => this.aside(begin));
    } finally {
      free(encoded);
    }
    return number.view.getBigUint64(0, true);
  }

  #rejectAll(error) {
    for (const { call, reject } of [...this.#awaited.values()]) {
      this.forgo(call);
      reject(error);
    }
  }

  #look({ call, settle }) {
    const slot = Slot.take();
    let status = STATUS.INTERRUPTED;
    // An interrupt of the library's is meant for a wait; this is none.
    while (status === STATUS.INTERRUPTED) {
      status = sipc.result(this.raw, call.number, 0n, slot.address, complaint.address);
    }
    if (status === STATUS.TIMEOUT) {
      return slot.release();
    }
    this.forgo(call);
    settle(call.read(status, slot, this.#exact));
  }
}

/** A call in flight; loop over it to take the replies of a stream one by one. */
export class Call {
  #client;
  #isOver = false;
  #result;

  constructor(client, number) {
    this.#client = client;
    this.number = number;
    forgotten.register(this, { client: new WeakRef(client), number }, this);
  }

  /**
   * Resolves with the next reply: { value, done }, done being true of the last one. After a
   * TimeoutError one may ask again.
   */
  next({ timeout, signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = new Deadline(timeout);
      if (this.#isOver) {
        return resolve({ value: this.#result, done: true });
      }
      const { left } = deadline;
      const late = () => {
        this.#client.attend();
        end(new TimeoutError("no reply within the time given"));
      };
      const timer = left <= TIMER_MS_MAX ? setTimeout(late, Math.ceil(left)) : undefined;
      const abort = () => end(signal.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const clean = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error) => {
        clean();
        reject(error);
      };
      const end = (error) => {
        this.#client.forgo(this);
        fail(error);
      };
      const settle = ({ error, ...reply }) => {
        clean();
        error ? reject(error) : resolve(reply);
      };
      this.#client.await(this, { settle, reject: fail });
    });
  }

  /**
   * Resolves with the result, after all replies of a stream, which are thrown away. If it does not
   * come in time the call is cancelled.
   */
  async result({ timeout, signal } = {}) {
    const deadline = new Deadline(timeout);
    try {
      for (;;) {
        const { value, done } = await this.next({ timeout: deadline.left, signal });
        if (done) {
          return value;
        }
      }
    } catch (error) {
      if (!this.#isOver) {
        await this.cancel();
      }
      throw error;
    }
  }

  /** Ends the call; a server that works on it sees that nobody waits. */
  cancel() {
    return this.#client.cancel(this.number);
  }

  /** The replies of a stream without the result. Leaving the loop cancels the call. */
  async *[Symbol.asyncIterator]() {
    try {
      for (;;) {
        const { value, done } = await this.next();
        if (done) {
          return value;
        }
        yield value;
      }
    } finally {
      if (!this.#isOver && !this.#client.isClosed) {
        await this.cancel();
      }
    }
  }

  /** For the client: what a reply is. */
  read(status, slot, exact) {
    if (status !== STATUS.OK && status !== STATUS.FAILED) {
      const error = complaint.error(status);
      slot.release();
      this.#end();
      return { error };
    }
    const message = new Message(slot, exact);
    const done = status === STATUS.FAILED || !message.has(MESSAGE.MORE);
    const value = Message.valueOf(message);
    if (done) {
      this.#end();
    }
    if (status === STATUS.FAILED) {
      return { error: serviceError(value) };
    }
    this.#result = done ? value : undefined;
    return { value, done };
  }

  #end() {
    this.#isOver = true;
    forgotten.unregister(this);
  }
}

/** What the server's program has said of its failure: a map with code, message and data. */
function serviceError(value) {
  const { code, message, data } = value instanceof Map ? Object.fromEntries(value) : value;
  return new ServiceError(code, message, data);
}
