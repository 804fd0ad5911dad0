// Taking from topics, queues, states and signals; and locks.

import { Consumer } from "./consumer.js";
import { TimeoutError, complaint } from "./errors.js";
import { ROLE, STATUS } from "./generated.js";
import { Deadline, Handle } from "./handle.js";
import { Memory, sipc } from "./library.js";
import { Message, Slot } from "./message.js";

/** Takes the messages of a topic. */
export class Subscriber extends Consumer {
  constructor(name, options) {
    super(name, ROLE.SUBSCRIBE, options);
  }
}

/** Takes messages out of a queue; one is done when it is released, or the next one is taken. */
export class Receiver extends Consumer {
  constructor(name, options) {
    super(name, ROLE.RECEIVE, options);
  }
}

/** Looks at the value of a state: `receive` takes the newest that was not taken yet. */
export class Watcher extends Consumer {
  #exact;

  constructor(name, options) {
    super(name, ROLE.WATCH, options);
    this.#exact = options?.exact ?? false;
  }

  /** The value as it is now, or undefined if none has been set yet. */
  tryGet() {
    const slot = Slot.take();
    const status = sipc.current(this.raw, 0n, slot.address, complaint.address);
    if (status === STATUS.OK) {
      return new Message(slot, this.#exact);
    }
    slot.release();
    if (status !== STATUS.TIMEOUT && status !== STATUS.INTERRUPTED) {
      throw complaint.error(status);
    }
    return undefined;
  }

  /** Resolves with the value as it is now; waits if none has been set yet. */
  async get(options = {}) {
    const now = this.tryGet();
    if (now !== undefined) {
      return now;
    }
    const { isNow } = new Deadline(options.timeout);
    if (!isNow) {
      await this.ready(options);
    }
    const first = this.tryGet();
    if (first === undefined) {
      throw new TimeoutError("no value has been set yet");
    }
    return first;
  }
}

/** Waits for notifications of a signal; none is missed from its opening on. */
export class Waiter extends Consumer {
  constructor(name, options) {
    super(name, ROLE.WAIT, options);
  }

  convert(message) {
    return Number(Message.valueOf(message));
  }

  leave() {}

  /** Resolves with how many notifications there were since the last time. */
  wait(options) {
    return this.receive(options);
  }
}

const abandoned = new Memory(8);

/** A lock of the machine, or with `permits` a semaphore; free at once when its owner dies. */
export class Lock extends Handle {
  /** The process that died holding it, if its last owner did: what it protects may be half done. */
  abandoned = null;

  constructor(name, options) {
    super(name, ROLE.LOCK, options);
  }

  /**
   * Resolves when the lock is this handle's, with what gives it back: `using held = await
   * lock.acquire()`. Rejects with a TimeoutError after `timeout` milliseconds.
   */
  async acquire(options) {
    const pid = new Memory(8);
    await this.wait("lock", [], options, [pid.address]);
    return this.#own(pid);
  }

  /** What gives it back if it is free, else undefined. */
  tryAcquire() {
    const status = sipc.lock(this.raw, 0n, abandoned.address, complaint.address);
    if (status === STATUS.TIMEOUT || status === STATUS.INTERRUPTED) {
      return undefined;
    }
    complaint.require(status);
    return this.#own(abandoned);
  }

  /** Unlocks, or gives the permit back. */
  release() {
    complaint.require(sipc.unlock(this.raw, complaint.address));
  }

  #own({ view }) {
    this.abandoned = Number(view.getBigUint64(0, true)) || null;
    const release = () => this.release();
    return { abandoned: this.abandoned, release, [Symbol.dispose]: release };
  }
}

/** As a lock, but so many handles may have it at once; all must open it with the same number. */
export class Semaphore extends Lock {
  constructor(name, permits, options) {
    super(name, { ...options, permits });
  }
}
