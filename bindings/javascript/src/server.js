// Offering a service: taking calls and answering them.

import { encode, free } from "./encode.js";
import { GoneError, MisuseError, ServiceError, complaint } from "./errors.js";
import { Consumer } from "./consumer.js";
import { MESSAGE, REPLY, ROLE, STATUS } from "./generated.js";
import { sipc } from "./library.js";
import { describe } from "./values.js";

const NO_SUCH_METHOD = -32601;
const BROKEN = -32603;
/** As many requests as a server works on at once, unless it says otherwise. */
const CONCURRENCY = 16;

/** A call that was taken and is to be answered; one that is forgotten is an error to its caller. */
export class Request {
  #message;
  #isAnswered = false;

  constructor(message) {
    this.#message = message;
    [this.method, this.args] = message.value;
    this.oneWay = message.has(MESSAGE.ONE_WAY);
  }

  /** Answers with the result; the request is over, and so are views of its arguments. */
  reply(value = null) {
    this.#answer(value, 0);
    this.release();
  }

  /** Answers with one of several replies; throws a RetryError (CANCELLED) if nobody waits. */
  push(value) {
    this.#answer(value, REPLY.MORE);
  }

  /** Answers with an error of the program. */
  fail(code, message, data = null) {
    const error = new ServiceError(code, message, data);
    this.#answer({ code: error.code, message, data }, REPLY.ERROR);
    this.release();
  }

  /** Whether nobody waits for the answer. */
  get cancelled() {
    return sipc.cancelled(this.#message.address) === STATUS.CANCELLED;
  }

  /** Whether it was answered, or let go. */
  get isAnswered() {
    return this.#isAnswered;
  }

  /** Lets go of it: one that was not answered is an error for its caller. */
  release() {
    this.#isAnswered = true;
    this.#message.release();
  }

  [Symbol.dispose]() {
    this.release();
  }

  #answer(value, flags) {
    const { address } = this.#message;
    const encoded = encode(value);
    const status = sipc.reply(address, encoded.address, flags, complaint.address);
    free(encoded);
    complaint.require(status);
  }
}

/** Takes the calls of a service; each goes to one of its servers. */
export class Server extends Consumer {
  #methods = new Map();
  #offer = [];

  /** Without a name: the service that this process is to be as a plugin. */
  constructor(name = null, options = {}) {
    super(name, ROLE.SERVE, options);
  }

  convert(message) {
    return new Request(message);
  }

  leave() {}

  /**
   * Makes a function a method of the service. It gets the arguments, or one object if they have
   * names; it may be async, and what a generator yields are replies of a stream. `args` (pairs of a
   * name and a type), `returns` and `about` are told to those who ask; a call of an `idempotent`
   * one is done again by another server if this one dies.
   */
  method(name, work, { args = [], returns, about, idempotent = false } = {}) {
    if (typeof work !== "function") {
      throw new TypeError(`a method is a function, not ${describe(work)}`);
    }
    const entry = { name, args, idempotent, ...(returns && { returns }), ...(about && { about }) };
    const methods = encode([...this.#offer, entry]);
    complaint.require(sipc.describe(this.raw, methods.address, complaint.address));
    free(methods);
    this.#offer.push(entry);
    this.#methods.set(name, work);
    return this;
  }

  /**
   * Answers calls, `concurrency` at once, until the handle is closed, `signal` is aborted, or none
   * came within `timeout` milliseconds. Those that were begun are answered first.
   */
  async serve({ timeout, signal, concurrency = CONCURRENCY } = {}) {
    const begun = new Set();
    try {
      for await (const request of this.messages({ timeout, signal })) {
        const work = this.#serveOne(request).finally(() => begun.delete(work));
        begun.add(work);
        if (begun.size >= concurrency) {
          await Promise.race(begun);
        }
      }
    } catch (error) {
      if (!signal?.aborted) {
        throw error;
      }
    } finally {
      await Promise.all(begun);
    }
  }

  async #serveOne(request) {
    try {
      await this.#answer(request);
    } catch (error) {
      // What cannot be told to the caller either is as if the request had been dropped.
      if (!(error instanceof MisuseError || error instanceof GoneError)) {
        throw error;
      }
    } finally {
      request.release();
    }
  }

  async #answer(request) {
    const work = this.#methods.get(request.method);
    if (work === undefined) {
      return request.fail(NO_SUCH_METHOD, `there is no method ${request.method}`);
    }
    try {
      const { args } = request;
      const given = args === null ? [] : Array.isArray(args) ? args : [args];
      const result = await work.apply(request, given);
      request.reply(isGenerator(result) ? await pushAll(request, result) : result);
    } catch (error) {
      if (error.status !== STATUS.CANCELLED && !request.isAnswered) {
        fail(request, error);
      }
    }
  }
}

function isGenerator(result) {
  return typeof result?.next === "function" && typeof result.return === "function";
}

/** Sends what a generator yields; its result is the last reply. Nobody waits: it is ended. */
async function pushAll(request, generator) {
  try {
    for (;;) {
      const { value, done } = await generator.next();
      if (done) {
        return value;
      }
      request.push(value);
    }
  } catch (error) {
    await generator.return();
    throw error;
  }
}

function fail(request, error) {
  if (error instanceof ServiceError) {
    return request.fail(error.code, error.message, error.data);
  }
  const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  request.fail(BROKEN, name.toWellFormed());
}
